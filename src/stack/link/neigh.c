/* neigh.c - neighbour cache; neigh_enter() is the only writer of an entry's state. */
#include "stack/link/neigh.h"

static void fire(struct stack *s, struct stack_timer *timer);

void neigh_init(struct neigh_table *t, struct stack *s)
{
	memset(t, 0, sizeof(*t));
	t->stack = s;
	t->key = stack_key(s);
	hash_init(&t->table);
	pool_init(&t->pool, sizeof(struct neigh), 0);
	for (int kind = 0; kind < NEIGH_KINDS; kind++)
		list_init(&t->lru[kind]);
	list_init(&t->dirty);
}

/* ---- entries ---- */

struct neigh_key {
	uint32_t ifindex;
	const struct ip_addr *addr;
};

static uint32_t hash_of(const struct neigh_table *t, const struct neigh_key *k)
{
	uint64_t low = ip_addr_half(k->addr, 1) ^ (uint64_t)k->ifindex << 32;

	return (uint32_t)siphash_2u64(ip_addr_half(k->addr, 0), low, &t->key);
}

static bool matches(const struct hash_node *node, const void *key)
{
	const struct neigh *n = container_of(node, const struct neigh, node);
	const struct neigh_key *k = key;

	return n->ifindex == k->ifindex && ip_addr_eq(&n->addr, k->addr);
}

struct neigh *neigh_find(struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr)
{
	struct neigh_key k = {ifindex, addr};
	struct hash_node *n = hash_find(&t->table, hash_of(t, &k), matches, &k);

	t->stats.lookups++;
	t->stats.hits += n != NULL;
	return n == NULL ? NULL : container_of(n, struct neigh, node);
}

static void forget(struct neigh_table *t, struct neigh *n)
{
	struct pkt *p;

	assert(n->table == t && t->table.count > 0);
	while ((p = neigh_dequeue(n)) != NULL) {
		pkt_free(p);
		t->stats.unres_discards++;
	}
	assert(n->queued == 0 && n->queue.first == NULL);
	stack_timer_stop(t->stack, &n->timer);
	hash_remove(&t->table, &n->node);
	list_del(&n->lru);
	list_del(&n->dirty);
	t->stats.destroys++;
	t->gen++;
	pool_put(&t->pool, n);
}

void neigh_free(struct neigh_table *t)
{
	for (int kind = 0; kind < NEIGH_KINDS; kind++)
		while (!list_empty(&t->lru[kind]))
			forget(t, list_entry(t->lru[kind].next, struct neigh, lru));
	hash_free(&t->table);
	pool_free(&t->pool);
}

/* No packet is queued on it and no information is lost with it. */
static bool expendable(const struct neigh *n)
{
	return (n->state == NEIGH_STALE || n->state == NEIGH_FAILED) && n->queued == 0 &&
	       n->todo == 0;
}

/* Makes n the most recently used of its kind. */
static void used_last(struct neigh_table *t, struct neigh *n)
{
	assert(n->kind < NEIGH_KINDS);
	list_del(&n->lru);
	list_add_tail(&t->lru[n->kind], &n->lru);
}

/* Makes room for one entry once gc_thresh3 is reached. */
static bool make_room(struct neigh_table *t)
{
	struct list *at;

	if (t->table.count < (uint32_t)t->stack->sysctl.neigh_gc_thresh3)
		return true;
	if (!list_empty(&t->lru[NEIGH_UNCONFIRMED])) {
		forget(t, list_entry(t->lru[NEIGH_UNCONFIRMED].next, struct neigh, lru));
		return true;
	}
	list_for_each(at, &t->lru[NEIGH_CONFIRMED]) {
		struct neigh *n = list_entry(at, struct neigh, lru);

		if (expendable(n)) {
			forget(t, n);
			return true;
		}
	}
	t->stats.table_fulls++;
	return false;
}

static struct neigh *obtain(struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr)
{
	struct neigh_key k = {ifindex, addr};
	struct neigh *n = neigh_find(t, ifindex, addr);

