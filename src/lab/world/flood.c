/* flood.c - a flooder with spoofed addresses: flood.h. */
#include "lab/world/flood.h"

#include "lab/world/need.h"
#include "lab/world/segment.h"

enum {
	SYN_OPTIONS = 4, /* MSS */
};

struct flood {
	struct node node;
	struct port out;
	struct flood_config config;
	struct prng prng;
	nsec_t next, began;
	uint64_t sent, sent_before; /* in total; before the current configuration */
};

static struct ip_addr source_of(struct flood *f)
{
	struct ip_addr a = f->config.source;

	if (f->config.sources > 1)
		put_be32(a.b + 12,
			get_be32(a.b + 12) + (uint32_t)prng_below(&f->prng, f->config.sources));
	return a;
}

static struct packet *make(struct flood *f)
{
	static const uint8_t mss[SYN_OPTIONS] = {2, 4, 1460 >> 8, 1460 & 0xff};
	const struct flood_config *c = &f->config;
	struct ip_pair a = {source_of(f), c->target};
	struct tcp_seg s = {.sport = c->source_port,
		.dport = c->port,
		.seq = seq_of((uint32_t)prng_u64(&f->prng)),
		.flags = c->flags,
		.win = 65535};

	if (s.sport == 0)
		s.sport = (uint16_t)(1024 + prng_below(&f->prng, 64512));
	if (c->flags & SEG_ACK)
		s.ack = seq_of((uint32_t)prng_u64(&f->prng));
	if (c->flags & SEG_SYN) {
		s.opt = mss;
		s.opt_len = SYN_OPTIONS;
	}
	return segment_packet(f->node.world, &a, &s);
}

static void flood_forward(struct node *n, int port, struct packet *p)
{
	n->world->received++;
	free(p); /* answers are discarded */
}

/* The send time of the next one: computed from its number, so that rounding does not accumulate. */
static nsec_t next_of(const struct flood *f)
{
	uint64_t n = f->sent - f->sent_before;

	if (f->config.rate <= 0 || (f->config.count > 0 && n >= f->config.count))
		return NSEC_MAX;
	return f->began + (nsec_t)((double)n * 1e9 / f->config.rate);
}

static void flood_run(struct node *n)
{
	struct flood *f = container_of(n, struct flood, node);

	while (next_of(f) <= n->world->now) {
		struct packet *p = make(f);

		node_record(n,
			(struct trace_event){
				.kind = TRACE_SEND, .id = p->id, .bytes = p->bytes, .len = p->len});
		f->sent++;
		node_forward(f->out, p);
	}
	node_due(n, next_of(f));
}

static void flood_free(struct node *n)
{
	free(container_of(n, struct flood, node));
}

static const struct node_ops flood_ops = {flood_forward, flood_run, flood_free};

struct flood *flood_new(struct world *w, const char *name)
{
	struct flood *f = need(calloc(1, sizeof(*f)));

	f->node.ops = &flood_ops;
	world_add(w, &f->node, name, true);
	node_prng(&f->node, &f->prng);
	return f;
}

struct port flood_join(struct flood *f, struct port out)
{
	f->out = out;
	return (struct port){&f->node, 0};
}

void flood_set(struct flood *f, const struct flood_config *c)
{
	f->config = *c;
	f->began = f->node.world->now;
	f->sent_before = f->sent;
	node_due(&f->node, next_of(f));
}

uint64_t flood_sent(const struct flood *f)
{
	return f->sent;
}
