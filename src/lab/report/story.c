/* story.c - record of a run, assembled for reports: story.h. */
#include "lab/report/story.h"

#include "lab/world/need.h"

/* A host's address. Hosts of separate networks may have the same one. */
struct owner {
	struct hash_node node;
	struct owner *next; /* with the same address */
	struct ip_addr addr;
	uint32_t host;
};

/* --- owners of addresses ---------------------------------------------------------------------- */

static bool same_addr(const struct hash_node *n, const void *key)
{
	return ip_addr_eq(&container_of(n, struct owner, node)->addr, key);
}

static struct owner *first_owner(const struct story *s, const struct ip_addr *a)
{
	struct hash_node *n = hash_find(&s->by_addr, ip_addr_hash(a), same_addr, a);

	return n ? container_of(n, struct owner, node) : NULL;
}

static uint32_t owner_of(const struct story *s, const struct ip_addr *a)
{
	const struct owner *o = first_owner(s, a);

	return o ? o->host : NO_NODE;
}

static bool owns(const struct story *s, const struct ip_addr *a, uint32_t host)
{
	const struct owner *o = first_owner(s, a);

	while (o && o->host != host)
		o = o->next;
	return o != NULL;
}

static void own(struct story *s, const struct ip_addr *a, uint32_t host)
{
	struct owner *first = first_owner(s, a), *o;

	if (ip_addr_is_any(a) || owns(s, a, host))
		return;
	o = need(arena_alloc(&s->arena, sizeof(*o)));
	*o = (struct owner){.addr = *a, .host = host};
	if (first) {
		o->next = first->next;
		first->next = o;
	} else if (!hash_insert(&s->by_addr, &o->node, ip_addr_hash(a))) {
		need(NULL);
	}
}

static void own_if_free(struct story *s, const struct ip_addr *a, uint32_t host)
{
	if (owner_of(s, a) == NO_NODE)
		own(s, a, host);
}

/* A connection proves an address. An arrival proves it only if nothing else does: a router forwards
 * packets; a source address is the weakest: it may be forged. */
static void learn_owners(struct story *s)
{
	struct decoded d;

	for (size_t i = 0; i < s->trace->count; i++) {
		const struct trace_event *e = &s->trace->event[i];

		if (e->kind == TRACE_STATE)
			own(s, &e->flow.local, e->node);
	}
	for (int sent = 0; sent < 2; sent++) {
		for (size_t i = 0; i < s->trace->count; i++) {
			const struct trace_event *e = &s->trace->event[i];

			if (e->kind != (sent ? TRACE_SEND : TRACE_RECEIVE))
				continue;
			decode(&d, e->bytes, e->len);
			if (d.has_addr && !d.damaged)
				own_if_free(s, sent ? &d.addr.src : &d.addr.dst, e->node);
		}
	}
}

/* --- packets ---------------------------------------------------------------------------------- */

static bool same_id(const struct hash_node *n, const void *key)
{
	return container_of(n, struct story_packet, node)->id == *(const uint64_t *)key;
}

const struct story_packet *story_packet(const struct story *s, uint64_t id)
{
	struct hash_node *n = hash_find(&s->by_id, hash_mix(id), same_id, &id);

	return n ? container_of(n, struct story_packet, node) : NULL;
}

static struct story_packet *add_packet(
	struct story *s, const struct trace_event *e, const struct decoded *d)
{
	struct story_packet *p = &s->packet[s->packets++];

	*p = (struct story_packet){.id = e->id,
		.sent = e->at,
		.ended = e->at,
		.from = d->has_addr ? owner_of(s, &d->addr.src) : NO_NODE,
		.to = d->has_addr ? owner_of(s, &d->addr.dst) : NO_NODE,
		.end = NO_NODE,
		.fate = FATE_UNDER_WAY,
		.bytes = e->bytes,
		.len = e->len};
	if (!hash_insert(&s->by_id, &p->node, hash_mix(p->id)))
		need(NULL);
	return p;
}

static void send(struct story *s, const struct trace_event *e)
{
	struct story_packet *p;
	struct decoded d;
	bool forged;

	decode(&d, e->bytes, e->len);
	p = add_packet(s, e, &d);
	forged = !d.has_addr || !owns(s, &d.addr.src, e->node);
	p->from = e->node;
	p->view = forged ? conns_find(&s->conns, &d) : conns_send(&s->conns, &d);
}

/* A RECEIVE or DROP; for a packet that no host sent, nothing else is known. */
static void end(struct story *s, const struct trace_event *e)
{
	struct story_packet *p = (struct story_packet *)story_packet(s, e->id);
	bool host = e->node < s->trace->nodes && s->trace->is_host[e->node];
	struct decoded d;

	decode(&d, e->bytes, e->len);
	if (!p) {
		p = add_packet(s, e, &d);
		p->view = conns_find(&s->conns, &d);
		p->view.mark = MARK_COPY;
	}
	p->altered = p->len != e->len || (p->len && memcmp(p->bytes, e->bytes, p->len) != 0);
	if (p->altered && e->kind == TRACE_RECEIVE)
		conns_translated(&s->conns, p->view, &d);
	p->ended = e->at;
	p->end = e->node;
	p->reason = e->text;
	if (e->kind == TRACE_RECEIVE)
		p->fate = e->text ? FATE_DISCARDED : FATE_ARRIVED;
	else
		p->fate = host ? FATE_DISCARDED : FATE_DROPPED;
	if (e->kind == TRACE_RECEIVE || host)
		p->to = e->node;
}

