/*
 * tcp_idle.c - idle detection and hibernation. Recently active connections are in a list; a timer
 * examines the oldest of them every TCP_QUIET.
 */
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"

static void scan(struct stack *s, struct stack_timer *t);

/* For a record with keepalive on. */
struct idle_timer {
	struct stack_timer t;
	struct tcp_idle *idle;
};

bool tcp_idle_init(struct tcp_state *t)
{
	t->fresh = tcp_fresh_new(t->stack);
	list_init(&t->quiet);
	t->quiet_for = TCP_QUIET;
	stack_timer_init(&t->quiet_timer, scan);
	for (size_t i = 0; i < ARRAY_SIZE(t->idles); i++)
		slab_init(&t->idles[i], (i + 1) * IDLE_UNIT);
	return t->fresh != NULL;
}

void tcp_set_quiet(struct stack *s, nsec_t span)
{
	s->tcp->quiet_for = span;
}

void tcp_idle_free(struct tcp_state *t)
{
	free(t->fresh);
	for (size_t i = 0; i < ARRAY_SIZE(t->idles); i++)
		slab_free(&t->idles[i]);
}

/* --- the record ------------------------------------------------------------------------------- */

static size_t extra_at(const struct tcp_idle *i)
{
	return offsetof(struct tcp_idle, tail) + (i->flags & IDLE_V6 ? 32 : 0);
}

static size_t packed_at(const struct tcp_idle *i)
{
	return extra_at(i) + (i->flags & IDLE_EXTRA ? sizeof(void *) : 0);
}

static size_t timer_at(const struct tcp_idle *i)
{
	return (packed_at(i) + i->len + 7) & ~(size_t)7;
}

static struct slab *slab_of(struct stack *s, const struct tcp_idle *i)
{
	size_t n = packed_at(i) + i->len;

	if (i->flags & IDLE_TIMER)
		n = timer_at(i) + sizeof(struct idle_timer);
	assert(n >= offsetof(struct tcp_idle, tail));
	n = (n + IDLE_UNIT - 1) / IDLE_UNIT;
	return n <= IDLE_UNITS ? &s->tcp->idles[n - 1] : NULL;
}

void tcp_idle_addrs(const struct tcp_idle *i, struct ip_addr *laddr, struct ip_addr *raddr)
{
	if (i->flags & IDLE_V6) {
		memcpy(laddr, i->tail, sizeof(*laddr));
		memcpy(raddr, i->tail + sizeof(*laddr), sizeof(*raddr));
	} else {
		*laddr = ip_addr_from_v4(i->laddr);
		*raddr = ip_addr_from_v4(i->raddr);
	}
}

struct tcp_extra *tcp_idle_extra(const struct tcp_idle *i)
{
	struct tcp_extra *x = NULL;

	if (i->flags & IDLE_EXTRA)
		memcpy(&x, (const uint8_t *)i + extra_at(i), sizeof(struct tcp_extra *));
	return x;
}

static struct idle_timer *timer_of(struct tcp_idle *i)
{
	return i->flags & IDLE_TIMER ? (struct idle_timer *)((uint8_t *)i + timer_at(i)) : NULL;
}

struct stack_timer *tcp_idle_timer(struct tcp_idle *i)
{
	struct idle_timer *t = timer_of(i);

	return t ? &t->t : NULL;
}

/* The keepalive timer of a record. If the peer was heard since it was started, it sleeps on; else
 * the connection is woken, and its own timer is due. */
static void timer_fire(struct stack *s, struct stack_timer *t)
{
	struct tcp_idle *i = container_of(t, struct idle_timer, t)->idle;
	struct tcp_conn c = {.key.bits = i->bits, .extra = tcp_idle_extra(i)};
	struct tcp_active b;

	if (tcp_is(&c, TCPB_KEEPALIVE)) {
		tcp_idle_decode_times(&c, &b, (const uint8_t *)i + packed_at(i), i->len);
		if (tcp_timers_sleep_on(s, &c, t))
			return;
	}
	if (!tcp_wake(s, (struct tcp_conn *)i))
		tcp_timers_wake_again(s, t);
}

/* --- hibernate -------------------------------------------------------------------------------- */

static bool may_hibernate(const struct stack *s, const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;

	if (c->key.state != TCPS_ESTABLISHED || !c->owner || c->shut || !s->tcp->ev.moved)
		return false;
	if (b->loss.packets_out > 0 || b->snd.q.rec || b->snd.q.first || b->rcv.q.queue.first ||
		b->rcv.q.ofo_count > 0 || b->ack.n_sacks > 0 || b->ack.has_dsack)
		return false;
	if (b->rcv.urg != TCP_URGENT_NONE ||
		(b->ack.bits & (ACKP_SCHED | ACKP_TIMER | ACKP_SEND)) || b->snd.push ||
		b->snd.probe || b->timers.probe0_at || b->ack.compress_at)
		return false;
	if (b->reserved > 0 || b->hs.listener || b->hs.tfo_req || b->hs.tfo_listener)
		return false;
	if (c->sndbuf == 0 || tcp_notsent_lowat(s, c) == 0)
		return false;
	return list_empty(&b->dirty) && tcp_timers_rtx_at(b) == NSEC_MAX &&
	       tcp_timers_delack_at(b) == NSEC_MAX && !stack_timer_runs(&b->timers.pace);
}

