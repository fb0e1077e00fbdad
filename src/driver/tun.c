/*
 * tun.c - TUN driver: one read() per packet in, one writev() per packet out:
 *
 *     kernel  route -> tun0 -> queue -> read()  -> stack_input()
 *             tun0 <- writev() <- netdev_ops.send <- stack_flush()
 *
 * A struct virtio_net_hdr precedes each packet: a packet of up to 64 KiB may hold several TCP
 * segments, and its checksum may be left to the other side, in both directions. Traffic that stays
 * on this machine is neither segmented nor summed.
 *
 * The kernel's queue (txqueuelen, 500 packets) is the only one: the kernel drops and counts the
 * packets that do not fit. A write to a device that is down fails with EIO: the packet is lost, as
 * on an unplugged cable, and TCP retransmits it.
 */
#include "driver/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
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

/* --- out --- */

static bool is_v4(const struct pkt *p)
{
	return p->data[0] >> 4 == 4;
}

static struct virtio_net_hdr header_for(const struct pkt *p)
{
	struct virtio_net_hdr h = {0};

	if (!p->csum_partial)
		return h;
	h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.csum_start = (uint16_t)pkt_csum_start(p);
	h.csum_offset = p->csum_offset;
	if (p->gso) {
		h.gso_type = is_v4(p) ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		h.gso_size = p->gso;
		h.hdr_len = (uint16_t)(p->ext_len > 0 ? p->len : 0); /* a hint */
	}
	return h;
}

static int tun_send(struct netdev *dev, struct pkt *p)
{
	struct virtio_net_hdr h = header_for(p);
	struct iovec v[3] = {{&h, sizeof(h)}, {p->data, p->len}, {(void *)p->ext, p->ext_len}};
	ssize_t n = writev(dev->fd, v, p->ext_len > 0 ? 3 : 2);

	pkt_free(p);
	return n < 0 ? -ENOBUFS : 0;
}

/* --- in --- */

/* Copies the fields of h, which the stack checks. */
static void apply(struct pkt *p, const struct virtio_net_hdr *h)
{
	p->csum_ok = (h->flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID)) != 0;
	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		pkt_csum_later(p, h->csum_start, h->csum_offset);
	if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		p->gso = h->gso_size;
}

static struct pkt *tun_receive(struct netdev *dev)
{
	struct tun *t = tun_of(dev);
	struct virtio_net_hdr h;
	struct iovec v[2] = {{&h, sizeof(h)}, {t->in, sizeof(t->in)}};
	ssize_t n = readv(dev->fd, v, 2) - (ssize_t)sizeof(h);
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
	apply(p, &h);
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
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
	unsigned offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	int head = sizeof(struct virtio_net_hdr);
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	memcpy(r.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, TUNSETIFF, &r) == 0 && ioctl(fd, TUNSETVNETHDRSZ, &head) == 0 &&
		ioctl(fd, TUNSETOFFLOAD, offload) == 0)
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
		.flags = NETDEV_UP | NETDEV_GSO | NETDEV_TX_CSUM,
		.fd = fd};
	strcpy(t->dev.name, name);
	*out = &t->dev;
	return 0;
}
