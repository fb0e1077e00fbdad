/* host.c - a host of a world: host.h. */
#include "lab/world/host.h"

#include "base/hash.h"
#include "lab/world/need.h"
#include "lab/world/watch.h"
#include "socket/instance.h"

#include <errno.h>

#define HASH_ODD 0x9e3779b97f4a7c15u

enum {
	SETTING_TEXT = 96,
	ROUNDS_MAX = 100000, /* steps of one instance at one instant */
};

/* One line of a host's configuration. */
struct setting {
	enum {
		SETTING_ADDR,
		SETTING_ROUTE,
		SETTING_SYSCTL,
	} kind;
	int port;
	char a[SETTING_TEXT], b[SETTING_TEXT];
};

struct interface {
	struct host *host;
	struct port out;
	uint32_t mtu;
	int ifindex;
};

struct host {
	struct node node;
	struct burble *b; /* NULL: off */
	uint32_t boots;
	struct interface interface[HOST_INTERFACES];
	int interfaces;
	struct setting *setting; /* room for a power of two */
	int settings;
	struct watch *watch; /* NULL: not recorded */
};

/* --- packets ---------------------------------------------------------------------------------- */

/* Packets sent, with place and time. */
static void add_to_hash(const struct node *n, const struct packet *p)
{
	struct world *w = n->world;
	uint64_t hash = hash_fold(w->sent ^ (uint64_t)w->now, HASH_ODD ^ n->number), word = 0;

	for (uint32_t i = 0; i < p->len; i += sizeof(word)) {
		uint32_t rest = p->len - i;

		memcpy(&word, p->bytes + i, rest < sizeof(word) ? rest : sizeof(word));
		hash = hash_fold(hash ^ word, HASH_ODD);
	}
	w->sent = hash ^ p->len;
}

static int transmit(void *ctx, const void *frame, size_t len)
{
	struct interface *i = ctx;
	struct node *n = &i->host->node;
	struct packet *p;

	if (!i->out.node)
		return 0; /* discards packets of a host that is switched off */
	p = packet_new(n->world, len);
	memcpy(p->bytes, frame, len);
	add_to_hash(n, p);
	node_record(n, (struct trace_event){
			       .kind = TRACE_SEND, .id = p->id, .bytes = p->bytes, .len = p->len});
	node_forward(i->out, p);
	return 0;
}

/* Sends what is ready, and schedules the next step. */
static bool step(struct host *h)
{
	nsec_t now = h->node.world->now;
	nsec_t next = burble_step(h->b, now);

	watch_changes(h->watch, &h->node, h->b);
	node_due(&h->node, next);
	return next <= now;
}

/* The record has the arrival before the stack's immediate response; the reason of a discard is
 * known only after that. */
static void arrive(struct host *h, const struct packet *p, int port)
{
	struct trace *t = h->node.world->trace;
	size_t number = t ? t->count : 0;

	node_record(&h->node,
		(struct trace_event){
			.kind = TRACE_RECEIVE, .id = p->id, .bytes = p->bytes, .len = p->len});
	watch_before(h->watch, h->b);
	burble_if_input(h->b, h->interface[port].ifindex, p->bytes, p->len);
	burble_step(h->b, h->node.world->now);
	if (t)
		trace_text(t, number, watch_reason(h->watch, h->b));
}

static void host_forward(struct node *n, int port, struct packet *p)
{
	struct host *h = container_of(n, struct host, node);

	assert(port >= 0 && port < h->interfaces);
	if (!h->b) {
		packet_drop(n, p, "host is off");
		return;
	}
	n->world->received++;
	arrive(h, p, port);
	free(p);
	watch_changes(h->watch, n, h->b);
	node_due(n, n->world->now);
}

/* --- time ------------------------------------------------------------------------------------- */

static void host_run(struct node *n)
{
	struct host *h = container_of(n, struct host, node);

	for (int rounds = 0; h->b && step(h); rounds++)
		assert(rounds < ROUNDS_MAX);
}

static void boot(struct host *h);

static void host_free(struct node *n)
{
	struct host *h = container_of(n, struct host, node);

	for (int i = 0; i < h->interfaces; i++)
		h->interface[i].out = (struct port){0}; /* discards its last packets */
	if (h->b)
		burble_free(h->b);
	watch_free(h->watch);
	free(h->setting);
	free(h);
}

static const struct node_ops host_ops = {host_forward, host_run, host_free};

struct host *host_new(struct world *w, const char *name)
{
	struct host *h = need(calloc(1, sizeof(*h)));

	h->node.ops = &host_ops;
	world_add(w, &h->node, name, true);
	h->watch = w->trace ? watch_new() : NULL;
	boot(h);
	return h;
}

/* --- configuration ---------------------------------------------------------------------------- */

static int add_interface(struct host *h, int port)
{
	struct interface *i = &h->interface[port];
	struct burble_if_config c = {
		.kind = BURBLE_IF_IP, .mtu = i->mtu, .transmit = transmit, .ctx = i};
	char name[16];

	snprintf(name, sizeof(name), "eth%d", port);
	c.name = name;
	i->ifindex = burble_if_add(h->b, &c);
	return i->ifindex < 0 ? i->ifindex : 0;
}

struct port host_interface(struct host *h, struct port out, uint32_t mtu)
{
	int port = h->interfaces++;

