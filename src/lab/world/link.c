/* link.c - a link between two nodes: link.h. */
#include "lab/world/link.h"

#include "lab/world/need.h"

enum {
	SIDES = 2,
};

/* One direction, identified by the side where packets enter. */
struct direction {
	struct link_config config;
	struct port to;       /* at the other side */
	struct queue queue;   /* of the transmitter */
	nsec_t free_at;       /* when the transmitter is idle again */
	struct packet *first; /* in transit, by arrival */
	struct packet *last;
	bool ge_bad; /* the state of the Gilbert-Elliott model */
};

struct link {
	struct node node;
	struct direction dir[SIDES];
	struct prng prng;
	link_filter filter;
	void *filter_ctx;
};

static bool chance(struct link *l, double p)
{
	const uint64_t one = (uint64_t)1 << 53;

	return p > 0 && (double)prng_below(&l->prng, one) < p * (double)one;
}

/* True if the model loses the packet; its state changes with every packet, as in netem. */
static bool ge_loses(struct link *l, struct direction *d)
{
	const struct link_config *c = &d->config;

	if (c->ge_p <= 0)
		return false;
	if (chance(l, d->ge_bad ? c->ge_r : c->ge_p))
		d->ge_bad = !d->ge_bad;
	return chance(l, 1 - (d->ge_bad ? c->ge_h : c->ge_k));
}

