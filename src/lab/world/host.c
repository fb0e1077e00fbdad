/* host.c - a host of a world: host.h. */
#include "lab/world/host.h"

#include "base/hash.h"
#include "lab/world/need.h"
#include "lab/world/stack_machine.h"

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
	struct port out;
	uint32_t mtu;
};

struct host {
	struct node node;
	struct machine *machine;
	bool on;
	struct interface interface[HOST_INTERFACES];
	int interfaces;
	struct setting *setting; /* room for a power of two */
	int settings;
	uint64_t *begin; /* counters when it was booted; NULL: not recorded */
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

void host_send(struct host *h, int port, const void *packet, size_t len)
{
	struct node *n = &h->node;
	struct packet *p;

	if (!h->on)
		return;
	p = packet_new(n->world, len);
	memcpy(p->bytes, packet, len);
	add_to_hash(n, p);
	node_record(n, (struct trace_event){
			       .kind = TRACE_SEND, .id = p->id, .bytes = p->bytes, .len = p->len});
	node_forward(h->interface[port].out, p);
}

/* The record has the arrival before the machine's immediate response; the reason of a discard is
 * known only after that. */
static void arrive(struct host *h, const struct packet *p, int port)
{
	struct trace *t = h->node.world->trace;
	size_t number = t ? t->count : 0;
	const char *reason;

	node_record(&h->node,
		(struct trace_event){
			.kind = TRACE_RECEIVE, .id = p->id, .bytes = p->bytes, .len = p->len});
	reason = h->machine->ops->input(h->machine, port, p->bytes, p->len);
	if (t)
		trace_text(t, number, reason);
}

static void host_forward(struct node *n, int port, struct packet *p)
{
	struct host *h = container_of(n, struct host, node);

	assert(port >= 0 && port < h->interfaces);
	if (!h->on) {
		packet_drop(n, p, "host is off");
		return;
	}
	n->world->received++;
	arrive(h, p, port);
	free(p);
	node_due(n, n->world->now);
}

/* --- time ------------------------------------------------------------------------------------- */

/* Sends what is ready, and schedules the next step. */
static bool step(struct host *h)
{
	nsec_t now = h->node.world->now;
	nsec_t next = h->machine->ops->step(h->machine);

	node_due(&h->node, next);
	return next <= now;
}

static void host_run(struct node *n)
{
	struct host *h = container_of(n, struct host, node);

	for (int rounds = 0; h->on && step(h); rounds++)
		assert(rounds < ROUNDS_MAX);
}

static void boot(struct host *h);

static void host_free(struct node *n)
{
	struct host *h = container_of(n, struct host, node);
	bool was_on = h->on;

	h->on = false; /* discards its last packets */
	if (was_on)
		h->machine->ops->off(h->machine);
	h->machine->ops->free(h->machine);
	free(h->begin);
	free(h->setting);
	free(h);
}

static const struct node_ops host_ops = {host_forward, host_run, host_free};

struct host *host_new_with(struct world *w, const char *name,
	struct machine *(*make)(struct host *h, void *ctx), void *ctx)
{
	struct host *h = need(calloc(1, sizeof(*h)));

	h->node.ops = &host_ops;
	world_add(w, &h->node, name, true);
	h->machine = make(h, ctx);
	h->begin = w->trace ? need(calloc(MIB_COUNT, sizeof(*h->begin))) : NULL;
	boot(h);
	return h;
}

struct host *host_new(struct world *w, const char *name)
{
	return host_new_with(w, name, stack_machine_new, NULL);
}

/* --- configuration ---------------------------------------------------------------------------- */

struct port host_interface(struct host *h, struct port out, uint32_t mtu)
{
	int port = h->interfaces++;

	assert(port < HOST_INTERFACES);
	h->interface[port] = (struct interface){.out = out, .mtu = mtu};
	if (h->on)
		h->machine->ops->interface(h->machine, port, mtu);
	return (struct port){&h->node, port};
}

static int apply(struct host *h, const struct setting *s, const char **why)
{
	const struct machine_ops *ops = h->machine->ops;

	switch (s->kind) {
	case SETTING_ADDR: return ops->addr_add(h->machine, s->port, s->a);
	case SETTING_ROUTE: return ops->route(h->machine, s->port, s->a, s->b[0] ? s->b : NULL);
	case SETTING_SYSCTL: return ops->sysctl(h->machine, s->a, s->b, why);
	}
	return -EINVAL;
}

static int add_setting(struct host *h, const struct setting *s, const char **why)
{
	int err = h->settings == HOST_SETTINGS ? -ENOBUFS : h->on ? apply(h, s, why) : 0;

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
	return h->on ? h->machine->ops->addr_del(h->machine, port, address) : 0;
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

int host_sysctl_get(struct host *h, const char *name, char *value, size_t size)
{
	return h->machine->ops->sysctl_get(h->machine, name, value, size);
}

/* With the host's configuration. */
static void boot(struct host *h)
{
	const struct machine_ops *ops = h->machine->ops;

	h->on = true;
	ops->boot(h->machine);
	for (int i = 0; i < h->interfaces; i++)
		ops->interface(h->machine, i, h->interface[i].mtu);
	for (int i = 0; i < h->settings; i++)
		apply(h, &h->setting[i], NULL);
	ops->booted(h->machine);
	if (h->begin)
		ops->counters(h->machine, h->begin);
	host_wake(h);
}

bool host_is_on(const struct host *h)
{
	return h->on;
}

struct machine *host_machine(struct host *h)
{
	return h->machine;
}

struct burble *host_instance(struct host *h)
{
	return h->on ? h->machine->ops->instance(h->machine) : NULL;
}

void host_wake(struct host *h)
{
	node_due(&h->node, h->node.world->now);
}

bool host_watch(struct host *h, int fd)
{
	return h->machine->ops->watch(h->machine, fd);
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
	if (!h->on)
		return;
	host_record_counters(h);
	h->on = false; /* nothing is sent while it shuts down */
	h->machine->ops->off(h->machine);
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
	if (!h->on)
		return;
	h->machine->ops->crash(h->machine);
	host_wake(h);
}

void host_record_counters(struct host *h)
{
	uint64_t count[MIB_COUNT] = {0};

	if (!h->on || !h->begin)
		return;
	h->machine->ops->counters(h->machine, count);
	for (int i = 0; i < MIB_COUNT; i++) {
		struct trace_counter c = {
			h->node.number, mib_name((enum mib)i), h->begin[i], count[i]};

		if (c.before != c.after)
			trace_counter(h->node.world->trace, &c);
	}
}