	assert(port < HOST_INTERFACES);
	h->interface[port] = (struct interface){.host = h, .out = out, .mtu = mtu};
	if (h->b)
		add_interface(h, port);
	return (struct port){&h->node, port};
}

static int apply(struct host *h, const struct setting *s, const char **why)
{
	int ifindex = h->interface[s->port].ifindex;

	switch (s->kind) {
	case SETTING_ADDR: return burble_addr_add(h->b, ifindex, s->a);
	case SETTING_ROUTE: return burble_route_add(h->b, ifindex, s->a, s->b[0] ? s->b : NULL);
	case SETTING_SYSCTL: return burble_sysctl_set(h->b, s->a, s->b, why);
	}
	return -EINVAL;
}

static int add_setting(struct host *h, const struct setting *s, const char **why)
{
	int err = h->settings == HOST_SETTINGS ? -ENOBUFS : h->b ? apply(h, s, why) : 0;

	if (err != 0)
		return err;
	if ((h->settings & (h->settings - 1)) == 0) /* full at each power of two */
		h->setting = need(realloc(h->setting,
			(h->settings ? 2 * (size_t)h->settings : 1) * sizeof(*h->setting)));
	h->setting[h->settings++] = *s;
	return 0;
}

static struct setting setting(int kind, int port, const char *a, const char *b)
{
	struct setting s = {.kind = kind, .port = port};

	snprintf(s.a, sizeof(s.a), "%s", a);
	snprintf(s.b, sizeof(s.b), "%s", b ? b : "");
	return s;
}

int host_addr(struct host *h, int port, const char *address)
{
	struct setting s = setting(SETTING_ADDR, port, address, NULL);

	return add_setting(h, &s, NULL);
}

int host_addr_del(struct host *h, int port, const char *address)
{
	for (int i = 0; i < h->settings; i++) {
		struct setting *s = &h->setting[i];

		if (s->kind == SETTING_ADDR && s->port == port && strcmp(s->a, address) == 0) {
			*s = h->setting[--h->settings];
			break;
		}
	}
	return h->b ? burble_addr_del(h->b, h->interface[port].ifindex, address) : 0;
}

int host_route(struct host *h, int port, const char *prefix, const char *gateway)
{
	struct setting s = setting(SETTING_ROUTE, port, prefix, gateway);

	return add_setting(h, &s, NULL);
}

int host_sysctl(struct host *h, const char *name, const char *value, const char **why)
{
	struct setting s = setting(SETTING_SYSCTL, 0, name, value);

	return add_setting(h, &s, why);
}

/* A new instance with the host's configuration. There are no routers and no duplicate addresses, so
 * it neither solicits nor probes. */
static void boot(struct host *h)
{
	struct prng p;
	struct burble_config c = {.now = h->node.world->now};

	node_prng(&h->node, &p);
	for (uint32_t i = 0; i <= h->boots; i++)
		c.seed = prng_u64(&p);
	h->boots++;
	h->b = need(burble_new(&c));
	if (h->node.world->checked)
		stack_check_queues(burble_stack(h->b));
	if (h->node.world->slow_path)
		stack_slow_path(burble_stack(h->b));
	burble_sysctl_set(h->b, "net.ipv6.conf.all.accept_ra", "0", NULL);
	burble_sysctl_set(h->b, "net.ipv6.conf.all.dad_transmits", "0", NULL);
	for (int i = 0; i < h->interfaces; i++)
		add_interface(h, i);
	for (int i = 0; i < h->settings; i++)
		apply(h, &h->setting[i], NULL);
	watch_reset(h->watch, h->b);
	host_wake(h);
}

struct burble *host_instance(struct host *h)
{
	if (h->b)
		burble_step(h->b, h->node.world->now);
	return h->b;
}

void host_wake(struct host *h)
{
	node_due(&h->node, h->node.world->now);
}

bool host_watch(struct host *h, int fd)
{
	return watch_fd(h->watch, fd);
}

struct node *host_node(struct host *h)
{
	return &h->node;
}

/* --- faults ----------------------------------------------------------------------------------- */

static void note(struct host *h, const char *what)
{
	node_record(&h->node, (struct trace_event){.kind = TRACE_NOTE, .text = what});
}

static void switch_off(struct host *h)
{
	struct port out[HOST_INTERFACES];

	if (!h->b)
		return;
	host_record_counters(h);
	for (int i = 0; i < h->interfaces; i++) { /* nothing is sent while it shuts down */
		out[i] = h->interface[i].out;
		h->interface[i].out = (struct port){0};
	}
	burble_free(h->b);
	h->b = NULL;
	for (int i = 0; i < h->interfaces; i++)
		h->interface[i].out = out[i];
}

void host_power_off(struct host *h)
{
	note(h, "power off");
	switch_off(h);
}

void host_reboot(struct host *h)
{
	note(h, "reboot");
	switch_off(h);
	boot(h);
}

void host_crash(struct host *h)
{
	note(h, "the program is killed");
	if (!h->b)
		return;
	burble_step(h->b, h->node.world->now);
	watch_forget_fds(h->watch);
	burble_close_all(h->b);
	host_wake(h);
}

void host_record_counters(struct host *h)
{
	if (h->b)
		watch_counters(h->watch, &h->node, h->b);
}
