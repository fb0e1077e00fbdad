/* raw.c - a peer without a stack: raw.h. */
#include "lab/world/raw.h"

#include "lab/world/need.h"

struct raw {
	struct node node;
	struct port out;
	void (*arrived)(void *ctx);
	void *ctx;
	struct packet *first, **end;
	uint32_t waiting;
};

static void record(struct node *n, enum trace_kind kind, const struct packet *p)
{
	node_record(n,
		(struct trace_event){.kind = kind, .id = p->id, .bytes = p->bytes, .len = p->len});
}

static void forward(struct node *n, int port, struct packet *p)
{
	struct raw *r = container_of(n, struct raw, node);

	if (r->waiting == RAW_QUEUE) {
		packet_drop(n, p, "nobody reads");
		return;
	}
	record(n, TRACE_RECEIVE, p);
	p->next = NULL;
	*r->end = p;
	r->end = &p->next;
	r->waiting++;
	r->arrived(r->ctx);
}

static void run(struct node *n)
{
}

static void raw_free(struct node *n)
{
	struct raw *r = container_of(n, struct raw, node);
	struct packet *p;

	while ((p = raw_take(r)))
		free(p);
	free(r);
}

static const struct node_ops ops = {forward, run, raw_free};

struct raw *raw_new(struct world *w, const char *name, void (*arrived)(void *ctx), void *ctx)
{
	struct raw *r = need(calloc(1, sizeof(*r)));

	r->node.ops = &ops;
	r->end = &r->first;
	r->arrived = arrived;
	r->ctx = ctx;
	world_add(w, &r->node, name, true);
	return r;
}

struct port raw_join(struct raw *r, struct port out)
{
	r->out = out;
	return (struct port){&r->node, 0};
}

void raw_send(struct raw *r, struct packet *p)
{
	record(&r->node, TRACE_SEND, p);
	node_forward(r->out, p);
}

struct packet *raw_take(struct raw *r)
{
	struct packet *p = r->first;

	if (!p)
		return NULL;
	r->first = p->next;
	if (!r->first)
		r->end = &r->first;
	r->waiting--;
	return p;
}

uint32_t raw_waiting(const struct raw *r)
{
	return r->waiting;
}

struct node *raw_node(struct raw *r)
{
	return &r->node;
}
