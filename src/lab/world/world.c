/* world.c - virtual time: world.h. The nodes that are due are a binary heap by (due, number). */
#include "lab/world/world.h"

#include "lab/world/need.h"

void world_init(struct world *w, uint64_t seed, struct trace *trace)
{
	*w = (struct world){.now = WORLD_START, .seed = seed, .trace = trace};
}

void world_free(struct world *w)
{
	for (uint32_t i = 0; i < w->nodes; i++)
		w->node[i]->ops->free(w->node[i]);
	free(w->node);
	free(w->heap);
	*w = (struct world){0};
}

void world_add(struct world *w, struct node *n, const char *name, bool is_host)
{
	assert(w->nodes < WORLD_NODES_MAX);
	if (w->nodes == w->room) {
		w->room = w->room ? 2 * w->room : 16;
		w->node = need(realloc(w->node, w->room * sizeof(*w->node)));
		w->heap = need(realloc(w->heap, w->room * sizeof(*w->heap)));
	}
	n->world = w;
	n->number = w->nodes;
	n->heap = NODE_NOT_DUE;
	n->due = NSEC_MAX;
	snprintf(n->name, sizeof(n->name), "%s", name);
	w->node[w->nodes++] = n;
	if (w->trace)
		trace_node(w->trace, n->name, is_host);
}

/* --- the heap --------------------------------------------------------------------------------- */

static bool is_before(const struct node *a, const struct node *b)
{
	return a->due < b->due || (a->due == b->due && a->number < b->number);
}

static void place(struct world *w, uint32_t i, struct node *n)
{
	w->heap[i] = n;
	n->heap = i;
}

static void sift_up(struct world *w, struct node *n)
{
	uint32_t i = n->heap;

	for (; i > 0 && is_before(n, w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		place(w, i, w->heap[(i - 1) / 2]);
	place(w, i, n);
}

static void sift_down(struct world *w, struct node *n)
{
	uint32_t i = n->heap;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < w->due && is_before(w->heap[child + 1], w->heap[child]))
			child++;
		if (child >= w->due || !is_before(w->heap[child], n))
			break;
		place(w, i, w->heap[child]);
		i = child;
	}
	place(w, i, n);
}

static struct node *take_first(struct world *w)
{
	struct node *n = w->heap[0], *last = w->heap[--w->due];

	if (w->due > 0) {
		place(w, 0, last);
		sift_down(w, last);
	}
	n->heap = NODE_NOT_DUE;
	n->due = NSEC_MAX;
	return n;
}

void node_due(struct node *n, nsec_t when)
{
	struct world *w = n->world;

	when = when < w->now ? w->now : when;
	if (when >= n->due)
		return;
	n->due = when;
	if (n->heap == NODE_NOT_DUE)
		place(w, w->due++, n);
	sift_up(w, n);
}

nsec_t world_next(const struct world *w)
{
	return w->due > 0 ? w->heap[0]->due : NSEC_MAX;
}

void world_run(struct world *w, nsec_t until, const bool *stop)
{
	while (world_next(w) <= until && !(stop && *stop) && !w->stuck) {
		struct node *n;

		w->instant = w->heap[0]->due == w->now ? w->instant + 1 : 0;
		w->stuck = w->instant == WORLD_INSTANT_MAX;
		w->now = w->heap[0]->due;
		n = take_first(w);
		w->steps++;
		n->ops->run(n);
	}
	if (!(stop && *stop) && !w->stuck && until > w->now)
		w->now = until;
}

/* --- packets ---------------------------------------------------------------------------------- */

void node_prng(const struct node *n, struct prng *p)
{
	prng_seed(p, n->world->seed ^ ((uint64_t)(n->number + 1) << 32));
}

void node_forward(struct port to, struct packet *p)
{
	if (to.node)
		to.node->ops->forward(to.node, to.port, p);
	else
		free(p);
}

struct packet *packet_new(struct world *w, size_t len)
{
	struct packet *p = need(malloc(sizeof(*p) + len));

	assert(len <= PACKET_MAX);
	p->next = NULL;
	p->id = ++w->packets;
	p->len = (uint32_t)len;
	return p;
}

struct packet *packet_copy(struct world *w, const struct packet *p)
{
	struct packet *copy = packet_new(w, p->len);

	memcpy(copy->bytes, p->bytes, p->len);
	return copy;
}

void node_record(struct node *n, struct trace_event e)
{
	if (!n->world->trace)
		return;
	e.at = n->world->now;
	e.node = n->number;
	trace_add(n->world->trace, &e);
}

void packet_drop(struct node *n, struct packet *p, const char *reason)
{
	n->world->dropped++;
	node_record(n, (struct trace_event){.kind = TRACE_DROP,
			       .id = p->id,
			       .text = reason,
			       .bytes = p->bytes,
			       .len = p->len});
	free(p);
}
