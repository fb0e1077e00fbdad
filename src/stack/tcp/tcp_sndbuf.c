/*
 * tcp_sndbuf.c - the send buffer: bytes in chunks, written once and referenced by every packet that
 * carries them; and records, which mark where a write ended (PSH, MSG_EOR, FIN).
 *
 *     snd_una               snd_nxt                       write_seq
 *        | piece | piece    |    piece   | piece ...         |
 *        | rec         | rec PSH  | rec PSH                  |
 *
 * Room is computed like Linux's skb memory: bytes plus a fixed overhead per record, against
 * SO_SNDBUF, checked before a record is begun, so that a queue may exceed it by one record.
 */
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_info.h"
#include "stack/tcp/tcp_mem.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_output.h"
#include "stack/tcp/tcp_plain.h"

static void piece_free(struct stack *s, struct tcp_piece *p)
{
	if (!p->ref) /* goes with its record */
		return;
	chunk_drop(p->ref);
	pool_put(&s->tcp->pieces, p);
}

static void rec_free(struct stack *s, struct tcp_rec *r)
{
	if (r->flags & REC_LITTLE)
		pool_put(&s->tcp->littles, container_of(r, struct tcp_little, rec));
	else
		pool_put(&s->tcp->recs, r);
}

static void rec_drop_first(struct stack *s, struct tcp_conn *c)
{
	struct tcp_sndq *q = &c->active->snd.q;
	struct tcp_rec *r = q->rec;

	q->rec = r->next;
	if (!q->rec)
		q->rec_last = NULL;
	assert(q->truesize >= r->truesize);
	q->truesize -= r->truesize;
	tcp_mem_release(s, c, r->truesize);
	if (q->unsent == r)
		q->unsent = q->rec;
	rec_free(s, r);
}

void tcp_snd_clear(struct stack *s, struct tcp_conn *c)
{
	struct tcp_sndq *q = &c->active->snd.q;

	while (q->first) {
		struct tcp_piece *next = q->first->next;

		piece_free(s, q->first);
		q->first = next;
	}
	while (q->rec)
		rec_drop_first(s, c);
	assert(q->truesize == 0);
	*q = (struct tcp_sndq){0};
}

void tcp_snd_free_to(struct stack *s, struct tcp_conn *c, struct seq to)
{
	struct tcp_sndq *q = &c->active->snd.q;

	while (q->first && seq_le(seq_add(q->first->start, q->first->len), to)) {
		struct tcp_piece *next = q->first->next;

		if (q->hint == q->first)
			q->hint = next;
		piece_free(s, q->first);
		q->first = next;
	}
	if (!q->first)
		q->last = q->hint = NULL;
	while (q->rec && seq_le(q->rec->end, to))
		rec_drop_first(s, c);
}

void tcp_snd_sent(struct stack *s, struct tcp_conn *c, const struct loss_send *run)
{
	struct tcp_active *b = c->active;

	assert(seq_le(run->end, c->write_seq));
	loss_sent(&b->loss, run, s->now);
	c->snd_nxt = run->end;
	b->snd.wstamp = s->now;
	tcp_chrono_start(s, c, TCP_CHRONO_BUSY);
	while (b->snd.q.unsent && seq_le(b->snd.q.unsent->end, c->snd_nxt))
		b->snd.q.unsent = b->snd.q.unsent->next;
}

const uint8_t *tcp_snd_at(struct tcp_conn *c, struct seq at, uint32_t *len, struct chunk **ref)
{
	struct tcp_sndq *q = &c->active->snd.q;
	struct tcp_piece *p = q->hint;

	if (!p || seq_lt(at, p->start))
		p = q->first;
	while (p && seq_ge(at, seq_add(p->start, p->len)))
		p = p->next;
	assert(p && seq_ge(at, p->start));
	q->hint = p;
	uint32_t off = seq_span(at, p->start);

	*len = p->len - off;
	*ref = p->ref;
	return p->p + off;
}

/* --- room --- */

