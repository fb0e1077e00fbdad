/*
 * chat_net.c - network of the chat server, see chat_net.h.
 */
#include "cli/chat_net.h"

#include "burble/burble.h"
#include "cli/chat_addr.h"
#include "cli/chat_lease.h"
#include "host/control_path.h"
#include "host/devices.h"
#include "host/net_burble.h"
#include "host/net_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define LEASE_PATIENCE (20 * NSEC_SEC) /* before a line says that there is no lease yet */
#define DRAIN_PATIENCE (5 * NSEC_SEC)  /* for peers to acknowledge the last lines */

static bool failed(const char *what, const char *which, int err, const char *hint)
{
	fprintf(stderr, "burble chat: %s%s: %s%s\n", what, which, strerror(-err), hint);
	return false;
}

/* Whether --set gives the key. */
static bool is_set(const struct config_source *from, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < from->setting_count; i++)
		if (strncmp(from->settings[i], key, len) == 0 && from->settings[i][len] == '=')
			return true;
	return false;
}

/* Refuses a value: of an option, or of a key if chat_net_settle() took it from there. */
static bool refuse_value(
	const struct chat_net_args *a, enum chat_net_key key, const char *value, const char *why)
{
	static const struct {
		const char *key, *option;
	} names[] = {[CHAT_NET_ADDR] = {"stack.addr", "cannot use --addr "},
		[CHAT_NET_GATEWAY] = {"stack.gateway", "cannot use --gw "},
		[CHAT_NET_DEVICE] = {"stack.device", "cannot open --stack "}};

	assert(key < ARRAY_SIZE(names));
	if (!*a->words[key])
		fprintf(stderr, "burble chat: %s%s: %s\n", names[key].option, value, why);
	else
		fprintf(stderr, "burble chat: %s%s%s %s: %s\n",
			is_set(a->from, names[key].key) ? "--set" : a->from->path,
			is_set(a->from, names[key].key) ? " " : ": ", names[key].key, value, why);
	return false;
}

static bool failed_value(const struct chat_net_args *a, enum chat_net_key key, const char *value,
	int err, const char *hint)
{
	char why[256];

	snprintf(why, sizeof(why), "%s%s", strerror(-err), hint);
	return refuse_value(a, key, value, why);
}

static bool add_gateway(
	struct burble *b, int ifindex, const struct chat_net_args *a, const char *gateway)
{
	bool v6 = strchr(gateway, ':') != NULL;
	int err = burble_route_add(b, ifindex, v6 ? "::/0" : "0.0.0.0/0", gateway);

	return !err || failed_value(a, CHAT_NET_GATEWAY, gateway, err,
			       err == -EINVAL   ? ": expected an address"
			       : err == -EEXIST ? ": there is a default route"
						: "");
}

/* IPv6 addresses are of use once no other host turned out to have them. */
static bool await_addresses(struct burble *b, const struct chat_net_args *a)
{
	int n;

	while ((n = burble_addr_tentative(b)) > 0)
		burble_wait(b, NSEC_SEC);
	return n == 0 || failed_value(a, CHAT_NET_ADDR, a->addrs[0], n,
				 a->addr_count > 1 ? ", or another of them: another host has it"
						   : ": another host has that address");
}

static bool is_dhcp(const char *addr)
{
	return strcmp(addr, "dhcp") == 0;
}

static void say_no_lease(struct burble *b, int ifindex, const char *device)
{
	struct burble_dhcp_ignored i = {0};

	burble_dhcp_ignored(b, ifindex, &i);
	fprintf(stderr,
		"burble chat: no DHCP server has granted an address on %s yet: still asking "
		"(messages ignored: %llu malformed, %llu foreign, %llu unexpected, "
		"%llu unacceptable)\n",
		device, (unsigned long long)i.malformed, (unsigned long long)i.foreign,
		(unsigned long long)i.unexpected, (unsigned long long)i.unacceptable);
}

/* Until there is a lease: a DHCP server may start later than this one. */
static void await_lease(struct burble *b, int ifindex, const struct chat_net_args *a)
{
	nsec_t warn = burble_clock() + LEASE_PATIENCE;
	struct burble_lease l;

	if (burble_dhcp_lease(b, ifindex, &l) == -EAGAIN)
		fprintf(stderr,
			"burble chat: waiting for the address that a DHCP server grants on %s: "
			"some ten seconds\n",
			a->device);
	while (burble_dhcp_lease(b, ifindex, &l) == -EAGAIN) {
		burble_wait(b, NSEC_SEC);
		if (burble_clock() < warn)
			continue;
		say_no_lease(b, ifindex, a->device);
		warn = NSEC_MAX;
	}
}

