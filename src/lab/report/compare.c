/* compare.c - two runs as one host saw them: compare.h. */
#include "lab/report/compare.h"

#include "lab/report/story.h"
#include "lab/report/words.h"
#include "lab/world/need.h"
#include "lab/world/world.h"

enum {
	RESYNC = 64, /* packets that one run may have more than the other, at one place */
	TEXT = 256,
};

/* A connection that both runs may have, by its ends and how many like it came before. */
struct flow {
	struct ip_addr addr[2];
	uint16_t port; /* of the passive side */
	bool tcp;
	uint32_t nth;
	nsec_t last[COMPARE_RUNS]; /* packets that both runs have */
};

/* One run. */
struct side {
	const struct trace *trace;
	struct story story;
	uint32_t node;
	uint32_t *flow; /* of each connection of the story, by number; 0: of none */
	struct compare_packet *packet;
	const struct compare_packet **stream; /* by flow and direction */
	size_t packets;
};

struct compare_work {
	struct comparison *c;
	struct side side[COMPARE_RUNS];
	struct hash_table by_ends, by_flow; /* struct entry */
	struct flow *flow;                  /* room for a power of two */
	uint32_t flows;
};

/* --- connections ------------------------------------------------------------------------------ */

static bool same_ends(const struct flow *f, const struct flow *g)
{
	return f->port == g->port && f->tcp == g->tcp && ip_addr_eq(&f->addr[0], &g->addr[0]) &&
	       ip_addr_eq(&f->addr[1], &g->addr[1]);
}

static struct flow flow_of(const struct conn *n)
{
	return (struct flow){
		.addr = {n->side[0].addr, n->side[1].addr}, .port = n->side[1].port, .tcp = n->tcp};
}

/* A flow, or (with nth 0) the ends that several have. */
struct entry {
	struct hash_node node;
	struct flow flow;
	uint32_t count[COMPARE_RUNS]; /* of ends: connections in each run */
	uint32_t number;              /* of a flow; 0: none yet */
};

static bool is_entry(const struct hash_node *n, const void *key)
{
	const struct flow *f = &container_of(n, struct entry, node)->flow, *g = key;

	return f->nth == g->nth && same_ends(f, g);
}

static struct entry *entry_of(struct compare_work *w, struct hash_table *t, const struct flow *f)
{
	uint32_t hash = hash_mix((uint64_t)ip_addr_hash(&f->addr[0]) << 32 ^
				 ip_addr_hash(&f->addr[1]) ^ (uint64_t)f->nth << 16 ^ f->port);
	struct hash_node *n = hash_find(t, hash, is_entry, f);
	struct entry *e;

	if (n)
		return container_of(n, struct entry, node);
	e = need(arena_alloc(&w->c->arena, sizeof(*e)));
	*e = (struct entry){.flow = *f};
	if (!hash_insert(t, &e->node, hash))
		need(NULL);
	return e;
}

/* The number of the flow that f and its nth is, created if need be. */
static uint32_t find_flow(struct compare_work *w, const struct flow *f)
{
	struct entry *e = entry_of(w, &w->by_flow, f);

	if (e->number > 0)
		return e->number;
	if ((w->flows & (w->flows - 1)) == 0) /* full at each power of two */
		w->flow = need(realloc(w->flow, 2 * (size_t)w->flows * sizeof(*w->flow)));
	e->number = w->flows++;
	w->flow[e->number] = *f;
	return e->number;
}

static void number_flow(struct compare_work *w, struct side *s, uint32_t conn)
{
	struct flow f = flow_of(&s->story.conns.conn[conn - 1]);

	f.nth = entry_of(w, &w->by_ends, &f)->count[s - w->side]++;
	s->flow[conn] = find_flow(w, &f);
}

/* Those of the host, in the order of their first packet there. */
static void number_flows(struct compare_work *w, struct side *s)
{
	const struct story *t = &s->story;

	s->flow = need(calloc((size_t)t->conns.count + 1, sizeof(*s->flow)));
	for (size_t i = t->seen_at[s->node]; i < t->seen_at[s->node + 1]; i++) {
		uint32_t conn = story_packet(t, t->seen[i]->id)->view.conn;

		if (conn > 0 && s->flow[conn] == 0)
			number_flow(w, s, conn);
	}
}

/* --- packets ---------------------------------------------------------------------------------- */

