/* conntrack_test.c - states and timeouts of connections, those of Linux's nf_conntrack. */
#include "base/test/test.h"
#include "lab/world/conntrack.h"
#include "wire/tcp.h"

static const struct tuple there = {.sport = 5000, .dport = 80, .proto = IP_PROTO_TCP};
static const struct tuple back = {.sport = 80, .dport = 5000, .proto = IP_PROTO_TCP};

struct table {
	struct conntrack ct;
	struct connection *c;
	nsec_t now;
	uint32_t seq;
};

static void table_new(struct table *t)
{
	struct conntrack_config c = conntrack_defaults();

	*t = (struct table){.now = NSEC_SEC};
	conntrack_init(&t->ct, &c);
	t->c = conntrack_add(&t->ct, &there, &back, t->now);
}

static void passes(struct table *t, int dir, uint16_t flags, enum conntrack_state want)
{
	struct ct_segment s = {flags, t->seq++, 0, t->seq};

	conntrack_tcp(&t->ct, t->c, dir, &s, t->now);
	assert_string_equal(conntrack_state_name(t->c->state), conntrack_state_name(want));
}

TEST(a_connection_goes_through_the_states_of_its_segments)
{
	struct table t;

	table_new(&t);
	passes(&t, 0, SEG_SYN, CT_SYN_SENT);
	passes(&t, 1, SEG_SYN | SEG_ACK, CT_SYN_RECV);
	passes(&t, 0, SEG_ACK, CT_ESTABLISHED);
	passes(&t, 1, SEG_ACK, CT_ESTABLISHED);
	passes(&t, 1, SEG_FIN | SEG_ACK, CT_FIN_WAIT);
	passes(&t, 0, SEG_ACK, CT_CLOSE_WAIT);
	passes(&t, 0, SEG_FIN | SEG_ACK, CT_LAST_ACK);
	passes(&t, 1, SEG_ACK, CT_TIME_WAIT);
	passes(&t, 0, SEG_SYN, CT_SYN_SENT);
	passes(&t, 1, SEG_RST | SEG_ACK, CT_CLOSE);
	conntrack_free(&t.ct);
}

TEST(an_entry_lives_as_long_as_its_state_allows)
{
	struct table t;
	int dir;

	table_new(&t);
	passes(&t, 0, SEG_SYN, CT_SYN_SENT);
	passes(&t, 1, SEG_SYN | SEG_ACK, CT_SYN_RECV);
	passes(&t, 0, SEG_ACK, CT_ESTABLISHED);
	t.now += 432000 * NSEC_SEC - 1;
	assert_ptr_equal(conntrack_find(&t.ct, &there, t.now, &dir), t.c);
	assert_int_equal(dir, 0);
	assert_ptr_equal(conntrack_find(&t.ct, &back, t.now, &dir), t.c);
	assert_int_equal(dir, 1);
	assert_null(conntrack_find(&t.ct, &there, t.now + 1, &dir));
	conntrack_free(&t.ct);
}

TEST(unanswered_retransmissions_shorten_the_timeout_to_five_minutes)
{
	struct ct_segment again = {SEG_ACK, 1000, 1, 2000};
	struct table t;

	table_new(&t);
	passes(&t, 0, SEG_SYN, CT_SYN_SENT);
	passes(&t, 1, SEG_SYN | SEG_ACK, CT_SYN_RECV);
	passes(&t, 0, SEG_ACK, CT_ESTABLISHED);
	for (int i = 0; i < 3; i++)
		conntrack_tcp(&t.ct, t.c, 0, &again, t.now);
	assert_int_equal(t.c->expires, t.now + 432000 * NSEC_SEC);
	conntrack_tcp(&t.ct, t.c, 0, &again, t.now);
	assert_int_equal(t.c->expires, t.now + 300 * NSEC_SEC);
	conntrack_free(&t.ct);
}

TEST(a_full_table_takes_an_entry_only_after_another_has_expired)
{
	struct conntrack_config c = conntrack_defaults();
	struct conntrack ct;
	struct tuple o = there, r = back;

	c.max = 2;
	conntrack_init(&ct, &c);
	for (uint16_t i = 0; i < 2; i++) {
		o.sport = r.dport = (uint16_t)(6000 + i);
		conntrack_udp(&ct, conntrack_add(&ct, &o, &r, 0), 0, 0);
	}
	o.sport = r.dport = 7000;
	assert_null(conntrack_add(&ct, &o, &r, NSEC_SEC));
	assert_non_null(conntrack_add(&ct, &o, &r, 30 * NSEC_SEC));
	conntrack_free(&ct);
}

TEST(only_a_syn_or_if_loose_an_ack_creates_a_connection)
{
	struct conntrack_config c = conntrack_defaults();
	struct conntrack ct;

	conntrack_init(&ct, &c);
	assert_true(conntrack_may_open(&ct, SEG_SYN));
	assert_true(conntrack_may_open(&ct, SEG_ACK));
	assert_false(conntrack_may_open(&ct, SEG_SYN | SEG_ACK));
	assert_false(conntrack_may_open(&ct, SEG_RST | SEG_ACK));
	ct.config.loose = false;
	assert_false(conntrack_may_open(&ct, SEG_ACK));
	conntrack_free(&ct);
}