	if (n != NULL || !make_room(t))
		return n;
	n = pool_get(&t->pool);
	if (n == NULL)
		return NULL;
	n->addr = *addr;
	n->ifindex = ifindex;
	n->state = NEIGH_FAILED; /* unknown: the first output solicits */
	n->table = t;
	n->updated = t->stack->now;
	n->confirmed = -NSEC_MAX / 2; /* never */
	list_init(&n->dirty);
	stack_timer_init(&n->timer, fire);
	if (!hash_insert(&t->table, &n->node, hash_of(t, &k))) {
		pool_put(&t->pool, n);
		return NULL;
	}
	list_add_tail(&t->lru[NEIGH_UNCONFIRMED], &n->lru);
	t->stats.allocs++;
	return n;
}

static void mark(struct neigh_table *t, struct neigh *n, uint8_t todo)
{
	assert(todo != 0 && n->table == t);
	n->todo |= todo;
	list_del(&n->dirty);
	list_add_tail(&t->dirty, &n->dirty);
}

struct neigh *neigh_next_dirty(struct neigh_table *t, uint8_t *todo)
{
	if (list_empty(&t->dirty))
		return NULL;
	struct neigh *n = list_entry(t->dirty.next, struct neigh, dirty);

	list_del(&n->dirty);
	*todo = n->todo;
	n->todo = 0;
	return n;
}

struct pkt *neigh_dequeue(struct neigh *n)
{
	struct pkt *p = pkt_queue_take(&n->queue);

	assert((p != NULL) == (n->queued > 0));
	n->queued -= p != NULL;
	return p;
}

/* ---- states ---- */

const char *neigh_state_name(enum neigh_state s)
{
	static const char *const names[] = {
		"INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT"};

	_Static_assert(ARRAY_SIZE(names) == NEIGH_STATES, "every state has a name");
	assert(s < NEIGH_STATES);
	return names[s];
}

/* RFC 4861 section 6.3.2: between half and one and a half times the base, so that hosts are not
 * synchronized. */
static nsec_t reachable_time(struct neigh_table *t, const struct neigh *n)
{
	uint32_t told = ip_addr_is_v4(&n->addr) ? 0 : t->times[n->ifindex].reachable_ms;
	uint64_t ms = told != 0 ? told : (uint64_t)t->stack->sysctl.neigh_base_reachable_time_ms;
	uint64_t base = ms * NSEC_MSEC;

	return (nsec_t)(base / 2 + prng_below(&t->stack->prng, base));
}

nsec_t neigh_retrans_time(const struct neigh_table *t, uint32_t ifindex)
{
	uint32_t told = t->times[ifindex].retrans_ms;

	return (told != 0 ? (nsec_t)told : t->stack->sysctl.neigh_retrans_time_ms) * NSEC_MSEC;
}

static nsec_t retrans_time(const struct neigh_table *t, const struct neigh *n)
{
	return ip_addr_is_v4(&n->addr) ? t->stack->sysctl.neigh_retrans_time_ms * NSEC_MSEC
				       : neigh_retrans_time(t, n->ifindex);
}

/* The duration of a state without events; NSEC_MAX: for ever. */
static nsec_t stay(struct neigh_table *t, const struct neigh *n)
{
	switch ((enum neigh_state)n->state) {
	case NEIGH_REACHABLE: return reachable_time(t, n);
	case NEIGH_DELAY: return t->stack->sysctl.neigh_delay_first_probe_time * NSEC_SEC;
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE: return retrans_time(t, n);
	case NEIGH_STALE:
	case NEIGH_FAILED: return t->stack->sysctl.neigh_gc_stale_time * NSEC_SEC;
	case NEIGH_PERMANENT:
	case NEIGH_STATES: break;
	}
	return NSEC_MAX;
}

static void restart(struct neigh_table *t, struct neigh *n)
{
	n->lasts = stay(t, n);
	if (n->lasts == NSEC_MAX)
		stack_timer_stop(t->stack, &n->timer);
	else
		stack_timer_at(t->stack, &n->timer, t->stack->now + n->lasts);
}

