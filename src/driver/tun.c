/*
 * tun.c - TUN and TAP driver: one readv() per packet in, one writev() per packet out:
 *
 *     kernel  route -> tun0 -> queue -> readv() -> stack_input()
 *             tun0 <- writev() <- netdev_ops.send <- stack_flush()
 *
 * Traffic that stays on this machine is neither segmented nor summed (vnet.h).
 *
 * The kernel's queue (txqueuelen, 500 packets) is the only one: the kernel drops and counts the
 * packets that do not fit. A write to a device that is down fails with EIO: the packet is lost, as
 * on an unplugged cable, and TCP retransmits it.
 */
#include "driver/tun.h"
#include "driver/linux_if.h"
#include "driver/vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct tun {
	struct netdev dev;
	struct vnet_in in;
};

static struct tun *tun_of(struct netdev *dev)
{
	return container_of(dev, struct tun, dev);
}

static int tun_send(struct netdev *dev, struct pkt *p)
{
	struct vnet_out out;
	ssize_t n;

	vnet_out(&out, dev, p);
	n = writev(dev->fd, out.iov, out.parts);
	pkt_free(p);
	return n < 0 ? -ENOBUFS : 0;
}

static struct pkt *tun_receive(struct netdev *dev)
{
	struct vnet_in *in = &tun_of(dev)->in;
	ssize_t n;

	if (dev->lost || !vnet_in_prepare(in, dev))
		return NULL;
	n = readv(dev->fd, in->iov, VNET_IOV);
	if (n < 0 && errno == EBADFD) /* it has been deleted */
		dev->lost = -ENODEV;
	return n < 0 ? NULL : vnet_in_take(in, dev, (size_t)n);
}

static void tun_close(struct netdev *dev)
{
	vnet_in_free(&tun_of(dev)->in);
	close(dev->fd);
	free(tun_of(dev));
}

static const struct netdev_ops tun_ops = {
	.send = tun_send, .receive = tun_receive, .close = tun_close};

/* A descriptor for the device called name, or -errno. */
static int attach(const char *name, int mode)
{
	struct ifreq r = {.ifr_flags = (short)(mode | IFF_NO_PI | IFF_VNET_HDR)};
	unsigned offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	int head = sizeof(struct virtio_net_hdr);
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	strcpy(r.ifr_name, name);
	if (ioctl(fd, TUNSETIFF, &r) == 0 && ioctl(fd, TUNSETVNETHDRSZ, &head) == 0 &&
		ioctl(fd, TUNSETOFFLOAD, offload) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int open_device(const char *name, int mode, struct netdev **out)
{
	struct linux_if dev;
	struct tun *t = NULL;
	int fd, err;

	if (!linux_if_name_ok(name))
		return -EINVAL;
	fd = attach(name, mode);
	if (fd < 0)
		return fd;
	err = linux_if_get(name, &dev);
	if (!err)
		t = calloc(1, sizeof(*t));
	if (!t) {
		close(fd);
		return err ? err : -ENOMEM;
	}
	t->dev = (struct netdev){.ops = &tun_ops,
		.mtu = dev.mtu,
		.kind = mode == IFF_TAP ? NETDEV_ETHER : NETDEV_RAW,
		.flags = NETDEV_UP | NETDEV_GSO | NETDEV_TX_CSUM,
		.mac = dev.mac,
		.fd = fd};
	t->dev.mac.b[5] ^= 1;
	strcpy(t->dev.name, name);
	*out = &t->dev;
	return 0;
}

int tun_open(const char *name, struct netdev **out)
{
	return open_device(name, IFF_TUN, out);
}

int tap_open(const char *name, struct netdev **out)
{
	return open_device(name, IFF_TAP, out);
}
