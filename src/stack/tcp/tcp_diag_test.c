/*
 * tcp_diag_test.c - the sockets of an instance as ss asks for them.
 */
#include "base/test/test.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_diag.h"
#include "stack/tcp/tcp_sockopt.h"
#include "stack/tcp/test/two_hosts.h"

enum {
	PORT_FIRST = 1000,
	MANY = 300,
};

static void on_moved(void *ctx, void *owner, struct tcp_conn *c)
{
	*(struct tcp_conn **)owner = c;
}

/* The sockets that a listing showed. */
struct seen {
	struct tcp_diag last[TCPS_COUNT]; /* of each state */
	uint32_t state[TCPS_COUNT], port[65536];
};

static void see(const struct tcp_diag *d, void *arg)
{
	struct seen *seen = arg;

	seen->last[d->row.state] = *d;
	seen->state[d->row.state]++;
	seen->port[d->row.local.port]++;
}

static struct seen *list(struct stack *s)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	struct tcp_diag_cursor at = {0};

	uint32_t counts[TCPS_COUNT];

	while (tcp_diag_next(s, &at, see, seen))
		;
	assert_false(tcp_diag_next(s, &at, see, seen));
	tcp_states(s, counts);
	for (int i = 0; i < TCPS_COUNT; i++)
		assert_int_equal(counts[i], i == TCPS_CLOSED ? 0 : seen->state[i]);
	return seen;
}

/* A connection of host 0 to a port of host 1; the owners are pc's. */
static void open_pair(struct pair *p, struct pair_conn *pc, uint16_t port)
{
	pair_connect(p, pc, port);
	for (int i = 0; i < 2; i++)
		pc->c[i]->owner = &pc->c[i];
}

static void close_pair(struct pair *p, struct pair_conn *pc)
{
	for (int i = 0; i < 2; i++)
		tcp_close(p->host[i].s, pc->c[i], true);
	tcp_close(p->host[1].s, pc->l, true);
	pair_run(p, NSEC_SEC);
}

TEST(an_idle_connection_is_listed_as_awake_and_stays_packed)
{
	struct pair *p = pair_new(1, false);
	struct pair_conn pc;
	struct seen *seen;
	struct tcp_info_all woken = {0};
	uint32_t mem[9];

	open_pair(p, &pc, 80);
	pair_say(p, &pc, 0, 1000);
	tcp_set_events(p->host[0].s, &(struct tcp_events){.moved = on_moved});
	tcp_idle_schedule(p->host[0].s, pc.c[0]);
	pair_run(p, NSEC_SEC);
	assert_true(tcp_is_idle(pc.c[0]));
	seen = list(p->host[0].s);
	assert_true(tcp_is_idle(pc.c[0]));
	assert_int_equal(seen->state[TCPS_ESTABLISHED], 1);
	assert_true(seen->last[TCPS_ESTABLISHED].whole);
	assert_ptr_equal(seen->last[TCPS_ESTABLISHED].owner, &pc.c[0]);
	assert_string_equal(seen->last[TCPS_ESTABLISHED].cc, "cubic");
	assert_int_equal(seen->last[TCPS_ESTABLISHED].info.i.tcpi_bytes_sent, 1000);
	assert_int_equal(seen->last[TCPS_ESTABLISHED].row.peer.port, 80);
	tcp_info(p->host[0].s, pc.c[0], &woken, sizeof(woken)); /* this wakes it */
	assert_false(tcp_is_idle(pc.c[0]));
	assert_memory_equal(&seen->last[TCPS_ESTABLISHED].info, &woken, sizeof(woken));
	tcp_meminfo(p->host[0].s, pc.c[0], mem);
	assert_memory_equal(seen->last[TCPS_ESTABLISHED].mem, mem, sizeof(mem));
	free(seen);
	close_pair(p, &pc);
	pair_free(p);
}

