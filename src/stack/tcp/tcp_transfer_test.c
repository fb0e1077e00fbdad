/*
 * tcp_transfer_test.c - two instances exchange data: every byte arrives once and in order, over a
 * clean wire and over a bad one, and connections end properly.
 */
#include "base/test/test.h"
#include "stack/tcp/test/two_hosts.h"

static uint8_t byte_at(uint64_t i)
{
	return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

struct flow {
	uint64_t sent, got, total;
};

static void pump(struct pair *p, struct pair_conn *pc, int from, struct flow *f)
{
	uint8_t buf[16384];
	struct stack *a = p->host[from].s, *b = p->host[!from].s;

	while (f->sent < f->total) {
		size_t n = size_min(sizeof(buf), f->total - f->sent), done;

		for (size_t i = 0; i < n; i++)
			buf[i] = byte_at(f->sent + i);
		done = tcp_send(a, pc->c[from], buf, n, 0);
		f->sent += done;
		if (done < n)
			break;
	}
	for (;;) {
		struct tcp_read r = {.to = buf, .n = sizeof(buf)};
		size_t n = tcp_read(b, pc->c[!from], &r);

		tcp_read_done(b, pc->c[!from], n);
		if (n == 0)
			return;
		for (size_t i = 0; i < n; i++)
			if (buf[i] != byte_at(f->got + i))
				fail_msg("byte %llu differs", (unsigned long long)(f->got + i));
		f->got += n;
	}
}

static void bulk(struct pair *p, uint64_t each_way, nsec_t limit)
{
	struct pair_conn pc;
	struct flow f[2] = {{.total = each_way}, {.total = each_way}};
	nsec_t end = p->now + limit;

	pair_connect(p, &pc, 80);
	while ((f[0].got < each_way || f[1].got < each_way) && p->now < end) {
		pump(p, &pc, 0, &f[0]);
		pump(p, &pc, 1, &f[1]);
		pair_step(p, end);
	}
	assert_int_equal(f[0].got, each_way);
	assert_int_equal(f[1].got, each_way);
	tcp_close(p->host[0].s, pc.c[0], false);
	pair_run(p, NSEC_SEC);
	tcp_close(p->host[1].s, pc.c[1], false);
	tcp_close(p->host[1].s, pc.l, false);
	pair_run(p, 200 * NSEC_SEC);
}

TEST(test_bulk_clean)
{
	struct pair *p = pair_new(1, false);

	bulk(p, 8 << 20, 100 * NSEC_SEC);
	assert_int_equal(mib_get(stack_mib(p->host[0].s), MIB_TcpRetransSegs), 0);
	pair_free(p);
}

TEST(test_bulk_lossy)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct pair *p = pair_new(seed, seed & 1);

		p->loss = 100;
		p->dup = 50;
		p->reorder = 200;
		bulk(p, 2 << 20, 2000 * NSEC_SEC);
		pair_free(p);
	}
}

TEST(test_close_leaves_time_wait)
{
	struct pair *p = pair_new(3, false);
	struct pair_conn pc;
	struct tcp_status f;

	pair_connect(p, &pc, 80);
	tcp_close(p->host[0].s, pc.c[0], false);
	pair_run(p, NSEC_SEC);
	tcp_get_status(pc.c[1], &f);
	assert_int_equal(f.state, TCPS_CLOSE_WAIT);
	tcp_close(p->host[1].s, pc.c[1], false);
	pair_run(p, NSEC_SEC);
	assert_int_equal(mib_get(stack_mib(p->host[0].s), MIB_TcpExtTW), 1);
	pair_run(p, 61 * NSEC_SEC);
	tcp_close(p->host[1].s, pc.l, false);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* RFC 9293 MUST-58, MUST-59: all received segments are processed before anything is sent. */
TEST(segments_that_came_together_get_one_acknowledgement)
{
	static const char text[10 * 1448];
	struct pair *p = pair_new(4, false);
	struct pair_conn pc;
	uint64_t before;

	pair_connect(p, &pc, 80);
	before = p->host[1].sent;
	assert_int_equal(tcp_send(p->host[0].s, pc.c[0], text, sizeof(text), 0), sizeof(text));
	pair_run(p, p->delay + p->delay / 2);
	assert_int_equal(p->host[1].sent - before, 1);
	for (int i = 0; i < 2; i++)
		tcp_close(p->host[i].s, pc.c[i], true);
	tcp_close(p->host[1].s, pc.l, true);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* The final receive buffer of a flow of 8 MiB, from tcp_rmem's 128 KiB. */
static int64_t buffer_after_a_flow(int moderate)
{
	struct pair *p = pair_new(5, false);
	struct flow f = {.total = 8 << 20};
	struct pair_conn pc;
	int64_t size = 0;

	stack_sysctl(p->host[1].s)->tcp_moderate_rcvbuf = moderate;
	p->delay = 20 * NSEC_MSEC;
	pair_connect(p, &pc, 80);
	while (f.got < f.total) {
		pump(p, &pc, 0, &f);
		pair_step(p, p->now + NSEC_SEC);
	}
	assert_int_equal(tcp_get_opt(p->host[1].s, pc.c[1], TCPO_RCVBUF, &size), 0);
	for (int i = 0; i < 2; i++)
		tcp_close(p->host[i].s, pc.c[i], true);
	tcp_close(p->host[1].s, pc.l, true);
	pair_run(p, NSEC_SEC);
	pair_free(p);
	return size;
}

TEST(the_receive_buffer_grows_with_the_flow_unless_told_not_to)
{
	assert_int_equal(buffer_after_a_flow(0), 131072);
	assert_true(buffer_after_a_flow(1) > 4 * 131072);
}