static void options(struct text *t, const struct decoded *d)
{
	const struct tcp_opts *o = &d->opts;

	if (!(d->seg.flags & SEG_SYN))
		return;
	if (o->has & TCP_HAS_MSS)
		text_add(t, " mss %u", o->mss);
	if (o->has & TCP_HAS_SACK_OK)
		text_add(t, " sackOK");
	if (o->has & TCP_HAS_TS)
		text_add(t, " TS");
	if (o->has & TCP_HAS_WSCALE)
		text_add(t, " wscale %u", o->wscale);
}

static struct compare_packet packet_of(
	struct compare_work *w, struct side *s, const struct trace_event *e)
{
	struct story_packet p = *story_packet(&s->story, e->id);
	struct compare_packet c = {.at = e->at - WORLD_START,
		.out = e->kind == TRACE_SEND,
		.flow = s->flow[p.view.conn]};
	char text[TEXT];
	struct text t = text_in(text, sizeof(text));
	struct decoded d;

	decode(&d, e->bytes, e->len);
	p.bytes = e->bytes;
	p.len = e->len;
	p.view.show_win = false;
	words_packet(&t, &s->story, &p, false);
	if (d.kind == DECODED_TCP) {
		options(&t, &d);
		c.win = p.view.conn ? p.view.win : d.seg.win;
	}
	c.text = need(arena_copy(&w->c->arena, text, strlen(text)));
	return c;
}

static void take_packets(struct compare_work *w, struct side *s)
{
	size_t from = s->story.seen_at[s->node], to = s->story.seen_at[s->node + 1];

	s->packet = need(calloc(to - from + 1, sizeof(*s->packet)));
	s->stream = need(calloc(to - from + 1, sizeof(struct compare_packet *)));
	for (size_t i = from; i < to; i++) {
		const struct trace_event *e = s->story.seen[i];

		if (e->kind == TRACE_DROP) /* the host was off */
			continue;
		s->packet[s->packets] = packet_of(w, s, e);
		s->stream[s->packets] = &s->packet[s->packets];
		s->packets++;
	}
}

/* --- alignment -------------------------------------------------------------------------------- */

static int stream_of(const struct compare_packet *p)
{
	return (int)(2 * p->flow + p->out);
}

static int by_stream(const void *a, const void *b)
{
	const struct compare_packet *p = *(const struct compare_packet *const *)a;
	const struct compare_packet *q = *(const struct compare_packet *const *)b;

	if (stream_of(p) != stream_of(q))
		return stream_of(p) < stream_of(q) ? -1 : 1;
	return p < q ? -1 : p > q;
}

static void add_row(struct comparison *c, const struct compare_packet *a,
	const struct compare_packet *b, nsec_t ahead)
{
	struct compare_row *r = &c->row[c->rows];

	*r = (struct compare_row){.packet = {a, b},
		.mark = !a                 ? COMPARE_ONLY_B
			: !b               ? COMPARE_ONLY_A
			: a->win != b->win ? COMPARE_WINDOW
					   : COMPARE_SAME,
		.order = a ? a->at : b->at - ahead,
		.number = c->rows++};
}

/* The packets of one stream of both runs. */
struct streams {
	const struct compare_packet **p[COMPARE_RUNS];
	size_t n[COMPARE_RUNS], at[COMPARE_RUNS];
	nsec_t ahead; /* of run b: how much later its last common packet was */
};

static const struct compare_packet *ahead_of(const struct streams *s, int run, size_t by)
{
	return s->at[run] + by < s->n[run] ? s->p[run][s->at[run] + by] : NULL;
}

static bool match(const struct compare_packet *a, const struct compare_packet *b)
{
	return a && b && strcmp(a->text, b->text) == 0;
}

/* How many packets of each run to skip up to the nearest that both have; all if there is none. */
static void resync(const struct streams *s, size_t skip[COMPARE_RUNS])
{
	for (size_t both = 1; both <= RESYNC; both++)
		for (size_t i = 0; i <= both; i++) {
			skip[0] = i;
			skip[1] = both - i;
			if (match(ahead_of(s, 0, skip[0]), ahead_of(s, 1, skip[1])))
				return;
		}
	skip[0] = ahead_of(s, 0, 0) != NULL;
	skip[1] = ahead_of(s, 1, 0) != NULL;
}

static void align(struct comparison *c, struct streams *s)
{
	size_t skip[COMPARE_RUNS];

	while (ahead_of(s, 0, 0) || ahead_of(s, 1, 0)) {
		const struct compare_packet *a = ahead_of(s, 0, 0), *b = ahead_of(s, 1, 0);

		if (match(a, b)) {
			s->ahead = b->at - a->at;
			add_row(c, a, b, s->ahead);
			s->at[0]++;
			s->at[1]++;
			continue;
		}
		resync(s, skip);
		for (; skip[0] > 0; skip[0]--)
			add_row(c, s->p[0][s->at[0]++], NULL, s->ahead);
		for (; skip[1] > 0; skip[1]--)
			add_row(c, NULL, s->p[1][s->at[1]++], s->ahead);
	}
}

