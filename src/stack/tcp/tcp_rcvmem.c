/*
 * tcp_rcvmem.c - memory accounting of received segments. Each is charged the block that a kernel
 * would allocate for it (truesize), which for a small one is many times its payload. So that an
 * offered window can be filled whatever the size of the segments:
 *
 *     coalesce    payload moves into the free part of the previous segment's block
 *     collapse    SO_RCVBUF is used up: payload is copied into full blocks
 *     prune       still not enough: out-of-order data is dropped, the highest first
 *
 * Computation and order are Linux's (tcp_try_rmem_schedule), so that windows and counters agree.
 */
#include "stack/tcp/tcp_rcvmem.h"
#include "stack/tcp/tcp_mem.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_reasm.h"

/* The next available block size for n bytes and the trailer after them. */
static uint32_t block_for(uint32_t n)
{
	uint32_t block = 1024;

	n += TCP_PKT_INFO;
	if (n <= TCP_PKT_BLOCK_MIN)
		return TCP_PKT_BLOCK_MIN;
	while (block < n)
		block <<= 1;
	return block;
}

/* The charge of a packet whose block contains n bytes. */
static uint32_t truesize_of(uint32_t n, uint32_t *room)
{
	uint32_t block = block_for(n);

	assert(block >= TCP_PKT_INFO + n);
	*room = block - TCP_PKT_INFO - n;
	return block + TCP_PKT_DESC;
}

uint32_t tcp_truesize(uint32_t len, uint32_t *room)
{
	uint32_t n = len + TCP_PKT_PAD, in_pages = 0, all;

	if (n > TCP_PKT_HEAD_MAX)
		in_pages = n - TCP_PKT_HEAD_MAX;
	all = truesize_of(n - in_pages, room) + (in_pages + TCP_PAGE - 1) / TCP_PAGE * TCP_PAGE;
	if (in_pages > 0)
		*room = 0;
	return all;
}

void tcp_rcv_charge(struct stack *s, struct tcp_conn *c, const struct pkt *p)
{
	c->active->rcv.q.truesize += p->truesize;
	tcp_mem_charge(s, c, p->truesize);
}

void tcp_rcv_uncharge(struct stack *s, struct tcp_conn *c, const struct pkt *p)
{
	assert(c->active->rcv.q.truesize >= p->truesize);
	c->active->rcv.q.truesize -= p->truesize;
	tcp_mem_release(s, c, p->truesize);
}

void tcp_drop_front(struct pkt *p, uint32_t n)
{
	if (p->ext_len > 0) {
		n = u32_min(n, p->ext_len);
		p->ext += n;
		p->ext_len -= n;
	} else {
		n = u32_min(n, p->len);
		pkt_pull(p, n);
	}
	p->seq += n;
}

/* --- coalesce --- */

static struct seq end_of(const struct pkt *p)
{
	return seq_add(seq_of(p->seq), pkt_total(p));
}

/* True if the chunk after p is not shared, with room for n bytes. */
static bool chunk_has(const struct pkt *p, uint32_t n)
{
	const struct chunk *k = p->ref;

	return k && k->own && k->refs == 1 &&
	       (size_t)(k->data + k->cap - (p->ext + p->ext_len)) >= n;
}

/* The place for n more bytes after the payload of p, which is moved to the front of its buffer, or
 * from a shared chunk into its own. NULL: out of memory. */
static uint8_t *behind(struct pkt *p, uint32_t n)
{
	uint32_t len = pkt_total(p);
	struct chunk *k;

	assert(n > 0 && n <= p->room);
	if (p->ext_len == 0 && pkt_room(p) < n && p->cap >= len + n) {
		memmove(p->buf, p->data, len);
		p->data = p->buf;
	}
	if (p->ext_len == 0 && pkt_room(p) >= n)
		return p->data + len;
	if (p->ext_len > 0 && chunk_has(p, n))
		return p->ref->data + (p->ext - p->ref->data) + p->ext_len;
	k = chunk_new(len + p->room);
	if (!k)
		return NULL;
	k->own = true;
	pkt_bytes(p, k->data);
	if (p->ref)
		chunk_drop(p->ref);
	p->ref = k;
	p->ext = k->data;
	p->ext_len = len;
	p->len = 0;
	return k->data + len;
}

bool tcp_coalesce(struct stack *s, struct pkt *to, const struct pkt *from)
{
	uint32_t n = pkt_total(from);
	uint8_t *at = n > 0 && n <= to->room ? behind(to, n) : NULL;

	if (n > 0 && !at)
		return false;
	if (n > 0)
		pkt_bytes(from, at);
	if (to->ext_len > 0)
		to->ext_len += n;
	else
		to->len += n;
	to->room -= n;
	stack_count(s, MIB_TcpExtTCPRcvCoalesce);
	return true;
}

/* --- collapse --- */