static void learn_packets(struct story *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->trace->count; i++)
		n += s->trace->event[i].kind <= TRACE_DROP;
	s->packet = need(calloc(n + 1, sizeof(*s->packet)));
	for (size_t i = 0; i < s->trace->count; i++) {
		const struct trace_event *e = &s->trace->event[i];

		if (e->kind == TRACE_SEND)
			send(s, e);
		else if (e->kind == TRACE_RECEIVE || e->kind == TRACE_DROP)
			end(s, e);
	}
}

/* --- events by node --------------------------------------------------------------------------- */

static bool is_seen(const struct trace *t, const struct trace_event *e)
{
	return e->kind <= TRACE_DROP && e->bytes && e->node < t->nodes;
}

/* A counting sort: the events of a node keep their order. */
static void sort_by_node(struct story *s)
{
	const struct trace *t = s->trace;
	size_t *at = need(calloc((size_t)t->nodes + 2, sizeof(*at)));

	for (size_t i = 0; i < t->count; i++)
		if (is_seen(t, &t->event[i]))
			at[t->event[i].node + 2]++;
	for (uint32_t n = 1; n <= t->nodes; n++)
		at[n + 1] += at[n];
	s->seen = need(calloc(at[t->nodes + 1] + 1, sizeof(const struct trace_event *)));
	for (size_t i = 0; i < t->count; i++)
		if (is_seen(t, &t->event[i]))
			s->seen[at[t->event[i].node + 1]++] = &t->event[i];
	s->seen_at = at;
}

/* --- columns ---------------------------------------------------------------------------------- */

/* Whether an event makes its node worth a column; for a node that is not a host, only sending
 * does. */
static bool acts(const struct trace *t, const struct trace_event *e)
{
	return e->node < t->nodes && (t->is_host[e->node] || e->kind == TRACE_SEND) &&
	       e->kind != TRACE_QUEUE;
}

static bool has_column(const struct story *s, uint32_t node)
{
	return story_column(s, node) >= 0;
}

static uint32_t busiest(const struct story *s, const uint32_t *events)
{
	uint32_t best = NO_NODE;

	for (uint32_t i = 0; i < s->trace->nodes; i++)
		if (events[i] > 0 && !has_column(s, i) &&
			(best == NO_NODE || events[i] > events[best]))
			best = i;
	return best;
}

static void insert_column(struct story *s, uint32_t node)
{
	uint32_t i = s->columns++;

	for (; i > 0 && s->column[i - 1] > node; i--)
		s->column[i] = s->column[i - 1];
	s->column[i] = node;
}

/* The hosts with the most events, ordered by number. */
static void choose_columns(struct story *s)
{
	const struct trace *t = s->trace;
	uint32_t *events = need(calloc((size_t)t->nodes + 1, sizeof(*events)));

	for (size_t i = 0; i < t->count; i++)
		if (acts(t, &t->event[i]))
			events[t->event[i].node]++;
	for (uint32_t i = 0; i < t->nodes; i++)
		s->hosts += events[i] > 0;
	while (s->columns < u32_min(s->hosts, REPORT_HOSTS_MAX))
		insert_column(s, busiest(s, events));
	free(events);
}

int story_column(const struct story *s, uint32_t node)
{
	for (uint32_t i = 0; i < s->columns; i++)
		if (s->column[i] == node)
			return (int)i;
	return -1;
}

/* If one of two hosts sent a packet without a known destination, it is for the other. */
static void guess_receivers(struct story *s)
{
	for (size_t i = 0; i < s->packets && s->columns == 2; i++) {
		struct story_packet *p = &s->packet[i];
		int from = story_column(s, p->from), to = story_column(s, p->to);

		if (p->to == NO_NODE && from >= 0)
			p->to = s->column[1 - from];
		if (p->from == NO_NODE && to >= 0)
			p->from = s->column[1 - to];
	}
}

void story_init(struct story *s, const struct trace *t)
{
	memset(s, 0, sizeof(*s));
	s->trace = t;
	hash_init(&s->by_id);
	hash_init(&s->by_addr);
	conns_init(&s->conns, &s->arena);
	learn_owners(s);
	learn_packets(s);
	sort_by_node(s);
	choose_columns(s);
	guess_receivers(s);
}

void story_free(struct story *s)
{
	hash_free(&s->by_id);
	hash_free(&s->by_addr);
	conns_free(&s->conns);
	free(s->packet);
	free(s->seen);
	free(s->seen_at);
	arena_free(&s->arena);
}

struct conn_view story_flow(const struct story *s, const struct trace_flow *f)
{
	struct decoded d = {.kind = DECODED_TCP,
		.addr = {f->local, f->peer},
		.sport = f->local_port,
		.dport = f->peer_port};

	return conns_find(&s->conns, &d);
}