/* Flips one bit, except in the first byte, whose version determines the format. */
static void corrupt(struct link *l, struct packet *p)
{
	uint64_t bit;

	if (p->len < 2)
		return;
	bit = 8 + prng_below(&l->prng, 8 * ((uint64_t)p->len - 1));
	p->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* --- in transit ------------------------------------------------------------------------------- */

static nsec_t delay_of(struct link *l, const struct link_config *c)
{
	nsec_t delay = c->delay;

	if (chance(l, c->reorder))
		return 0;
	if (c->jitter > 0)
		delay += (nsec_t)prng_below(&l->prng, 2 * (uint64_t)c->jitter + 1) - c->jitter;
	return delay > 0 ? delay : 0;
}

/* Adds p to the packets in transit, after all that arrive no later. */
static void launch(struct link *l, struct direction *d, struct packet *p, nsec_t leaves)
{
	struct packet **at = &d->first;

	p->at = leaves + delay_of(l, &d->config);
	if (d->last && d->last->at <= p->at)
		at = &d->last->next;
	while (*at && (*at)->at <= p->at)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	if (!p->next)
		d->last = p;
	node_due(&l->node, d->first->at);
}

static void arrive(struct direction *d, nsec_t now)
{
	while (d->first && d->first->at <= now) {
		struct packet *p = d->first;

		d->first = p->next;
		if (!d->first)
			d->last = NULL;
		p->next = NULL;
		node_forward(d->to, p);
	}
}

/* --- the transmitter -------------------------------------------------------------------------- */

static nsec_t serialization(const struct link_config *c, const struct packet *p)
{
	return (nsec_t)((uint64_t)p->len * 8 * (uint64_t)NSEC_SEC / c->rate);
}

static void record_queue(struct link *l, const struct direction *d)
{
	if (d->config.rate == 0)
		return; /* always empty between events */
	node_record(&l->node, (struct trace_event){.kind = TRACE_QUEUE,
				      .id = (uint64_t)(d - l->dir),
				      .value = d->queue.packets,
				      .value2 = d->queue.bytes});
}

/* Sends from the queue as long as the transmitter is idle. */
static void transmit(struct link *l, struct direction *d)
{
	nsec_t now = l->node.world->now;
	struct packet *p;

	while (d->queue.packets > 0 && d->free_at <= now) {
		p = queue_take(&d->queue, &l->node);
		if (p && d->config.rate > 0)
			d->free_at = now + serialization(&d->config, p);
		record_queue(l, d);
		if (p)
			launch(l, d, p, d->config.rate > 0 ? d->free_at : now);
	}
	if (d->queue.packets > 0)
		node_due(&l->node, d->free_at);
}

static void enqueue(struct link *l, struct direction *d, struct packet *p)
{
	if (!queue_add(&d->queue, p, l->node.world->now)) {
		packet_drop(&l->node, p, "queue full");
		return;
	}
	record_queue(l, d);
	transmit(l, d);
}

/* --- the node --------------------------------------------------------------------------------- */

static const char *loss_of(struct link *l, struct direction *d, const struct packet *p)
{
	if (d->config.down)
		return "link down";
	if (d->config.swallows > 0 && p->len > d->config.swallows)
		return "too long";
	return NULL;
}

static void impair(struct link *l, struct direction *d, struct packet *p)
{
	if (chance(l, d->config.loss) || ge_loses(l, d)) {
		packet_drop(&l->node, p, "loss");
		return;
	}
	if (chance(l, d->config.duplicate))
		enqueue(l, d, packet_copy(l->node.world, p));
	if (chance(l, d->config.corrupt))
		corrupt(l, p);
	enqueue(l, d, p);
}

static void link_forward(struct node *n, int side, struct packet *p)
{
	struct link *l = container_of(n, struct link, node);
	struct direction *d = &l->dir[side];
	const char *reason = loss_of(l, d, p);
	enum link_verdict verdict = LINK_PASS;

	assert(side >= 0 && side < SIDES);
	if (!reason && l->filter)
		verdict = l->filter(l->filter_ctx, l, side, p);
	if (reason || verdict == LINK_DROP) {
		packet_drop(n, p, reason ? reason : "filter");
		return;
	}
	if (verdict == LINK_DUPLICATE)
		impair(l, d, packet_copy(n->world, p));
	impair(l, d, p);
}

static void link_run(struct node *n)
{
	struct link *l = container_of(n, struct link, node);

	for (int i = 0; i < SIDES; i++) {
		struct direction *d = &l->dir[i];

		arrive(d, n->world->now);
		transmit(l, d);
		if (d->first)
			node_due(n, d->first->at);
	}
}

static void forget(struct packet *p)
{
	while (p) {
		struct packet *next = p->next;

		free(p);
		p = next;
	}
}

static void link_free(struct node *n)
{
	struct link *l = container_of(n, struct link, node);

	for (int i = 0; i < SIDES; i++) {
		forget(l->dir[i].first);
		forget(l->dir[i].queue.first);
	}
	free(l);
}

static const struct node_ops link_ops = {link_forward, link_run, link_free};

struct link *link_new(struct world *w, const char *name, const struct link_config *config)
{
	struct link *l = need(calloc(1, sizeof(*l)));

	l->node.ops = &link_ops;
	world_add(w, &l->node, name, false);
	node_prng(&l->node, &l->prng);
	for (int i = 0; i < SIDES; i++)
		link_set(l, i, config);
	return l;
}

void link_join(struct link *l, int side, struct port to)
{
	l->dir[1 - side].to = to;
}

struct port link_port(struct link *l, int side)
{
	return (struct port){&l->node, side};
}

const struct link_config *link_get(const struct link *l, int side)
{
	return &l->dir[side].config;
}

void link_set(struct link *l, int side, const struct link_config *config)
{
	struct direction *d = &l->dir[side];

	d->config = *config;
	d->queue.config = config->queue;
	if (!config->down)
		return;
	queue_drop_all(&d->queue, &l->node, "link down");
	while (d->first) {
		struct packet *p = d->first;

		d->first = p->next;
		packet_drop(&l->node, p, "link down");
	}
	d->last = NULL;
}

void link_set_filter(struct link *l, link_filter filter, void *ctx)
{
	l->filter = filter;
	l->filter_ctx = ctx;
}

void link_waiting(const struct link *l, int side, uint32_t *packets, uint32_t *bytes)
{
	*packets = l->dir[side].queue.packets;
	*bytes = l->dir[side].queue.bytes;
}