/* The kind changes only in these three states. */
static void sort(struct neigh_table *t, struct neigh *n, enum neigh_state s)
{
	if (s != NEIGH_REACHABLE && s != NEIGH_PERMANENT && s != NEIGH_FAILED)
		return;
	n->kind = s == NEIGH_FAILED ? NEIGH_UNCONFIRMED : NEIGH_CONFIRMED;
	used_last(t, n);
}

/* Routes through a gateway are chosen again when it fails, and when it is heard of again. */
static void note_reachability(struct neigh_table *t, struct neigh *n, enum neigh_state s)
{
	bool failed = s == NEIGH_FAILED, over = n->unreachable && s != NEIGH_INCOMPLETE;

	if (!failed && !over)
		return;
	n->unreachable = failed;
	t->gateway_gen += n->gateway;
}

static void neigh_enter(struct neigh_table *t, struct neigh *n, enum neigh_state s)
{
	assert(s < NEIGH_STATES && (n->state != NEIGH_PERMANENT || s == NEIGH_PERMANENT));
	assert(s != NEIGH_INCOMPLETE || n->state == NEIGH_FAILED);
	assert(s != NEIGH_DELAY || n->state == NEIGH_STALE);
	assert(s != NEIGH_PROBE || n->state == NEIGH_DELAY);
	n->state = s;
	note_reachability(t, n, s);
	sort(t, n, s);
	n->asked = 0;
	n->updated = t->stack->now;
	restart(t, n);
	if (s == NEIGH_INCOMPLETE) {
		n->asked = 1;
		mark(t, n, NEIGH_SOLICIT_ALL);
	} else if (s == NEIGH_PROBE) {
		n->asked = 1;
		mark(t, n, NEIGH_SOLICIT_ONE);
	} else if (s == NEIGH_FAILED) {
		t->stats.res_failed++;
		mark(t, n, NEIGH_FAIL);
	} else if (n->queued > 0) {
		mark(t, n, NEIGH_SEND);
	}
}

static bool known(const struct neigh *n)
{
	return n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED;
}

static void enqueue(struct neigh_table *t, struct neigh *n, struct pkt *p)
{
	assert(!known(n));
	if (n->queued >= t->stack->sysctl.neigh_unres_qlen) {
		pkt_free(neigh_dequeue(n));
		t->stats.unres_discards++;
	}
	pkt_queue_add(&n->queue, p);
	n->queued++;
}

struct neigh_result neigh_output(
	struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr, struct pkt *p)
{
	struct neigh *n = obtain(t, ifindex, addr);

	if (n == NULL)
		return (struct neigh_result){NEIGH_FULL, NULL};
	used_last(t, n);
	if (n->state == NEIGH_STALE)
		neigh_enter(t, n, NEIGH_DELAY);
	if (n->state == NEIGH_FAILED)
		neigh_enter(t, n, NEIGH_INCOMPLETE);
	if (known(n))
		return (struct neigh_result){NEIGH_RESOLVED, n};
	enqueue(t, n, p);
	return (struct neigh_result){NEIGH_QUEUED, n};
}

/* RFC 4861 section 7.2.5, for an entry whose hardware address is known. */
static void learn_known(struct neigh_table *t, struct neigh *n, const struct neigh_update *u)
{
	bool other = u->has_hw && !eth_addr_eq(&n->hw, &u->hw);

	assert(known(n));
	if (other && !u->override) {
		if (n->state == NEIGH_REACHABLE)
			neigh_enter(t, n, NEIGH_STALE);
		return;
	}
	if (other)
		n->hw = u->hw;
	if (u->solicited)
		neigh_enter(t, n, NEIGH_REACHABLE);
	else if (other)
		neigh_enter(t, n, NEIGH_STALE);
}

