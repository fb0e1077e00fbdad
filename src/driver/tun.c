/*
 * tun.c - TUN driver: one read() per packet in, one writev() per packet out:
 *
 *     kernel  route -> tun0 -> queue -> read()  -> stack_input()
 *             tun0 <- writev() <- netdev_ops.send <- stack_flush()
 *
 * The kernel's queue (txqueuelen, 500 packets) is the only one: the kernel drops and counts the
 * packets that do not fit. A write to a device that is down fails with EIO: the packet is lost, as
 * on an unplugged cable, and TCP retransmits it.
 */
#include "driver/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	PACKET_MAX = 65536, /* of IP */
};

struct tun {
	struct netdev dev;
	uint8_t in[PACKET_MAX]; /* the packet being read */
};

static struct tun *tun_of(struct netdev *dev)
{
	return container_of(dev, struct tun, dev);
}

static int tun_send(struct netdev *dev, struct pkt *p)
{
	struct iovec v[2] = {{p->data, p->len}, {(void *)p->ext, p->ext_len}};
	ssize_t n = writev(dev->fd, v, p->ext_len > 0 ? 2 : 1);

	pkt_free(p);
	return n < 0 ? -ENOBUFS : 0;
}

static struct pkt *tun_receive(struct netdev *dev)
{
	struct tun *t = tun_of(dev);
	ssize_t n = read(dev->fd, t->in, sizeof(t->in));
	struct pkt *p;

	if (n <= 0)
		return NULL;
	p = pkt_new(dev->pkts, (size_t)n);
	if (!p) {
		dev->rx_missed++;
		return NULL;
	}
	memcpy(p->data, t->in, (size_t)n);
	p->len = (uint32_t)n;
	return p;
}

static void tun_close(struct netdev *dev)
{
	close(dev->fd);
	free(tun_of(dev));
}

static const struct netdev_ops tun_ops = {
	.send = tun_send, .receive = tun_receive, .close = tun_close};

/* A descriptor for the device called name, or -errno. */
static int attach(const char *name)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	memcpy(r.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, TUNSETIFF, &r) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* The device's MTU, read through any socket of the same namespace. */
static int device_mtu(const char *name)
{
	struct ifreq r = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? -errno : 0;

	memcpy(r.ifr_name, name, strlen(name) + 1);
	if (!err && ioctl(fd, SIOCGIFMTU, &r) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err ? err : r.ifr_mtu;
}

int tun_open(const char *name, struct netdev **out)
{
	struct tun *t;
	int fd, mtu;

	if (!name[0] || strlen(name) >= IFNAMSIZ)
		return -EINVAL;
	fd = attach(name);
	if (fd < 0)
		return fd;
	mtu = device_mtu(name);
	t = mtu < 0 ? NULL : calloc(1, sizeof(*t));
	if (!t) {
		close(fd);
		return mtu < 0 ? mtu : -ENOMEM;
	}
	t->dev = (struct netdev){.ops = &tun_ops,
		.mtu = (uint32_t)mtu,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP,
		.fd = fd};
	strcpy(t->dev.name, name);
	*out = &t->dev;
	return 0;
}