uint32_t tcp_notsent_lowat(const struct stack *s, const struct tcp_conn *c)
{
	return c->extra && c->extra->notsent_lowat ? c->extra->notsent_lowat
						   : s->sysctl.tcp_notsent_lowat;
}

static bool stream_memory_free(const struct stack *s, const struct tcp_conn *c, bool wake)
{
	uint32_t unsent = seq_span(c->write_seq, c->snd_nxt);

	if (c->active->snd.q.truesize >= c->sndbuf)
		return false;
	return ((uint64_t)unsent << wake) < tcp_notsent_lowat(s, c);
}

bool tcp_snd_room(const struct stack *s, const struct tcp_conn *c)
{
	return stream_memory_free(s, c, false);
}

bool tcp_snd_writable(const struct stack *s, const struct tcp_conn *c)
{
	uint32_t queued = c->active->snd.q.truesize;

	if (queued > c->sndbuf || c->sndbuf - queued < queued >> 1)
		return false;
	return stream_memory_free(s, c, true);
}

void tcp_sndbuf_expand(struct stack *s, struct tcp_conn *c)
{
	const struct tcp_loss *l = &c->active->loss;
	uint32_t segs, per;
	uint64_t want;

	if (tcp_is(c, TCPB_SNDBUF_LOCK) || s->tcp->pressure ||
		l->packets_out - l->sacked_out >= l->cc.cwnd || !l->established)
		return;
	per = u32_max(c->mss, c->mss_clamp) + TCP_REC_HEADERS + TCP_PKT_INFO;
	per = (1u << (32 - __builtin_clz(per - 1))) + TCP_PKT_DESC; /* the allocation of a kernel */
	segs = u32_max(u32_max(CC_INIT_CWND, l->cc.cwnd), l->reordering + 1);
	want = (uint64_t)(c->cc->sndbuf_expand ? c->cc->sndbuf_expand : 2) * segs * per;
	if (want > c->sndbuf)
		c->sndbuf = u32_min((uint32_t)(want < UINT32_MAX ? want : UINT32_MAX),
			(uint32_t)s->sysctl.tcp_wmem[2]);
}

uint32_t tcp_half_window(const struct tcp_conn *c, uint32_t n)
{
	uint32_t cutoff = c->max_window > TCP_MSS_DEFAULT4 ? c->max_window >> 1 : c->max_window;

	return cutoff && n > cutoff ? u32_max(cutoff, 48) : n;
}

uint32_t tcp_size_goal(const struct tcp_conn *c)
{
	uint32_t most = tcp_half_window(c, TCP_GSO_MAX);

	return u32_max(most / c->mss * c->mss, c->mss);
}

/* --- writing --- */

/* A record for the next write; not in the queue before it has bytes, or a FIN. */
static struct tcp_rec *rec_new(struct stack *s, struct tcp_conn *c)
{
	struct tcp_rec *r = pool_take(&s->tcp->recs);

	if (r)
		*r = (struct tcp_rec){.start = c->write_seq, .end = c->write_seq};
	return r;
}

/* Links r, a new record. */
static void rec_link(struct stack *s, struct tcp_conn *c, struct tcp_rec *r)
{
	struct tcp_sndq *q = &c->active->snd.q;

	assert(seq_eq(r->start, c->write_seq));
	if (c->active->loss.established && c->active->loss.packets_out == 0)
		loss_idle_restart(&c->active->loss, s->now);
	r->truesize = TCP_REC_OVERHEAD;
	q->truesize += r->truesize;
	tcp_mem_charge(s, c, r->truesize);
	if (q->rec_last)
		q->rec_last->next = r;
	else
		q->rec = r;
	q->rec_last = r;
	if (!q->unsent)
		q->unsent = r;
}

/* Nothing could be written to r: frees it if it is new. */
static void rec_give_back(struct stack *s, struct tcp_conn *c, struct tcp_rec *r)
{
	if (r && c->active->snd.q.rec_last != r)
		pool_put(&s->tcp->recs, r);
}

static void mark_push(struct tcp_conn *c)
{
	if (c->active->snd.q.rec_last)
		c->active->snd.q.rec_last->flags |= REC_PSH;
	c->active->snd.pushed = c->write_seq;
}

