/*
 * chat_net.c - network of the chat server, see chat_net.h.
 */
#include "cli/chat_net.h"

#include "burble/burble.h"
#include "host/net_burble.h"
#include "host/net_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define DRAIN_PATIENCE (5 * NSEC_SEC) /* for peers to acknowledge the last lines */

static bool failed(const char *what, const char *which, int err, const char *hint)
{
	fprintf(stderr, "burble chat: %s%s: %s%s\n", what, which, strerror(-err), hint);
	return false;
}

static const char *device_hint(int err)
{
	switch (err) {
	case -ENOENT: return ": no /dev/net/tun: 'modprobe tun' creates it";
	case -EACCES:
	case -EPERM:
		return ": run as root, or create it with 'ip tuntap add DEV mode tun user NAME'";
	case -EBUSY: return ": another program is using it";
	case -ENODEV: return ": 'ip link' lists the devices";
	case -EMSGSIZE: return ": AF_XDP needs an MTU of at most 3492";
	case -EINVAL: return ": expected [tun:|tap:|packet:|xdp:]NAME of a device of that kind";
	default: return "";
	}
}

static bool add_gateway(struct burble *b, int ifindex, const char *gateway)
{
	bool v6 = strchr(gateway, ':') != NULL;
	int err = burble_route_add(b, ifindex, v6 ? "::/0" : "0.0.0.0/0", gateway);

	return !err || failed("cannot use --gw ", gateway, err,
			       err == -EINVAL   ? ": expected an address"
			       : err == -EEXIST ? ": there is a default route"
						: "");
}

/* IPv6 addresses are of use once no other host turned out to have them. */
static bool await_addresses(struct burble *b)
{
	int n;

	while ((n = burble_addr_tentative(b)) > 0)
		burble_wait(b, NSEC_SEC);
	return n == 0 || failed("cannot use --addr", "", n, ": another host has that address");
}

static bool add_device(struct burble *b, const struct chat_net_args *a)
{
	int ifindex = burble_if_open(b, a->device);

	if (ifindex < 0)
		return failed("cannot open --stack ", a->device, ifindex, device_hint(ifindex));
	for (uint32_t i = 0; i < a->addr_count; i++) {
		int err = burble_addr_add(b, ifindex, a->addrs[i]);

		if (err)
			return failed("cannot use --addr ", a->addrs[i], err,
				err == -EINVAL ? ": expected ADDRESS/BITS" : "");
	}
	for (uint32_t i = 0; i < a->gateway_count; i++)
		if (!add_gateway(b, ifindex, a->gateways[i]))
			return false;
	return await_addresses(b);
}

static void device_lost(void *ctx, int ifindex, int err)
{
	const struct chat_net_args *a = ctx;

	failed("lost --stack ", a->device, err,
		": the server cannot be reached any more; restart it");
}

/* The sysctls that an administrator would set for the kernel. */
static void set_parameters(struct burble *b, const struct config *c)
{
	char backlog[16];

	snprintf(backlog, sizeof(backlog), "%d", (int)c->net.backlog);
	burble_sysctl_set(b, "net.core.somaxconn", backlog, NULL);
	burble_sysctl_set(b, "net.ipv4.tcp_max_syn_backlog", backlog, NULL);
}

static bool open_stack(struct chat_net *n, const struct chat_net_args *a, const struct config *c)
{
	struct burble_config config = {
		.now = burble_clock(), .hooks = {.ctx = (void *)a, .device_lost = device_lost}};

	if (getrandom(&config.seed, sizeof(config.seed), 0) != sizeof(config.seed))
		config.seed = (uint64_t)config.now;
	n->stack = burble_new(&config);
	if (!n->stack)
		return failed("cannot create the stack", "", -ENOMEM, "");
	set_parameters(n->stack, c);
	if (!add_device(n->stack, a))
		return false;
	n->net = net_burble_new(n->stack);
	return n->net || failed("cannot create the network", "", -ENOMEM, "");
}

bool chat_net_open(struct chat_net *n, const struct chat_net_args *a, const struct config *c)
{
	*n = (struct chat_net){0};
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
	if (n->net && n->stack)
		net_burble_free(n->net);
	else if (n->net)
		net_kernel_free(n->net);
	if (n->stack) {
		burble_drain(n->stack, DRAIN_PATIENCE);
		burble_free(n->stack);
	}
}
