/*
 * tcp_ecn_test.c - two instances with DCTCP over a wire that marks: the ECE flag of each ACK (RFC
 * 8257 3.2).
 */
#include "base/test/test.h"
#include "stack/tcp/tcp_priv.h"
#include "stack/tcp/test/two_hosts.h"

enum {
	SEGMENTS = 4096
};

/* A queue that marks runs of segments, and keeps track of what has not been acknowledged. */
struct queue {
	struct prng prng;
	uint32_t percent, run;
	bool marking;
	struct {
		struct seq end;
		bool marked;
	} sent[SEGMENTS];
	uint32_t head, tail; /* unacknowledged: [head, tail) */
	struct seq high;
	uint32_t marked, echoed, acks;
};

static void mark(struct pkt *pkt)
{
	uint16_t sum;

	assert_int_equal(pkt->data[1] & 3, 2);
	pkt->data[1] |= 3;
	put_be16(pkt->data + 10, 0);
	sum = csum_fold(csum_add(0, pkt->data, IPV4_HDR_MIN));
	memcpy(pkt->data + 10, &sum, sizeof(sum));
}

static void data_out(struct queue *q, struct pkt *pkt, const struct tcp_seg *g)
{
	struct seq end = seq_add(g->seq, g->len);

	if (q->run-- == 0) {
		q->marking = prng_below(&q->prng, 100) < q->percent;
		q->run = (uint32_t)prng_below(&q->prng, 5);
	}
	if (q->tail > 0 && !seq_gt(end, q->high))
		return; /* a probe repeats old data: unmarked, the receiver has it already */
	q->high = end;
	q->marked += q->marking;
	q->sent[q->tail].end = end;
	q->sent[q->tail++].marked = q->marking;
	assert_true(q->tail < SEGMENTS);
	if (q->marking)
		mark(pkt);
}

/* All segments that it acknowledges were marked, or none; and its ECE flag matches. */
static void ack_in(struct queue *q, const struct tcp_seg *g)
{
	bool ece = g->flags & SEG_ECE;

	q->acks += q->head < q->tail && seq_le(q->sent[q->head].end, g->ack);
	for (; q->head < q->tail && seq_le(q->sent[q->head].end, g->ack); q->head++) {
		assert_int_equal(q->sent[q->head].marked, ece);
		q->echoed += ece;
	}
}

static bool enqueue(struct pair *p, int from, struct pkt *pkt)
{
	uint8_t bytes[PAIR_BYTES];
	struct tcp_seg g;
	struct ip_pair addr;

	pair_read(pkt, bytes, &addr, &g);
	if (g.flags & SEG_SYN)
		return false;
	if (from == 0 && g.len > 0)
		data_out(p->arg, pkt, &g);
	else if (from == 1)
		ack_in(p->arg, &g);
	return false;
}

static void choose(struct pair *p, struct pair_conn *pc)
{
	struct tcp_end e = {p->host[1].addr, 80, 0};

	pc->l = tcp_new(p->host[1].s, &p->host[1], false);
	pc->c[0] = tcp_new(p->host[0].s, &p->host[0], false);
	assert_int_equal(tcp_set_cc(p->host[1].s, pc->l, "dctcp"), 0);
	assert_int_equal(tcp_set_cc(p->host[0].s, pc->c[0], "dctcp"), 0);
	assert_int_equal(tcp_bind(p->host[1].s, pc->l, &e), 0);
	assert_int_equal(tcp_listen(p->host[1].s, pc->l, 10), 0);
	assert_int_equal(tcp_connect(p->host[0].s, pc->c[0], &e), 0);
	pair_run(p, 10 * p->delay);
	pc->c[1] = tcp_accept(p->host[1].s, pc->l, &p->host[1]);
	assert_non_null(pc->c[1]);
}

static void pump(struct pair *p, struct pair_conn *pc, size_t n)
{
	static uint8_t text[65536], room[65536];
	size_t sent = 0, got = 0;

	while (got < n) {
		struct tcp_read r = {.to = room, .n = sizeof(room)};
		size_t more, left = size_min(n - sent, sizeof(text));

		sent += tcp_send(p->host[0].s, pc->c[0], text, left, 0);
		pair_run(p, NSEC_MSEC);
		more = tcp_read(p->host[1].s, pc->c[1], &r);
		tcp_read_done(p->host[1].s, pc->c[1], more);
		got += more;
	}
	pair_run(p, NSEC_SEC);
}

TEST(each_ack_reports_the_marks_of_the_segments_it_acknowledges)
{
	for (uint32_t percent = 0; percent <= 100; percent += 10) {
		static struct queue q;
		struct pair *p = pair_new(percent + 1, false);
		struct pair_conn pc;

		q = (struct queue){.percent = percent};
		prng_seed(&q.prng, percent);
		p->arg = &q;
		p->tamper = enqueue;
		choose(p, &pc);
		pump(p, &pc, 1 << 20);
		assert_true(q.head == q.tail && q.tail > 500);
		assert_int_equal(q.echoed, q.marked);
		assert_true(q.acks < q.tail); /* ACKs are still delayed */
		for (int i = 0; i < 2; i++)
			tcp_close(p->host[i].s, pc.c[i], true);
		tcp_close(p->host[1].s, pc.l, true);
		p->tamper = NULL;
		pair_run(p, NSEC_SEC);
		pair_free(p);
	}
}