/* The record to append to, created if needed and if there is room. A record with all its fragments
 * is pushed: its program may be waiting for the reply. */
static struct tcp_rec *rec_open(struct stack *s, struct tcp_conn *c, uint32_t goal, int flags)
{
	struct tcp_rec *r = c->active->snd.q.rec_last;
	bool full = r && (flags & TCP_SEND_PIN) && r->frags >= TCP_FRAGS;

	if (r && seq_gt(r->end, c->snd_nxt) && !(r->flags & (REC_EOR | REC_FIN)) &&
		seq_span(r->end, r->start) < goal) {
		if (!full)
			return r;
		mark_push(c);
	}
	if (!stream_memory_free(s, c, false) || tcp_mem_full(s))
		return NULL;
	return rec_new(s, c);
}

static bool piece_add(
	struct stack *s, struct tcp_conn *c, struct chunk *ref, const uint8_t *p, uint32_t n)
{
	struct tcp_sndq *q = &c->active->snd.q;
	struct tcp_piece *last = q->last, *new;

	if (last && last->ref == ref && last->p + last->len == p) {
		last->len += n;
		return true;
	}
	new = pool_take(&s->tcp->pieces);
	if (!new)
		return false;
	*new = (struct tcp_piece){.ref = chunk_hold(ref), .p = p, .start = c->write_seq, .len = n};
	if (last)
		last->next = new;
	else
		q->first = new;
	q->last = new;
	return true;
}

/* Copies n bytes, as many as fit into the chunk at the end, or a new one. */
static uint32_t copy_in(struct stack *s, struct tcp_conn *c, const uint8_t *p, uint32_t n)
{
	struct tcp_sndq *q = &c->active->snd.q;
	struct chunk *ch = q->last ? q->last->ref : NULL;
	bool fresh = false;

	if (!ch || !ch->own || ch->used == ch->cap ||
		q->last->p + q->last->len != ch->data + ch->used) {
		ch = chunk_get(&s->pkts, u32_min(n, CHUNK_BYTES));
		if (!ch)
			return 0;
		ch->own = true;
		fresh = true;
	}
	assert(ch->used < ch->cap);
	n = u32_min(n, ch->cap - ch->used);
	memcpy(ch->data + ch->used, p, n);
	if (piece_add(s, c, ch, ch->data + ch->used, n))
		ch->used += n;
	else
		n = 0;
	if (fresh)
		chunk_drop(ch);
	return n;
}

static void written(struct stack *s, struct tcp_conn *c, struct tcp_rec *r, uint32_t n)
{
	struct tcp_sndq *q = &c->active->snd.q;

	if (q->rec_last != r)
		rec_link(s, c, r);
	r->end = c->write_seq = seq_add(c->write_seq, n);
	r->truesize += n;
	q->truesize += n;
	tcp_mem_charge(s, c, n);
}

static bool forced_push(const struct tcp_conn *c)
{
	return seq_gt(c->write_seq, seq_add(c->active->snd.pushed, c->max_window >> 1));
}

void tcp_push_mark(struct stack *s, struct tcp_conn *c, uint8_t nonagle)
{
	if (!c->active->snd.q.unsent && !c->active->loss.resend_wanted)
		return;
	/* of several pushes in one batch the strongest counts */
	if (c->active->snd.push && (c->active->snd.push_nonagle & NAGLE_PUSH))
		nonagle |= NAGLE_PUSH;
	c->active->snd.push = 1;
	c->active->snd.push_nonagle = nonagle;
	tcp_dirty_mark(s, c);
}

static void after_write(struct stack *s, struct tcp_conn *c, int flags, bool full)
{
	uint8_t nonagle = 0;

	if (full || !(flags & TCP_SEND_MORE) || forced_push(c))
		mark_push(c);
	if (flags & TCP_SEND_OOB) {
		tcp_plain_end(c);
		c->active->snd.up = c->write_seq;
		c->active->snd.urgent = true;
	}
	if (full)
		nonagle = NAGLE_PUSH;
	else if (flags & TCP_SEND_MORE)
		nonagle = NAGLE_CORK;
	tcp_push_mark(s, c, nonagle);
}

