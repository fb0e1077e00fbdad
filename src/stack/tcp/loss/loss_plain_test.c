/*
 * loss_plain_test.c - the fast path of an ACK leaves the state that the general path leaves. Two
 * senders get the same ACKs, and are compared after each.
 */
#include "base/test/test.h"
#include "stack/tcp/test/loss_fixture.h"

#define MS(n) ((nsec_t)(n)*NSEC_MSEC)

/* Two senders: with fast path, and without. */
struct both {
	struct fx fast, slow;
};

/* The state without its pointers. */
static struct tcp_loss values(const struct fx *f)
{
	struct tcp_loss l = f->l;

	l.env = NULL;
	l.queue = (struct rtx_queue){0};
	l.resend_hint = NULL;
	l.cc.mib = NULL;
	l.cc.prng = NULL;
	return l;
}

static void same(const struct both *t)
{
	struct tcp_loss fast = values(&t->fast), slow = values(&t->slow);

	assert_int_equal(t->slow.fast_acks, 0);
	assert_memory_equal(&fast, &slow, sizeof(fast));
	assert_memory_equal(&t->fast.out, &t->slow.out, sizeof(t->fast.out));
	assert_memory_equal(&t->fast.mib, &t->slow.mib, sizeof(t->fast.mib));
	assert_int_equal(t->fast.sent, t->slow.sent);
	assert_int_equal(t->fast.resends, t->slow.resends);
}

static void start(struct both *t)
{
	fx_start(&t->fast, 100);
	fx_start(&t->slow, 100);
	t->fast.fast = true;
}

static void stop(struct both *t)
{
	fx_stop(&t->fast);
	fx_stop(&t->slow);
}

static void say(struct both *t, uint32_t segs)
{
	fx_write(&t->fast, segs);
	fx_write(&t->slow, segs);
}

static void pass(struct both *t, nsec_t span)
{
	fx_wait(&t->fast, span);
	fx_wait(&t->slow, span);
	same(t);
}

static void ack(struct both *t, uint32_t to)
{
	fx_ack(&t->fast, to, 0);
	fx_ack(&t->slow, to, 0);
	same(t);
}

static void ack_with(struct both *t, uint32_t to, uint32_t start, uint32_t end)
{
	fx_ack(&t->fast, to, 1, start, end);
	fx_ack(&t->slow, to, 1, start, end);
	same(t);
}

/* Everything in flight is acknowledged, by an ACK for two records each. */
static void ack_all(struct both *t)
{
	while (t->slow.l.packets_out > 0) {
		const struct rtx_queue *q = &t->slow.l.queue;
		const struct rtx *r = rtx_head(q), *next = rtx_next(q, r);

		ack(t, (next ? next : r)->end.v);
	}
}

/* The last run of a connection: `bytes`, and the FIN. */
static void end_one(struct fx *f, uint32_t bytes, uint8_t flags)
{
	struct loss_send s = {.start = f->l.cc.nxt,
		.end = seq_add(f->l.cc.nxt, bytes),
		.mss = FX_MSS,
		.flags = flags};

	assert_true(loss_reserve(&f->l));
	loss_sent(&f->l, &s, f->now);
}

static void end(struct both *t, uint32_t bytes, uint8_t flags)
{
	end_one(&t->fast, bytes, flags);
	end_one(&t->slow, bytes, flags);
}

/* The RTT rises, and those of the two records of an ACK differ. */
static void rounds_with_a_rising_rtt(const struct cc_ops *ops)
{
	struct both t;

	start(&t);
	t.fast.l.cc.ops = t.slow.l.cc.ops = ops;
	ops->init(&t.fast.l.cc, 0);
	ops->init(&t.slow.l.cc, 0);
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 8; i++) {
			say(&t, 3);
			pass(&t, MS(3));
		}
		pass(&t, MS(90 + round));
		ack_all(&t);
	}
	assert_true(t.fast.fast_acks > 100);
	assert_true(t.fast.l.cc.cwnd > 16);
	stop(&t);
}

TEST(in_slow_start_and_after_it)
{
	size_t n;
	const struct cc_ops *const *all = cc_all(&n);

	for (size_t i = 0; i < n; i++)
		if (!all[i]->control && !all[i]->every_ack)
			rounds_with_a_rising_rtt(all[i]);
}

/* RACK's window grows by D-SACK, and shrinks again some recoveries later. */
TEST(after_recoveries_and_reports_of_duplicates)
{
	struct both t;

	start(&t);
	say(&t, 10);
	pass(&t, MS(100));
	ack_with(&t, 1, 1001, 2001); /* reordered */
	ack_all(&t);
	assert_int_equal(t.fast.l.reord_seen, 1);
	for (int round = 0; round < 20; round++) {
		uint32_t una = t.slow.l.cc.una.v;

		say(&t, 10);
		pass(&t, MS(100));
		ack_with(&t, una, una + 1000, una + 4000);
		pass(&t, MS(60));
		ack_all(&t);
		say(&t, 1);
		say(&t, 1);
		pass(&t, MS(100));
		if (round < 2)
			ack_with(&t, t.slow.l.cc.una.v, una, una + 1000);
		ack_all(&t);
	}
	assert_true(t.fast.fast_acks >= 20);
	assert_true(t.fast.l.total_retrans > 0 && t.fast.l.dsack_dups > 0);
	assert_true(t.fast.l.rack.reo_wnd_steps > 1);
	stop(&t);
}

/* F-RTO has sent new data instead of a retransmission. */
TEST(after_a_timeout_that_was_not_needed)
{
	struct both t;

	start(&t);
	say(&t, 10);
	pass(&t, MS(100));
	ack(&t, 10001);
	say(&t, 4);
	pass(&t, MS(2000));
	say(&t, 10);
	ack_all(&t);
	for (int round = 0; round < 8; round++) {
		say(&t, 2);
		pass(&t, MS(1));
		say(&t, 2);
		pass(&t, MS(100));
		ack_all(&t);
	}
	assert_true(t.fast.fast_acks > 2);
	assert_true(t.fast.l.total_rto > 0);
	stop(&t);
}

/* A short connection: all it sends is a run that ends with its FIN, or the FIN alone. */
TEST(the_ack_of_a_fin)
{
	static const uint32_t bytes[] = {65, 1};

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		struct both t;

		start(&t);
		end(&t, bytes[i], RTX_FIN);
		pass(&t, MS(90));
		ack(&t, 1 + bytes[i]);
		assert_int_equal(t.fast.fast_acks, 1);
		assert_true(t.fast.out.progress && t.fast.out.not_dup);
		ack(&t, 1 + bytes[i]); /* again */
		assert_int_equal(t.fast.fast_acks, 1);
		stop(&t);
	}
}

/* Only the general path knows what these mean. */
TEST(the_ack_of_a_syn_of_half_a_run_and_of_what_was_resent_is_left_to_the_general_path)
{
	struct both t;

	start(&t);
	end(&t, 1, RTX_SYN);
	pass(&t, MS(90));
	ack(&t, 2);
	assert_int_equal(t.fast.fast_acks, 0);
	say(&t, 2);
	pass(&t, MS(90));
	ack(&t, 2 + FX_MSS);
	assert_int_equal(t.fast.fast_acks, 0);
	pass(&t, MS(5000));
	ack(&t, 2 + 2 * FX_MSS);
	assert_int_equal(t.fast.fast_acks, 0);
	stop(&t);
}