/* The charge of a segment is more than its bytes need, or part of it was read. */
static bool bloated(const struct tcp_conn *c, const struct pkt *p, struct seq start)
{
	return tcp_win_from_space(c, p->truesize) > pkt_total(p) || seq_lt(seq_of(p->seq), start);
}

/* Moves at most n of the first bytes of `from`, from `at` on, to the end of `to`. True: none are
 * left. */
static bool move_bytes(struct pkt *to, const struct pkt *from, struct seq at, uint32_t n)
{
	uint32_t skip = seq_span(at, seq_of(from->seq)), len = pkt_total(from) - skip;
	const uint8_t *bytes = from->ext_len > 0 ? from->ext : from->data;

	assert(seq_le(seq_of(from->seq), at) && skip <= pkt_total(from));
	assert(from->len == 0 || from->ext_len == 0);
	n = u32_min(n, len);
	assert(n <= pkt_room(to));
	memcpy(to->data + to->len, bytes + skip, n);
	to->len += n;
	return n == len;
}

/* A new packet with the bytes [start, start + n) of the packets in `from`, which are freed when
 * empty. NULL: out of memory. */
static struct pkt *block_of(
	struct stack *s, struct tcp_conn *c, struct pkt_queue *from, struct seq start, uint32_t n)
{
	struct pkt *p = pkt_new(stack_pkts(s), n);

	assert(n > 0 && from->first);
	if (!p)
		return NULL;
	p->seq = start.v;
	p->truesize = truesize_of(n, &p->room);
	while (from->first && p->len < n &&
		move_bytes(p, from->first, seq_add(start, p->len), n - p->len)) {
		struct pkt *old = pkt_queue_take(from);

		tcp_rcv_uncharge(s, c, old);
		stack_count(s, MIB_TcpExtTCPRcvCollapsed);
		pkt_free(old);
	}
	p->room += n - p->len;
	tcp_rcv_charge(s, c, p);
	return p;
}

void tcp_collapse(
	struct stack *s, struct tcp_conn *c, struct pkt_queue *q, struct seq start, struct seq end)
{
	struct pkt_queue old = *q;
	struct pkt *p;

	assert(seq_le(start, end));
	*q = (struct pkt_queue){NULL, NULL};
	while (old.first && !bloated(c, old.first, start)) {
		start = end_of(old.first);
		pkt_queue_add(q, pkt_queue_take(&old));
	}
	while (old.first) {
		p = block_of(s, c, &old, start, u32_min(seq_span(end, start), TCP_PKT_HEAD_MAX));
		if (!p)
			break;
		start = end_of(p);
		pkt_queue_add(q, p);
	}
	if (old.first && seq_lt(seq_of(old.first->seq), start)) /* its first bytes were moved */
		tcp_drop_front(old.first, seq_span(start, seq_of(old.first->seq)));
	while (old.first)
		pkt_queue_add(q, pkt_queue_take(&old));
}

/* --- prune --- */

bool tcp_can_ingest(const struct tcp_conn *c)
{
	return c->active->rcv.q.truesize <= c->rcvbuf;
}

/* A buffer of automatic size grows to its contents, while memory is plentiful; if that does not
 * help, the window will fall to two segments. */
static void clamp_window(struct stack *s, struct tcp_conn *c)
{
	uint32_t most = (uint32_t)s->sysctl.tcp_rmem[2], used = c->active->rcv.q.truesize;

	c->quick = 0;
	if (c->rcvbuf < most && !tcp_is(c, TCPB_RCVBUF_LOCK) && !s->tcp->pressure &&
		s->tcp->mem < s->sysctl.tcp_mem[0] * TCP_PAGE)
		c->rcvbuf = u32_min(used, most);
	if (used > c->rcvbuf)
		c->rcv_ssthresh = u32_min(c->window_clamp, 2u * c->advmss);
}

static bool prune(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_rcvq *q = &c->active->rcv.q;

	if (q->truesize == 0)
		return false;
	stack_count(s, MIB_TcpExtPruneCalled);
	if (!tcp_can_ingest(c))
		clamp_window(s, c);
	else if (s->tcp->pressure)
		c->rcv_ssthresh = u32_min(c->rcv_ssthresh, 4u * c->advmss);
	if (tcp_can_ingest(c))
		return true;
	tcp_ofo_collapse(s, c);
	if (q->queue.first)
		tcp_collapse(s, c, &q->queue, c->copied_seq, c->rcv_nxt);
	if (tcp_can_ingest(c))
		return true;
	tcp_ofo_prune(in, c);
	if (tcp_can_ingest(c))
		return true;
	stack_count(s, MIB_TcpExtRcvPruned);
	c->active->rcv.predict = false;
	return false;
}

bool tcp_rcv_room(struct tcp_in *in, struct tcp_conn *c)
{
	if (tcp_can_ingest(c) && tcp_mem_schedule(in->s, c, in->truesize))
		return true;
	if (!prune(in, c))
		return false;
	while (!tcp_mem_schedule(in->s, c, in->truesize))
		if (!tcp_ofo_prune(in, c))
			return false;
	return true;
}