/* Queues bytes for a SYN to carry; not pushed. */
size_t tcp_send_queue(struct stack *s, struct tcp_conn *c, const void *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		struct tcp_rec *r = rec_open(s, c, (uint32_t)n, 0);
		uint32_t got =
			r ? copy_in(s, c, (const uint8_t *)p + done, (uint32_t)(n - done)) : 0;

		if (got == 0) {
			rec_give_back(s, c, r);
			break;
		}
		written(s, c, r, got);
		done += got;
	}
	if (done > 0)
		mark_push(c);
	return done;
}

/* A little record was the first of its queue: what is before it was cut off it. */
static void put_before(struct tcp_sndq *q, struct tcp_rec *new, struct tcp_rec *r)
{
	struct tcp_rec **at = &q->rec;

	while (*at != r)
		at = &(*at)->next;
	*at = new;
	if (q->unsent == r)
		q->unsent = new;
}

/* Splits the first n unsent bytes of r off as a record of their own, and returns it; its successor
 * is the remainder. NULL: out of memory. */
struct tcp_rec *tcp_rec_split(
	struct stack *s, struct tcp_conn *c, struct tcp_rec *r, uint32_t n, uint8_t flags)
{
	struct tcp_sndq *q = &c->active->snd.q;
	struct tcp_rec *new = pool_take(&s->tcp->recs), *head = r, *rest = new;
	uint32_t bytes;

	assert(n > 0 && seq_lt(seq_add(c->snd_nxt, n), r->end));
	if (!new)
		return NULL;
	*new = *r;
	if (r->flags & REC_LITTLE) { /* it holds the bytes of both: the one that lives longer */
		head = new;
		rest = r;
		put_before(q, head, rest);
	}
	q->truesize += TCP_REC_OVERHEAD;
	tcp_mem_charge(s, c, TCP_REC_OVERHEAD);
	head->end = rest->start = seq_add(c->snd_nxt, n);
	bytes = seq_span(rest->end, rest->start) - ((rest->flags & REC_FIN) != 0);
	assert(bytes <= head->truesize);
	head->truesize -= bytes; /* moved with the bytes */
	rest->truesize = TCP_REC_OVERHEAD + bytes;
	head->flags = flags;
	head->next = rest;
	if (q->rec_last == head)
		q->rec_last = rest;
	return head;
}

/* A record is full and more data follows: it may be sent now, which makes room. */
static void record_full(struct stack *s, struct tcp_conn *c, struct tcp_rec *r)
{
	bool forced = forced_push(c);

	if (!forced && r != c->active->snd.q.unsent)
		return;
	if (forced)
		mark_push(c);
	tcp_push_mark(s, c, NAGLE_PUSH);
	tcp_output(s, c);
}

/* True if data may still be queued: not after a shutdown, nor without a connection. */
static bool may_send(const struct tcp_conn *c)
{
	return !(c->shut & TCP_SHUT_WR) && !c->active->snd.fin_queued &&
	       !tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN));
}

/* With less than a segment queued, further rate samples are application-limited. */
static void check_app_limited(struct tcp_conn *c)
{
	struct tcp_loss *l = &c->active->loss;

	if (seq_span(c->write_seq, c->snd_nxt) < l->cc.mss)
		loss_app_limited(l);
}

bool tcp_send_little(struct stack *s, struct tcp_conn *c, const void *p, size_t n)
{
	struct tcp_sndq *q = &c->active->snd.q;
	struct tcp_little *l;

	if (q->rec || !seq_eq(c->write_seq, c->snd_nxt) || n == 0 ||
		n > u32_min(TCP_LITTLE, c->mss) || !stream_memory_free(s, c, false) ||
		tcp_mem_full(s))
		return false;
	assert(!q->first);
	l = pool_take(&s->tcp->littles);
	if (!l)
		return false;
	memcpy(l->bytes, p, n);
	l->rec = (struct tcp_rec){.start = c->write_seq, .end = c->write_seq, .flags = REC_LITTLE};
	l->piece = (struct tcp_piece){.p = l->bytes, .start = c->write_seq, .len = (uint32_t)n};
	q->first = q->last = &l->piece;
	loss_app_limited(&c->active->loss);
	written(s, c, &l->rec, (uint32_t)n);
	after_write(s, c, 0, false);
	return true;
}