/* The client's segments from the third one on, the ACK of the handshake, are lost. */
static bool lose_final_ack(struct pair *p, int from, struct pkt *pkt)
{
	return from == 0 && ++*(int *)p->arg > 1;
}

TEST(requests_and_time_wait_are_listed_and_a_listener_shows_its_queue)
{
	struct pair *p = pair_new(2, false);
	struct pair_conn pc;
	struct stack *client = p->host[0].s, *server = p->host[1].s;
	struct tcp_conn *half;
	struct seen *seen;
	int sent = 0, owner;

	open_pair(p, &pc, 80);
	tcp_listen(server, pc.l, 7);
	tcp_close(client, pc.c[0], false);
	pair_run(p, NSEC_SEC);
	tcp_close(server, pc.c[1], false);
	pair_run(p, NSEC_SEC);
	seen = list(client);
	assert_int_equal(seen->state[TCPS_TIME_WAIT], 1);
	assert_int_equal(seen->last[TCPS_TIME_WAIT].row.timer, 3);
	assert_false(seen->last[TCPS_TIME_WAIT].whole);
	free(seen);

	p->tamper = lose_final_ack;
	p->arg = &sent;
	half = tcp_new(client, &owner, false);
	tcp_connect(client, half, &(struct tcp_end){.addr = p->host[1].addr, .port = 80});
	pair_run(p, NSEC_SEC / 2);
	seen = list(server);
	assert_int_equal(seen->state[TCPS_SYN_RCVD], 1);
	assert_int_equal(seen->last[TCPS_SYN_RCVD].row.timer, 1);
	assert_int_equal(seen->state[TCPS_LISTEN], 1);
	assert_int_equal(seen->last[TCPS_LISTEN].row.rqueue, 0);
	assert_int_equal(seen->last[TCPS_LISTEN].row.wqueue, 7);
	free(seen);
	tcp_close(client, half, true);
	tcp_close(server, pc.l, true);
	pair_free(p);
}

TEST(a_listing_in_pieces_misses_none_while_the_table_grows_and_shrinks)
{
	struct pair *p = pair_new(3, false);
	struct pair_conn *pc = calloc(3 * MANY, sizeof(*pc));
	struct seen *seen = calloc(1, sizeof(*seen));
	struct tcp_diag_cursor at = {0};
	int opened = MANY, closed = MANY;

	for (int i = 0; i < MANY; i++)
		open_pair(p, &pc[i], (uint16_t)(PORT_FIRST + i));
	while (tcp_diag_next(p->host[1].s, &at, see, seen)) {
		if (opened < 3 * MANY) {
			open_pair(p, &pc[opened], (uint16_t)(PORT_FIRST + opened));
			opened++;
		} else if (closed < 3 * MANY) {
			close_pair(p, &pc[closed++]);
		}
	}
	assert_true(opened == 3 * MANY && closed > MANY);
	for (int i = 0; i < MANY; i++)
		assert_true(seen->port[PORT_FIRST + i] >= 2); /* its listener, and it */
	for (int i = 0; i < opened; i++)
		if (i < MANY || i >= closed)
			close_pair(p, &pc[i]);
	free(seen);
	free(pc);
	pair_free(p);
}

static bool lose_all(struct pair *p, int from, struct pkt *pkt)
{
	return true;
}

TEST(a_silent_peer_shows_as_keepalive_probes_without_answer)
{
	struct pair *p = pair_new(4, false);
	struct pair_conn pc;
	struct seen *seen;

	open_pair(p, &pc, 80);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPALIVE, 1);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPIDLE, 10);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPINTVL, 5);
	p->tamper = lose_all;
	pair_run(p, 17 * NSEC_SEC);
	seen = list(p->host[0].s);
	assert_int_equal(seen->last[TCPS_ESTABLISHED].row.timer, 2);
	assert_int_equal(seen->last[TCPS_ESTABLISHED].row.retrans, 2);
	free(seen);
	p->tamper = NULL;
	close_pair(p, &pc);
	pair_free(p);
}
