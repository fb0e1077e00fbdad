/*
 * packet.c - packet socket driver: a batch of frames in a recvmmsg(), a batch out in a sendmmsg().
 *
 *     kernel  device -> filter (PACKET_IGNORE_OUTGOING) -> SO_RCVBUF -> recvmmsg() -> stack_input()
 *             device <- queue discipline <- sendmmsg() <- netdev_ops.flush <- stack_flush()
 *
 * Each frame is preceded by a struct virtio_net_hdr (vnet.h). A frame is copied once each way, by
 * the kernel: docs/decisions/0501-packet-sockets-without-a-ring.md says why not through a ring.
 *
 * Frames that do not fit into SO_RCVBUF are dropped by the kernel and counted here as missed, those
 * that do not fit into its send queue as dropped.
 */
#include "driver/packet.h"
#include "driver/linux_if.h"
#include "driver/vnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 32,       /* frames a system call */
	BUFFER = 4 << 20, /* SO_RCVBUF and SO_SNDBUF, if the process may */
};

struct packet {
	struct netdev dev;
	/* in: frames of the last recvmmsg(), from next on not taken yet */
	struct vnet_in in[BATCH];
	uint32_t lens[BATCH];
	uint32_t next, count;
	/* out: frames for the next sendmmsg() */
	struct pkt *out[BATCH];
	uint32_t queued;
};

static struct packet *packet_of(struct netdev *dev)
{
	return container_of(dev, struct packet, dev);
}

/* --- out --- */

/* Sends the queue; what the kernel does not take is dropped, as by a full ring of a card. */
static void packet_flush(struct netdev *dev)
{
	struct packet *k = packet_of(dev);
	struct vnet_out out[BATCH];
	struct mmsghdr m[BATCH];
	int sent;

	if (k->queued == 0)
		return;
	for (uint32_t i = 0; i < k->queued; i++) {
		vnet_out(&out[i], dev, k->out[i]);
		m[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = out[i].iov, .msg_iovlen = (size_t)out[i].parts}};
	}
	sent = sendmmsg(dev->fd, m, k->queued, MSG_DONTWAIT);
	dev->tx_dropped += k->queued - (sent > 0 ? (uint32_t)sent : 0);
	for (uint32_t i = 0; i < k->queued; i++)
		pkt_free(k->out[i]);
	k->queued = 0;
}

static int packet_send(struct netdev *dev, struct pkt *p)
{
	struct packet *k = packet_of(dev);

	if (k->queued == BATCH)
		packet_flush(dev);
	assert(k->queued < BATCH);
	k->out[k->queued++] = p;
	return 0;
}

/* --- in --- */

/* Frames that the socket's buffer had no room for since it was last asked. */
static void count_missed(struct netdev *dev)
{
	struct tpacket_stats st;
	socklen_t n = sizeof(st);

	if (getsockopt(dev->fd, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0)
		dev->rx_missed += st.tp_drops;
}

/* Reads the next batch. False: there is none. */
static bool read_batch(struct packet *k)
{
	struct mmsghdr m[BATCH];
	uint32_t n = 0;
	int got;

	for (; n < BATCH && vnet_in_prepare(&k->in[n], &k->dev); n++)
		m[n] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = k->in[n].iov, .msg_iovlen = VNET_IOV}};
	got = n > 0 ? recvmmsg(k->dev.fd, m, n, MSG_DONTWAIT, NULL) : 0;
	if (got < 0 && errno == ENETDOWN) { /* down, or gone */
		struct linux_if now;

		if (linux_if_get(k->dev.name, &now) == -ENODEV)
			k->dev.lost = -ENODEV;
	}
	k->next = 0;
	k->count = got > 0 ? (uint32_t)got : 0;
	for (uint32_t i = 0; i < k->count; i++)
		k->lens[i] = m[i].msg_len;
	if (k->count == BATCH)
		count_missed(&k->dev);
	return k->count > 0;
}

static struct pkt *packet_receive(struct netdev *dev)
{
	struct packet *k = packet_of(dev);

	while (!dev->lost && (k->next < k->count || read_batch(k))) {
		uint32_t i = k->next++;
		struct pkt *p = vnet_in_take(&k->in[i], dev, k->lens[i]);

		if (p)
			return p;
	}
	return NULL;
}

static void packet_close(struct netdev *dev)
{
	struct packet *k = packet_of(dev);

	packet_flush(dev);
	for (uint32_t i = 0; i < BATCH; i++)
		vnet_in_free(&k->in[i]);
	close(dev->fd);
	free(k);
}

static const struct netdev_ops packet_ops = {.send = packet_send,
	.flush = packet_flush,
	.receive = packet_receive,
	.close = packet_close};

/* --- open --- */

static void set_buffer(int fd, int force, int plain)
{
	int bytes = BUFFER;

	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes)); /* as much as it may */
}

/* Binds fd to the device: from now on frames arrive. 0 or -errno. */
static int set_up(int fd, int ifindex)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	int on = 1;

	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	return 0;
}

/* A socket on the device, or -errno. */
static int attach(int ifindex)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? -errno : set_up(fd, ifindex);

	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

int packet_open(const char *name, struct netdev **out)
{
	struct linux_if dev;
	int err = linux_if_get(name, &dev), fd;
	struct packet *k;

	if (err || !dev.ether)
		return err ? err : -EINVAL;
	fd = attach(dev.index);
	if (fd < 0)
		return fd;
	k = calloc(1, sizeof(*k));
	if (!k) {
		close(fd);
		return -ENOMEM;
	}
	k->dev = (struct netdev){.ops = &packet_ops,
		.mtu = dev.mtu,
		.kind = NETDEV_ETHER,
		.flags = NETDEV_UP | NETDEV_GSO | NETDEV_TX_CSUM,
		.mac = dev.mac,
		.fd = fd};
	strcpy(k->dev.name, name);
	*out = &k->dev;
	return 0;
}