void neigh_learn(struct neigh_table *t, const struct neigh_update *u)
{
	struct neigh *n = neigh_find(t, u->ifindex, &u->addr);

	if (n == NULL && u->create && u->has_hw)
		n = obtain(t, u->ifindex, &u->addr);
	if (n == NULL || n->state == NEIGH_PERMANENT)
		return;
	if (known(n)) {
		learn_known(t, n, u);
	} else if (u->has_hw) {
		n->hw = u->hw;
		n->todo &= (uint8_t) ~(NEIGH_SOLICIT_ALL | NEIGH_FAIL);
		neigh_enter(t, n, u->solicited ? NEIGH_REACHABLE : NEIGH_STALE);
	}
	if (u->says_router)
		n->router = u->router;
}

void neigh_confirm(struct neigh_table *t, struct neigh *n)
{
	assert(n->table == t);
	if (n->state == NEIGH_STALE || n->state == NEIGH_DELAY || n->state == NEIGH_PROBE)
		neigh_enter(t, n, NEIGH_REACHABLE);
	n->confirmed = t->stack->now; /* updated by every ACK: the timer checks it on expiry */
}

/* REACHABLE has expired, unless an upper layer has confirmed the neighbour in the meantime. */
static void reachable_over(struct neigh_table *t, struct neigh *n)
{
	assert(n->state == NEIGH_REACHABLE);
	if (n->confirmed + n->lasts > t->stack->now)
		stack_timer_at(t->stack, &n->timer, n->confirmed + n->lasts);
	else
		neigh_enter(t, n, NEIGH_STALE);
}

void neigh_probe_failed(struct neigh_table *t, struct neigh *n, nsec_t interval)
{
	assert(n->table == t);
	if (n->state != NEIGH_FAILED || t->stack->now - n->updated < interval)
		return;
	neigh_enter(t, n, NEIGH_INCOMPLETE);
	n->asked = UINT8_MAX; /* no further solicitation follows */
}

bool neigh_set_permanent(struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr,
	const struct eth_addr *hw)
{
	struct neigh *n = obtain(t, ifindex, addr);

	if (n == NULL)
		return false;
	n->hw = *hw;
	neigh_enter(t, n, NEIGH_PERMANENT);
	return true;
}

/* Solicits once more, or gives up. */
static void solicit_again(struct neigh_table *t, struct neigh *n)
{
	bool all = n->state == NEIGH_INCOMPLETE;
	int most =
		all ? t->stack->sysctl.neigh_mcast_solicit : t->stack->sysctl.neigh_ucast_solicit;

	assert(n->state == NEIGH_INCOMPLETE || n->state == NEIGH_PROBE);
	if (n->asked >= most) {
		neigh_enter(t, n, NEIGH_FAILED);
		return;
	}
	n->asked++;
	restart(t, n);
	mark(t, n, all ? NEIGH_SOLICIT_ALL : NEIGH_SOLICIT_ONE);
}

static void fire(struct stack *s, struct stack_timer *timer)
{
	struct neigh *n = container_of(timer, struct neigh, timer);
	struct neigh_table *t = n->table;

	switch ((enum neigh_state)n->state) {
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE: solicit_again(t, n); return;
	case NEIGH_REACHABLE: reachable_over(t, n); return;
	case NEIGH_DELAY: neigh_enter(t, n, NEIGH_PROBE); return;
	case NEIGH_STALE:
	case NEIGH_FAILED:
		if (t->table.count > NEIGH_GC_MIN && expendable(n))
			forget(t, n);
		return;
	case NEIGH_PERMANENT:
	case NEIGH_STATES: return;
	}
}

void neigh_forget(struct neigh_table *t, uint32_t ifindex)
{
	struct list *at, *next;

	t->times[ifindex] = (struct neigh_times){0};
	for (int kind = 0; kind < NEIGH_KINDS; kind++)
		list_for_each_safe(at, next, &t->lru[kind]) {
			struct neigh *n = list_entry(at, struct neigh, lru);

			if (n->ifindex == ifindex)
				forget(t, n);
		}
}