/* Clears stale values that have no meaning any more. */
static void tidy(struct tcp_active *b)
{
	assert(b->snd.q.truesize == 0 && b->rcv.q.truesize == 0 && !b->snd.q.unsent);
	loss_free(&b->loss);
	memset(b->ack.sacks, 0, sizeof(b->ack.sacks));
	b->ack.dsack = (struct tcp_sack){0};
	b->rcv.urg_byte = 0;
	b->hs.synack_at = 0;
	b->snd.q.last = b->snd.q.hint = NULL;
	b->snd.q.rec_last = NULL;
	if (b->stats.chrono_type == TCP_CHRONO_NONE)
		b->stats.chrono_start = 0;
	if (!b->ack.bits)
		b->ack.delack_at = 0;
}

static uint8_t cc_index(const struct cc_ops *cc)
{
	size_t n, i = 0;
	const struct cc_ops *const *all = cc_all(&n);

	while (i < n && all[i] != cc)
		i++;
	assert(i < n && i < 16);
	return (uint8_t)i;
}

static const struct cc_ops *cc_at(uint8_t index)
{
	size_t n;
	const struct cc_ops *const *all = cc_all(&n);

	assert(index < n);
	return all[index];
}

const char *tcp_idle_cc(const struct tcp_idle *i)
{
	return cc_at(i->cc)->name;
}

/* Everything except the links. */
static struct tcp_idle *idle_new(
	struct stack *s, const struct tcp_conn *c, const struct tcp_packed *packed)
{
	bool v4 = ip_addr_is_v4(&c->key.laddr) && ip_addr_is_v4(&c->key.raddr);
	struct tcp_idle head = {.lport = c->key.lport,
		.rport = c->key.rport,
		.kind = TCP_KIND_IDLE,
		.state = c->key.state,
		.bits = c->key.bits,
		.owner = c->owner,
		.bind_flags = c->bind_flags,
		.cc = cc_index(c->cc) & 15,
		.flags = ((v4 ? 0u : IDLE_V6) | (c->extra ? IDLE_EXTRA : 0u) |
				 (stack_timer_runs(&c->active->timers.life) ? IDLE_TIMER : 0u) |
				 (c->port ? IDLE_PORT : 0u)) &
			 15,
		.len = packed->n};
	struct slab *slab = slab_of(s, &head);
	struct tcp_idle *i = slab ? slab_take(slab) : NULL;

	if (!i)
		return NULL;
	assert(packed->n > 0 && !c->listen);
	*i = head;
	if (v4) {
		i->laddr = ip_addr_v4(&c->key.laddr);
		i->raddr = ip_addr_v4(&c->key.raddr);
	} else {
		memcpy(i->tail, &c->key.laddr, 16);
		memcpy(i->tail + 16, &c->key.raddr, 16);
	}
	if (c->extra)
		memcpy((uint8_t *)i + extra_at(i), &c->extra, sizeof(struct tcp_extra *));
	memcpy((uint8_t *)i + packed_at(i), packed->bytes, packed->n);
	return i;
}

bool tcp_hibernate(struct stack *s, struct tcp_conn *c)
{
	struct tcp_state *t = s->tcp;
	struct tcp_packed packed;
	struct tcp_idle *i;
	struct idle_timer *it;

	if (!may_hibernate(s, c))
		return false;
	tidy(c->active);
	tcp_plain_end(c);
	if (!tcp_idle_encode(s, c, &packed))
		return false;
	i = idle_new(s, c, &packed);
	if (!i)
		return false;
	if (!tcp_port_hibernate(s, c)) {
		slab_put(slab_of(s, i), i);
		return false;
	}
	it = timer_of(i);
	if (it) {
		it->idle = i;
		stack_timer_init(&it->t, timer_fire);
		tcp_timers_move(s, &c->active->timers.life, &it->t);
	}
	hash_replace(&t->table, &c->key.node, &i->node);
	list_del(&c->active->quiet);
	tcp_timers_stop(s, c);
	pool_put(&t->actives, c->active);
	pool_put(&t->conns, c);
	t->ev.moved(t->ev.ctx, i->owner, (struct tcp_conn *)i);
	return true;
}

/* --- wake --------------------------------------------------------------------------------- */

static void idle_free(struct stack *s, struct tcp_idle *i)
{
	struct stack_timer *t = tcp_idle_timer(i);

	if (t)
		tcp_timers_off(s, t);
	slab_put(slab_of(s, i), i);
}

