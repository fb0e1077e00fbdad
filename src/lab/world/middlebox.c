/* middlebox.c - a middlebox that rewrites TCP options: middlebox.h. */
#include "lab/world/middlebox.h"

#include "lab/world/need.h"
#include "lab/world/rewrite.h"
#include "wire/tcp.h"

struct middlebox {
	struct node node;
	struct middlebox_config config;
	struct port out[2];
	uint64_t changed;
};

static void change(void *ctx, uint8_t kind, uint8_t *data, uint8_t len)
{
	const struct middlebox_config *c = ctx;
	uint16_t value = c->value[kind];

	switch ((enum middlebox_action)c->action[kind]) {
	case OPTION_PASS: break;
	case OPTION_STRIP: memset(data - 2, TCP_OPT_NOP, 2 + (size_t)len); break;
	case OPTION_LIMIT:
		if (len == 2 && get_be16(data) > value)
			put_be16(data, value);
		break;
	case OPTION_SET:
		if (len == 1)
			data[0] = (uint8_t)value;
		break;
	}
}

static void forward(struct node *n, int port, struct packet *p)
{
	struct middlebox *m = container_of(n, struct middlebox, node);
	struct layout l = {0};

	if (lay_out(p->bytes, p->len, false, &l) && l.tuple.proto == IP_PROTO_TCP)
		m->changed += rewrite_options(&l, change, &m->config);
	node_forward(m->out[1 - port], p);
}

static void run(struct node *n)
{
}

static void middlebox_free(struct node *n)
{
	free(container_of(n, struct middlebox, node));
}

static const struct node_ops ops = {forward, run, middlebox_free};

struct middlebox *middlebox_new(struct world *w, const char *name, const struct middlebox_config *c)
{
	struct middlebox *m = need(calloc(1, sizeof(*m)));

	m->node.ops = &ops;
	m->config = *c;
	world_add(w, &m->node, name, false);
	return m;
}

struct port middlebox_port(struct middlebox *m, int port, struct port out)
{
	assert(port == 0 || port == 1);
	m->out[port] = out;
	return (struct port){&m->node, port};
}

uint64_t middlebox_changed(const struct middlebox *m)
{
	return m->changed;
}
