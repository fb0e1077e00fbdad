/*
 * chat_net.c - network of the chat server, see chat_net.h.
 */
#include "cli/chat_net.h"

#include "burble/burble.h"
#include "host/net_burble.h"
#include "host/net_kernel.h"

#include <errno.h>
#include <stdio.h>
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
		return ": create it with 'ip tuntap add DEV mode tun user NAME', or run as root";
	case -EBUSY: return ": another program is using it";
	case -EINVAL: return ": it must be a TUN device, not TAP";
	default: return "";
	}
}

static bool add_device(struct burble *b, const struct chat_net_args *a)
{
	int ifindex = burble_tun_open(b, a->device);

	if (ifindex < 0)
		return failed("cannot open --stack ", a->device, ifindex, device_hint(ifindex));
	for (uint32_t i = 0; i < a->addr_count; i++) {
		int err = burble_addr_add(b, ifindex, a->addrs[i]);

		if (err)
			return failed("cannot use --addr ", a->addrs[i], err,
				err == -EINVAL ? ": expected ADDRESS/BITS" : "");
	}
	return true;
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
	struct burble_config config = {.now = burble_clock()};

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