static int add_address(struct chat_net *n, int ifindex, const char *addr)
{
	char before[CHAT_LEASE_MAX];
	int err;

	if (!is_dhcp(addr))
		return burble_addr_add(n->stack, ifindex, addr);
	err = burble_if_dhcp(n->stack, ifindex);
	if (!err && n->data[0] && chat_lease_read(n->data, before))
		burble_dhcp_ask_for(n->stack, ifindex, before); /* if it is one */
	return err;
}

static const char *address_hint(const char *addr, int err)
{
	if (is_dhcp(addr))
		return err == -EOPNOTSUPP ? ": it needs an Ethernet device: tap, packet or xdp"
					  : "";
	return err == -EINVAL   ? ": expected ADDRESS/BITS or 'dhcp'"
	       : err == -EEXIST ? ": the stack has it already"
				: "";
}

static bool add_device(struct chat_net *n)
{
	const struct chat_net_args *a = n->args;
	struct burble *b = n->stack;
	int ifindex = burble_if_open(b, a->device);

	if (ifindex < 0)
		return failed_value(
			a, CHAT_NET_DEVICE, a->device, ifindex, device_hint(a->device, ifindex));
	n->ifindex = ifindex;
	for (uint32_t i = 0; i < a->addr_count; i++) {
		int err = add_address(n, ifindex, a->addrs[i]);

		if (err)
			return failed_value(
				a, CHAT_NET_ADDR, a->addrs[i], err, address_hint(a->addrs[i], err));
	}
	for (uint32_t i = 0; i < a->gateway_count; i++)
		if (!add_gateway(b, ifindex, a, a->gateways[i]))
			return false;
	await_lease(b, ifindex, a);
	return await_addresses(b, a);
}

static void device_lost(void *ctx, int ifindex, int err)
{
	const struct chat_net *n = ctx;

	failed("lost --stack ", n->args->device, err,
		": the server cannot be reached any more; restart it");
}

static void dhcp_changed(void *ctx, int ifindex, enum burble_dhcp_event event)
{
	const struct chat_net *n = ctx;
	struct burble_lease l;

	if (event == BURBLE_DHCP_LOST && n->data[0])
		chat_lease_forget(n->data);
	if (event == BURBLE_DHCP_LOST)
		fprintf(stderr,
			"burble chat: lost the DHCP lease of %s: clients cannot reach it "
			"until there is another\n",
			n->args->device);
	if (event == BURBLE_DHCP_BOUND && burble_dhcp_lease(n->stack, ifindex, &l) == 0) {
		fprintf(stderr, "burble chat: %s is %s by DHCP server %s\n", n->args->device,
			l.address, l.server);
		if (n->data[0])
			chat_lease_write(n->data, l.address);
	}
}

/* The sysctls that an administrator would set for the kernel. */
static void set_parameters(struct burble *b, const struct config *c)
{
	char backlog[16];

	snprintf(backlog, sizeof(backlog), "%d", (int)c->net.backlog);
	burble_sysctl_set(b, "net.core.somaxconn", backlog, NULL);
	burble_sysctl_set(b, "net.ipv4.tcp_max_syn_backlog", backlog, NULL);
}

/* [sysctl], before there is a device: some act when an interface or an address is added. */
static bool set_sysctls(struct burble *b, const struct chat_net_args *a, const struct config *c)
{
	for (size_t i = 0; i < c->sysctls.count; i++) {
		const struct config_sysctl *s = &c->sysctls.at[i];
		const char *why = "";
		int err = burble_sysctl_set(b, s->name, s->value, &why);

		if (err == 0)
			continue;
		if (s->line)
			fprintf(stderr, "burble chat: %s:%u: ", a->from->path, s->line);
		else
			fputs("burble chat: --set ", stderr);
		fprintf(stderr, "sysctl.%s = %s: %s\n", s->name, s->value, why);
		return false;
	}
	return true;
}

