/* dctcp_test.c - DCTCP: alpha follows the marked share, and determines the window. */
#include "base/test/test.h"
#include "stack/tcp/cc/cc.h"

#include <linux/inet_diag.h>

static struct cc fresh(bool ecn)
{
	struct cc c = {.ops = &cc_dctcp,
		.cwnd = 100,
		.ssthresh = 100,
		.cwnd_clamp = UINT32_MAX,
		.cwnd_limited = true,
		.mss = 1000,
		.una = seq_of(1),
		.nxt = seq_of(1),
		.ecn = ecn};

	cc_dctcp.init(&c, 0);
	return c;
}

static struct tcp_dctcp_info info(const struct cc *c)
{
	struct tcp_dctcp_info i;

	assert_int_equal(c->ops->info(c, &i), sizeof(i));
	return i;
}

/* Acknowledges a window of n segments, some of them marked, and sends the next. Returns alpha. */
static uint32_t window(struct cc *c, uint32_t n, uint32_t marked)
{
	c->una = c->nxt;
	c->nxt = seq_add(c->nxt, n * c->mss);
	c->delivered += n;
	c->delivered_ce += marked;
	cc_dctcp.every_ack(c, 0);
	return info(c).dctcp_alpha;
}

TEST(alpha_begins_at_one_and_falls_by_a_sixteenth_rfc8257_3_3)
{
	struct cc c = fresh(true);
	uint32_t alpha = 1024;

	assert_int_equal(info(&c).dctcp_alpha, 1024);
	assert_int_equal(info(&c).dctcp_enabled, 1);
	for (int i = 0; i < 200; i++) {
		alpha -= alpha >> 4 ? alpha >> 4 : alpha;
		assert_int_equal(window(&c, 10, 0), alpha);
	}
	assert_int_equal(alpha, 0);
}

TEST(alpha_approaches_the_marked_share)
{
	for (uint32_t marked = 0; marked <= 100; marked += 25) {
		struct cc c = fresh(true);
		uint32_t alpha = 0;

		for (int i = 0; i < 300; i++)
			alpha = window(&c, 100, marked);
		assert_in_range(alpha + 16, marked * 1024 / 100, marked * 1024 / 100 + 32);
	}
}

TEST(alpha_is_updated_once_per_window)
{
	struct cc c = fresh(true);
	uint32_t alpha = window(&c, 100, 0);

	for (int i = 0; i < 99; i++) {
		c.una = seq_add(c.una, c.mss);
		c.delivered++;
		c.delivered_ce++;
		cc_dctcp.every_ack(&c, 0);
		assert_int_equal(info(&c).dctcp_alpha, alpha);
	}
	assert_int_equal(info(&c).dctcp_ab_ecn, 99000);
	assert_int_equal(info(&c).dctcp_ab_tot, 99000);
}

TEST(marks_take_half_of_alpha_losses_half_rfc8257_3_5)
{
	struct cc c = fresh(true);

	assert_int_equal(cc_dctcp.ssthresh(&c, 0), 50);
	for (int i = 0; i < 200; i++)
		window(&c, 10, 0);
	assert_int_equal(info(&c).dctcp_alpha, 0);
	assert_int_equal(cc_dctcp.ssthresh(&c, 0), 100);
	c.ca_state = CA_CWR;
	cc_dctcp.state(&c, CA_RECOVERY, 0);
	assert_int_equal(c.ssthresh, 50);
	c.cwnd = 60;
	cc_dctcp.event(&c, CC_EVENT_LOSS, 0);
	assert_int_equal(c.ssthresh, 30);
	c.cwnd = 1;
	assert_int_equal(cc_dctcp.undo(&c, 0), 60);
	c.cwnd = 2;
	assert_int_equal(cc_dctcp.ssthresh(&c, 0), 2);
}

TEST(without_ecn_it_becomes_reno)
{
	struct cc c = fresh(false);

	assert_ptr_equal(c.ops, &cc_dctcp_reno);
	assert_string_equal(c.ops->name, "dctcp-reno");
	assert_int_equal(info(&c).dctcp_enabled, 0);
	assert_int_equal(c.ops->ssthresh(&c, 0), 50);
	assert_ptr_equal(cc_find("dctcp"), &cc_dctcp);
	assert_null(cc_find("dctcp-reno"));
}
