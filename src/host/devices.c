/*
 * devices.c - opens Linux network devices as interfaces of an instance, by a kind and a name:
 *
 *     tun:NAME      IP packets; the kernel at the other end is the default router
 *     tap:NAME      Ethernet frames; the kernel, or a bridge, at the other end
 *     packet:NAME   an Ethernet device shared with the kernel
 *     xdp:NAME      an Ethernet device taken from the kernel
 */
#include "host/devices.h"

#include "driver/linux_if.h"
#include "driver/packet.h"
#include "driver/tun.h"
#include "driver/xdp.h"
#include "socket/instance.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static const struct kind {
	const char *prefix;
	int (*open)(const char *name, struct netdev **out);
} kinds[] = {
	{"tun:", tun_open},
	{"tap:", tap_open},
	{"packet:", packet_open},
	{"xdp:", xdp_open},
};

/* The kind of the device called name, or of the one that is to be created. The driver of TUN and
 * TAP devices says which as its bus. */
static const char *kind_of(const char *name)
{
	struct ethtool_drvinfo d = {.cmd = ETHTOOL_GDRVINFO};

	if (!if_nametoindex(name))
		return strncmp(name, "tap", 3) == 0 ? "tap:" : "tun:";
	if (!linux_if_ethtool(name, &d) || strcmp(d.driver, "tun") != 0)
		return "packet:";
	return strcmp(d.bus_info, "tap") == 0 ? "tap:" : "tun:";
}

static int open_as(const char *prefix, const char *name, struct netdev **out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].prefix, prefix) == 0)
			return kinds[i].open(name, out);
	return -EINVAL;
}

int device_open(const char *device, struct netdev **out)
{
	const char *name = strchr(device, ':');
	char prefix[8];

	if (!name)
		return open_as(kind_of(device), device, out);
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(name + 1 - device), device);
	return open_as(prefix, name + 1, out);
}

/* The kernel on the other side is the default router: no gateway, since a TUN link has none. */
static int default_routes(struct burble *b, int ifindex)
{
	int err = burble_route_add(b, ifindex, "0.0.0.0/0", NULL);

	return err ? err : burble_route_add(b, ifindex, "::/0", NULL);
}

int burble_if_open(struct burble *b, const char *device)
{
	struct netdev *dev;
	int err = device_open(device, &dev), ifindex;
	bool routed;

	if (err)
		return err;
	routed = dev->kind == NETDEV_RAW;
	ifindex = burble_if_attach(b, dev);
	if (ifindex < 0 || !routed)
		return ifindex;
	err = default_routes(b, ifindex);
	if (err)
		burble_if_del(b, ifindex);
	return err ? err : ifindex;
}

int burble_tun_open(struct burble *b, const char *name)
{
	char device[IFNAMSIZ + sizeof("tun:")];

	if (strlen(name) >= IFNAMSIZ)
		return -EINVAL;
	snprintf(device, sizeof(device), "tun:%s", name);
	return burble_if_open(b, device);
}