size_t tcp_send(struct stack *s, struct tcp_conn *c, const void *p, size_t n, int flags)
{
	uint32_t goal;
	size_t done = 0;

	c = tcp_wake(s, c);
	if (!c)
		return 0;
	goal = flags & TCP_SEND_OOB ? tcp_mss_now(s, c) : tcp_size_goal(c);
	if (!may_send(c))
		return 0;
	if (tcp_is(c, TCPB_DEFER_CONNECT)) {
		ssize_t got = tcp_send_fastopen(s, c, NULL, p, n);

		return got > 0 ? (size_t)got : 0;
	}
	if (flags == 0 && tcp_send_little(s, c, p, n))
		return n;
	check_app_limited(c);
	while (done < n) {
		struct tcp_rec *r = rec_open(s, c, goal, flags);
		uint32_t room;

		if (!r)
			break;
		room = goal - seq_span(r->end, r->start);
		room = copy_in(s, c, (const uint8_t *)p + done, (uint32_t)size_min(n - done, room));
		if (room == 0) {
			rec_give_back(s, c, r);
			break;
		}
		written(s, c, r, room);
		r->frags = (uint8_t)(r->frags + ((flags & TCP_SEND_PIN) != 0));
		done += room;
		/* urgent data is sent when it is complete, since every segment points to its end */
		if (done < n && seq_span(r->end, r->start) >= goal && !(flags & TCP_SEND_OOB))
			record_full(s, c, r);
	}
	if (done == 0)
		return 0;
	if (done == n && (flags & TCP_SEND_EOR))
		c->active->snd.q.rec_last->flags |= REC_EOR;
	after_write(s, c, flags, done < n);
	return done;
}

bool tcp_send_ref(
	struct stack *s, struct tcp_conn *c, struct chunk *ref, const uint8_t *p, size_t n)
{
	struct tcp_rec *r;

	c = tcp_wake(s, c);
	if (!c)
		return false;
	if (!may_send(c) || !stream_memory_free(s, c, false) || n == 0)
		return n == 0 && (chunk_drop(ref), true);
	check_app_limited(c);
	r = rec_open(s, c, tcp_size_goal(c), 0);
	if (!r || !piece_add(s, c, ref, p, (uint32_t)n)) {
		rec_give_back(s, c, r);
		return false;
	}
	chunk_drop(ref); /* the piece has its own reference */
	written(s, c, r, (uint32_t)n);
	after_write(s, c, 0, false);
	return true;
}

void tcp_send_push(struct stack *s, struct tcp_conn *c)
{
	c = tcp_wake(s, c);
	if (!c)
		return;
	mark_push(c);
	c->active->snd.push = 0;
	tcp_push_mark(s, c, 0);
}

bool tcp_snd_fin(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct tcp_rec *r = b->snd.q.rec_last;

	assert(!r || seq_eq(r->end, c->write_seq));
	if (b->snd.fin_queued)
		return true;
	if (!r || !seq_gt(r->end, c->snd_nxt)) {
		r = rec_new(s, c);
		if (!r)
			return false;
		rec_link(s, c, r);
	}
	r->flags |= REC_FIN;
	r->end = c->write_seq = seq_add(c->write_seq, 1);
	b->snd.fin_queued = true;
	tcp_push_mark(s, c, NAGLE_OFF);
	return true;
}

void tcp_set_write_pending(struct tcp_conn *c)
{
	if (tcp_is_idle(c)) /* not needed when established */
		return;
	tcp_plain_end(c);
	c->active->snd.write_pending = true;
}

bool tcp_write_pending(const struct tcp_conn *c)
{
	return c->active->snd.q.unsent != NULL || c->active->snd.write_pending;
}