void tcp_idle_view(const struct tcp_idle *i, struct tcp_conn *c)
{
	c->key.lport = i->lport;
	c->key.rport = i->rport;
	c->key.kind = TCP_KIND_CONN;
	c->key.state = i->state;
	c->key.bits = i->bits;
	tcp_idle_addrs(i, &c->key.laddr, &c->key.raddr);
	c->owner = i->owner;
	c->extra = tcp_idle_extra(i);
	c->bind_flags = i->bind_flags;
	c->cc = cc_at(i->cc);
}

void tcp_idle_peek(
	struct stack *s, const struct tcp_idle *i, struct tcp_conn *c, struct tcp_active *b)
{
	*c = (struct tcp_conn){.active = b};
	tcp_idle_view(i, c);
	tcp_idle_decode(s, c, b, (const uint8_t *)i + packed_at(i), i->len);
}

struct tcp_conn *tcp_wake(struct stack *s, struct tcp_conn *handle)
{
	struct tcp_state *t = s->tcp;
	struct tcp_conn *c;
	struct tcp_idle *i;
	struct stack_timer *timer;

	if (!tcp_is_idle(handle))
		return handle;
	i = tcp_idle_of(handle);
	assert(i->state == TCPS_ESTABLISHED);
	c = pool_get(&t->conns);
	if (!c)
		return NULL;
	c->active = pool_take(&t->actives);
	if (!c->active) {
		pool_put(&t->conns, c);
		return NULL;
	}
	tcp_idle_view(i, c);
	list_init(&c->port_link);
	tcp_idle_decode(s, c, c->active, (const uint8_t *)i + packed_at(i), i->len);
	hash_replace(&t->table, &i->node, &c->key.node);
	if (i->flags & IDLE_PORT)
		tcp_port_wake(s, c, i);
	timer = tcp_idle_timer(i);
	if (timer)
		tcp_timers_move(s, timer, &c->active->timers.life);
	idle_free(s, i);
	t->ev.moved(t->ev.ctx, c->owner, c);
	tcp_idle_schedule(s, c);
	return c;
}

void tcp_idle_drop(struct stack *s, struct tcp_idle *i)
{
	assert(i->state == TCPS_ESTABLISHED);
	stack_count(s, MIB_TcpExtTCPAbortOnMemory);
	mib_dec(&s->mib, MIB_TcpCurrEstab);
	hash_remove(&s->tcp->table, &i->node);
	tcp_port_idle_leave(s, i);
	tcp_extra_free(s, tcp_idle_extra(i));
	idle_free(s, i);
}

/* --- schedule --------------------------------------------------------------------------------- */

static void enlist(struct stack *s, struct tcp_active *b)
{
	assert(list_empty(&b->quiet));
	b->quiet_since = s->now;
	list_add_tail(&s->tcp->quiet, &b->quiet);
}

static nsec_t oldest(const struct tcp_state *t)
{
	assert(!list_empty(&t->quiet));
	return list_entry(t->quiet.next, struct tcp_active, quiet)->quiet_since;
}

void tcp_idle_schedule(struct stack *s, struct tcp_conn *c)
{
	struct tcp_state *t = s->tcp;
	struct tcp_active *b = c->active;

	if (!list_empty(&b->quiet) || !t->ev.moved || c->key.state != TCPS_ESTABLISHED || !c->owner)
		return;
	enlist(s, b);
	if (!stack_timer_runs(&t->quiet_timer))
		tcp_timers_quiet(s, s->now + t->quiet_for);
}

/* Prefetches the records of the connection behind b: after so long no cache holds them. */
static void fetch_next(const struct tcp_state *t, const struct tcp_active *b)
{
	const struct tcp_active *next = list_entry(b->quiet.next, struct tcp_active, quiet);

	if (b->quiet.next == &t->quiet)
		return;
	for (size_t at = 0; at < sizeof(*next); at += IDLE_FETCH)
		__builtin_prefetch((const uint8_t *)next + at);
	for (size_t at = 0; at < sizeof(*next->conn); at += IDLE_FETCH)
		__builtin_prefetch((const uint8_t *)next->conn + at, 1);
}

/* Processes the list from its oldest entry. A connection that was active in the meantime moves to
 * the end; one that cannot hibernate is removed until it is used again. */
static void scan(struct stack *s, struct stack_timer *timer)
{
	struct tcp_state *t = s->tcp;
	int n = IDLE_SCAN;

	for (; n > 0 && !list_empty(&t->quiet); n--) {
		struct tcp_active *b = list_entry(t->quiet.next, struct tcp_active, quiet);

		if (b->quiet_since + t->quiet_for > s->now)
			break;
		fetch_next(t, b);
		list_del(&b->quiet);
		if (b->quiet_at > b->quiet_since)
			enlist(s, b);
		else
			tcp_hibernate(s, b->conn);
	}
	if (!list_empty(&t->quiet))
		tcp_timers_quiet(s, n > 0 ? oldest(t) + t->quiet_for : s->now + NSEC_MSEC);
}