/* The length of the stream that begins at i of a run, if it is the given one. */
static size_t length(const struct side *s, size_t i, int stream)
{
	size_t n = 0;

	while (i + n < s->packets && stream_of(s->stream[i + n]) == stream)
		n++;
	return n;
}

static void align_all(struct compare_work *w)
{
	size_t at[COMPARE_RUNS] = {0};

	for (int i = 0; i < COMPARE_RUNS; i++)
		qsort(w->side[i].stream, w->side[i].packets, sizeof(struct compare_packet *),
			by_stream);
	w->c->row = need(calloc(w->side[0].packets + w->side[1].packets + 1, sizeof(*w->c->row)));
	for (int stream = 0; stream < (int)(2 * w->flows); stream++) {
		struct streams s = {0};

		for (int i = 0; i < COMPARE_RUNS; i++) {
			s.p[i] = w->side[i].stream + at[i];
			s.n[i] = length(&w->side[i], at[i], stream);
			at[i] += s.n[i];
		}
		align(w->c, &s);
	}
}

/* --- time ------------------------------------------------------------------------------------- */

static int by_order(const void *a, const void *b)
{
	const struct compare_row *p = a, *q = b;

	if (p->order != q->order)
		return p->order < q->order ? -1 : 1;
	return p->number < q->number ? -1 : p->number > q->number;
}

/* Compares how long after the last common packet of its connection it came. */
static bool same_time(struct flow *f, const struct compare_row *r)
{
	nsec_t gap[COMPARE_RUNS], off;

	for (int i = 0; i < COMPARE_RUNS; i++) {
		gap[i] = r->packet[i]->at - f->last[i];
		f->last[i] = r->packet[i]->at;
	}
	off = gap[1] - gap[0];
	off = off < 0 ? -off : off;
	return off <= COMPARE_TIME_SLACK + gap[0] / COMPARE_TIME_EIGHTH;
}

static void judge_rows(struct compare_work *w)
{
	struct comparison *c = w->c;

	qsort(c->row, c->rows, sizeof(*c->row), by_order);
	for (uint32_t i = 0; i < c->rows; i++) {
		struct compare_row *r = &c->row[i];

		if (r->packet[0] && r->packet[1] && !same_time(&w->flow[r->packet[0]->flow], r) &&
			r->mark == COMPARE_SAME)
			r->mark = COMPARE_TIME;
		c->marked[r->mark]++;
	}
}

/* --- states ----------------------------------------------------------------------------------- */

static void append(struct arena *a, const char **list, const char *word)
{
	char *joined = need(arena_alloc(a, strlen(*list) + strlen(word) + 2));

	sprintf(joined, "%s%s%s", *list, **list ? " " : "", word);
	*list = joined;
}

static const char *flow_name(struct compare_work *w, uint32_t flow)
{
	const struct flow *f = &w->flow[flow];
	char from[IP_ADDR_TEXT_MAX], to[IP_ADDR_TEXT_MAX], name[2 * IP_ADDR_TEXT_MAX + 32];
	int n = snprintf(name, sizeof(name), "%s > %s:%u", ip_addr_text(from, &f->addr[0]),
		ip_addr_text(to, &f->addr[1]), f->port);

	if (f->nth > 0)
		snprintf(name + n, sizeof(name) - (size_t)n, " (%u)", f->nth + 1);
	return need(arena_copy(&w->c->arena, name, strlen(name)));
}

/* One entry per connection; a listener has none. */
static void take_states(struct compare_work *w, int run)
{
	const struct side *s = &w->side[run];

	for (size_t i = 0; i < s->trace->count; i++) {
		const struct trace_event *e = &s->trace->event[i];
		struct conn_view v;

		if (e->kind != TRACE_STATE || e->node != s->node)
			continue;
		v = story_flow(&s->story, &e->flow);
		if (v.conn && s->flow[v.conn])
			append(&w->c->arena, &w->c->state[s->flow[v.conn]].text[run],
				words_state(e->value));
	}
}

static const char *last_word(const char *list)
{
	const char *space = strrchr(list, ' ');

	return !*list ? "CLOSED" : space ? space + 1 : list;
}