static bool open_stack(struct chat_net *n, const struct chat_net_args *a, const struct config *c)
{
	struct burble_config config = {
		.now = burble_clock(), .hooks = {.ctx = n, .device_lost = device_lost}};

	if (getrandom(&config.seed, sizeof(config.seed), 0) != sizeof(config.seed))
		config.seed = (uint64_t)config.now;
	n->stack = burble_new(&config);
	if (!n->stack)
		return failed("cannot create the stack", "", -ENOMEM, "");
	burble_dhcp_hook(n->stack, dhcp_changed, n);
	set_parameters(n->stack, c);
	if (a->busy_poll && burble_sysctl_set(n->stack, "net.core.busy_poll", a->busy_poll, NULL))
		return failed("cannot use --busy-poll ", a->busy_poll, -EINVAL,
			": expected microseconds");
	if (!set_sysctls(n->stack, a, c) || !add_device(n))
		return false;
	n->net = net_burble_new(n->stack);
	return n->net || failed("cannot create the network", "", -ENOMEM, "");
}

/* ---- options and configuration ---- */

/* Splits a copy of a list of the configuration into its words. */
static uint32_t split(char copy[CONFIG_LINE_MAX], const char *list, const char **words)
{
	uint32_t n = 0;

	snprintf(copy, CONFIG_LINE_MAX, "%s", list);
	for (char *rest = *copy ? copy : NULL; rest; n++)
		words[n] = strsep(&rest, " ");
	return n;
}

static const char *text_or_none(char copy[CONFIG_LINE_MAX], const char *text)
{
	snprintf(copy, CONFIG_LINE_MAX, "%s", text);
	return *copy ? copy : NULL;
}

static bool refuse(const char *what)
{
	fprintf(stderr, "burble chat: %s\n", what);
	return false;
}

static bool check_values(const struct chat_net_args *a)
{
	const char *why;

	for (uint32_t i = 0; i < a->addr_count; i++)
		if ((why = chat_addr_mistake(a->addrs[i])))
			return refuse_value(a, CHAT_NET_ADDR, a->addrs[i], why);
	for (uint32_t i = 0; i < a->gateway_count; i++)
		if ((why = chat_gateway_mistake(a->gateways[i], a->addrs, a->addr_count)))
			return refuse_value(a, CHAT_NET_GATEWAY, a->gateways[i], why);
	return true;
}

bool chat_net_settle(struct chat_net_args *a, const struct config *c)
{
	if (!a->addr_count)
		a->addr_count = split(a->words[CHAT_NET_ADDR], c->stack.addr, a->addrs);
	if (!a->gateway_count)
		a->gateway_count = split(a->words[CHAT_NET_GATEWAY], c->stack.gateway, a->gateways);
	if (!a->device)
		a->device = text_or_none(a->words[CHAT_NET_DEVICE], c->stack.device);
	if (!a->name)
		a->name = text_or_none(a->words[CHAT_NET_NAME], c->stack.name);
	if ((a->device != NULL) != (a->addr_count > 0))
		return refuse(
			"--stack and --addr need each other (or stack.device and stack.addr)");
	if (a->gateway_count > 0 && !a->device)
		return refuse("--gw needs --stack");
	if (a->name && !control_name_valid(a->name))
		return refuse("--name takes up to 32 letters, digits, '.', '_' and '-'");
	if (a->busy_poll && !a->device)
		return refuse("--busy-poll needs --stack");
	if (!a->device && c->sysctls.count > 0)
		return refuse(
			"[sysctl] needs stack.device: sysctl(8) sets the kernel's parameters");
	return check_values(a);
}

bool chat_net_open(struct chat_net *n, const struct chat_net_args *a, const struct config *c)
{
	*n = (struct chat_net){.args = a};
	snprintf(n->data, sizeof(n->data), "%s", c->server.data);
	if (!a->device) {
		n->net = net_kernel_new();
		return n->net || failed("epoll", "", -errno, "");
	}
	if (open_stack(n, a, c))
		return true;
	chat_net_close(n);
	return false;
}

void chat_net_close(struct chat_net *n)
{
	struct burble_lease l;

	if (n->stack && n->data[0] && burble_dhcp_lease(n->stack, n->ifindex, &l) == 0)
		chat_lease_forget(n->data); /* which the server gets back */
	if (n->net && n->stack)
		net_burble_free(n->net);
	else if (n->net)
		net_kernel_free(n->net);
	if (n->stack) {
		burble_drain(n->stack, DRAIN_PATIENCE);
		burble_free(n->stack);
	}
}
