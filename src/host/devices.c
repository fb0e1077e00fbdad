/*
 * devices.c - opens Linux network devices as interfaces of an instance, by a kind and a name:
 *
 *     tun:NAME      IP packets; the kernel at the other end is the default router
 *     tap:NAME      Ethernet frames; the kernel, or a bridge, at the other end
 *     packet:NAME   an Ethernet device shared with the kernel
 *     xdp:NAME      an Ethernet device taken from the kernel
 *     pcap:IN,OUT   a capture file as a device; pcap-fast: without its times
 *
 * and cables between instances of this process.
 */
#include "host/devices.h"

#include "driver/linux_if.h"
#include "driver/packet.h"
#include "driver/pcap.h"
#include "driver/pipe.h"
#include "driver/tun.h"
#include "driver/xdp.h"
#include "host/wait.h"
#include "socket/instance.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static const struct kind {
	const char *kind;
	int (*open)(const char *name, struct netdev **out);
} kinds[] = {
	{"tun", tun_open},
	{"tap", tap_open},
	{"packet", packet_open},
	{"xdp", xdp_open},
	{"pcap", pcap_open},
	{"pcap-fast", pcap_open_fast},
};

/* The kind of the device called name, or of the one that is to be created. The driver of TUN and
 * TAP devices says which as its bus. */
static const char *kind_of(const char *name)
{
	struct ethtool_drvinfo d = {.cmd = ETHTOOL_GDRVINFO};

	if (!if_nametoindex(name))
		return strncmp(name, "tap", 3) == 0 ? "tap" : "tun";
	if (!linux_if_ethtool(name, &d) || strcmp(d.driver, "tun") != 0)
		return "packet";
	return strcmp(d.bus_info, "tap") == 0 ? "tap" : "tun";
}

/* Of the kind that the first len bytes name. */
static int open_as(const char *kind, size_t len, const char *name, struct netdev **out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(kinds[i].kind, kind, len) == 0 && !kinds[i].kind[len])
			return kinds[i].open(name, out);
	return -EINVAL;
}

int device_open(const char *device, struct netdev **out)
{
	const char *colon = strchr(device, ':');
	const char *kind = colon ? device : kind_of(device);

	return open_as(kind, colon ? (size_t)(colon - device) : strlen(kind),
		colon ? colon + 1 : device, out);
}

static bool is_kind(const char *device, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(device, kind, len) == 0 && device[len] == ':';
}

static const char *permission_hint(const char *device)
{
	if (is_kind(device, "xdp"))
		return ": AF_XDP needs BPF, which no user namespace grants:"
		       " run as root, or use packet:NAME";
	if (is_kind(device, "packet"))
		return ": run as root, or in a namespace of your own ('unshare -Urn')";
	return ": run as root, or in a namespace of your own ('unshare -Urn'),"
	       " or create it with 'ip tuntap add DEV mode tun user NAME'";
}

const char *device_hint(const char *device, int err)
{
	switch (err) {
	case -ENOENT:
		return strncmp(device, "pcap", 4) == 0
			       ? ": there is no such capture"
			       : ": no /dev/net/tun: 'modprobe tun' creates it";
	case -EACCES:
		return strncmp(device, "pcap", 4) == 0
			       ? ""
			       : ": /dev/net/tun is closed to this user: 'chmod 666' opens it";
	case -EPERM: return permission_hint(device);
	case -EBUSY: return ": another program is using it";
	case -ENODEV: return ": 'ip link' lists the devices";
	case -EMSGSIZE: return ": AF_XDP needs an MTU of at most 3492";
	case -EINVAL:
		return ": expected [tun:|tap:|packet:|xdp:]NAME of a device of that kind,"
		       " or pcap:FILE with a frame";
	default: return "";
	}
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
	routed = dev->kind == NETDEV_RAW; /* the other end forwards */
	ifindex = burble_if_attach(b, dev);
	if (ifindex < 0)
		return ifindex;
	host_wait_watch(b, ifindex);
	if (!routed)
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

int burble_if_pipe(
	struct burble *a, struct burble *b, enum burble_if_kind kind, uint32_t mtu, int ifindex[2])
{
	struct netdev *end[2];
	int err;

	if (mtu < BURBLE_MTU_MIN || mtu > BURBLE_MTU_MAX)
		return -EINVAL;
	err = pipe_open(kind == BURBLE_IF_ETHER ? NETDEV_ETHER : NETDEV_RAW, mtu, end);
	if (err)
		return err;
	ifindex[0] = burble_if_attach(a, end[0]);
	ifindex[1] = burble_if_attach(b, end[1]);
	for (int i = 0; i < 2; i++)
		if (ifindex[i] < 0)
			err = ifindex[i];
	if (err && ifindex[0] >= 0)
		burble_if_del(a, ifindex[0]);
	if (err && ifindex[1] >= 0)
		burble_if_del(b, ifindex[1]);
	if (err)
		return err;
	host_wait_watch(a, ifindex[0]);
	host_wait_watch(b, ifindex[1]);
	return 0;
}