/* Whether the words of b are among those of a, in their order. */
static bool is_part(const char *b, const char *a)
{
	while (*b) {
		size_t n = strcspn(b, " ");

		while (*a && !(strcspn(a, " ") == n && strncmp(a, b, n) == 0))
			a += strcspn(a, " ") + (a[strcspn(a, " ")] == ' ');
		if (!*a)
			return false;
		a += n + (a[n] == ' ');
		b += n + (b[n] == ' ');
	}
	return true;
}

/* The states of a kernel are read between packets, and not all the time if it has many sockets: it
 * may lack some. The last one counts. */
static void compare_states(struct compare_work *w)
{
	struct comparison *c = w->c;
	uint32_t n = 0;

	c->state = need(calloc((size_t)w->flows + 1, sizeof(*c->state)));
	for (uint32_t i = 0; i < w->flows; i++)
		c->state[i] = (struct compare_pair){.text = {"", ""}};
	take_states(w, 0);
	take_states(w, 1);
	for (uint32_t i = 1; i < w->flows; i++) {
		struct compare_pair p = c->state[i];

		if (!*p.text[0] && !*p.text[1])
			continue;
		p.name = flow_name(w, i);
		p.same = strcmp(last_word(p.text[0]), last_word(p.text[1])) == 0 &&
			 is_part(p.text[1], p.text[0]);
		c->states_differ += !p.same;
		c->state[n++] = p;
	}
	c->states = n;
}

/* --- counters --------------------------------------------------------------------------------- */

static struct compare_pair *counter(struct comparison *c, const char *name)
{
	for (uint32_t i = 0; i < c->counters; i++)
		if (strcmp(c->counter[i].name, name) == 0)
			return &c->counter[i];
	c->counter[c->counters] = (struct compare_pair){.name = name};
	return &c->counter[c->counters++];
}

/* Sums of what IP carried say nothing that the packets do not. */
static bool is_of_interest(const char *name)
{
	return strncmp(name, "Tcp", 3) == 0 || strncmp(name, "Udp", 3) == 0 ||
	       strncmp(name, "Icmp", 4) == 0;
}

static void compare_counters(struct compare_work *w)
{
	struct comparison *c = w->c;

	c->counter = need(calloc(
		w->side[0].trace->counters + w->side[1].trace->counters + 1, sizeof(*c->counter)));
	for (int run = 0; run < COMPARE_RUNS; run++)
		for (size_t i = 0; i < w->side[run].trace->counters; i++) {
			const struct trace_counter *t = &w->side[run].trace->counter[i];

			if (t->node == w->side[run].node && is_of_interest(t->name))
				counter(c, t->name)->count[run] += t->after - t->before;
		}
	for (uint32_t i = 0; i < c->counters; i++) {
		c->counter[i].same = c->counter[i].count[0] == c->counter[i].count[1];
		c->counters_differ += !c->counter[i].same;
	}
}

/* --- both ------------------------------------------------------------------------------------- */

uint32_t compare_node(const struct trace *t, const char *host, unsigned nth)
{
	uint32_t i = 0;

	for (; i < t->nodes; i++)
		if (t->is_host[i] && strcmp(t->name[i], host) == 0 && --nth == 0)
			break;
	return i;
}

static void open_side(struct compare_work *w, struct side *s, const struct trace *t, uint32_t node)
{
	assert(node < t->nodes);
	s->trace = t;
	s->node = node;
	story_init(&s->story, t);
	number_flows(w, s);
	take_packets(w, s);
}

static void close_side(struct side *s)
{
	story_free(&s->story);
	free(s->flow);
	free(s->stream);
}

void compare(struct comparison *c, const struct trace *a, const struct trace *b, uint32_t node)
{
	struct compare_work w = {.c = c, .flows = 1};

	*c = (struct comparison){0};
	hash_init(&w.by_ends);
	hash_init(&w.by_flow);
	w.flow = need(calloc(1, sizeof(*w.flow))); /* 0: of no connection */
	open_side(&w, &w.side[0], a, node);
	open_side(&w, &w.side[1], b, node);
	align_all(&w);
	judge_rows(&w);
	compare_states(&w);
	compare_counters(&w);
	c->flows = w.flows - 1;
	c->packet[0] = w.side[0].packet;
	c->packet[1] = w.side[1].packet;
	close_side(&w.side[0]);
	close_side(&w.side[1]);
	hash_free(&w.by_ends);
	hash_free(&w.by_flow);
	free(w.flow);
}

void compare_free(struct comparison *c)
{
	free(c->packet[0]);
	free(c->packet[1]);
	free(c->row);
	free(c->state);
	free(c->counter);
	arena_free(&c->arena);
}
