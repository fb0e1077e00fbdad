/*
 * xdp.c - AF_XDP driver. Each receive queue of the device has a socket and memory of its own
 * (UMEM), half of whose frames are lent to the kernel for what arrives, half for what is sent:
 *
 *     device -> XDP program -> RX ring -> copied into a packet -> stack_input()
 *                 fill ring <- the frame is lent again <-'
 *     device <- TX ring <- copied into a frame <- netdev_ops.send
 *                 completion ring -> the frame is free again
 *
 * The program (xdp_program.c) sends every frame to the socket of its queue. Where the device's
 * driver can, it reads and writes the UMEM itself (zero copy); else the kernel copies. What is sent
 * leaves through the first queue.
 *
 * Frames for which no frame of the UMEM is left are dropped: in by the kernel, counted here as
 * missed; out with -ENOBUFS.
 */
#include "driver/xdp.h"
#include "driver/linux_if.h"
#include "driver/xdp_program.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xdp/xsk.h>

enum {
	XDP_FRAME = 4096, /* of the UMEM */
	XDP_ROOM = 3506, /* of it for a frame: the kernel keeps headroom and its own record there */
	RING = 2048,     /* entries of each ring */
	QUEUES_MAX = 64,
	BUSY_TRIES = 50,
	BUSY_PAUSE = 20000000, /* ns */
};

struct queue {
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons completion, rx;
	uint8_t *memory; /* 2 * RING frames: the first half receives */
	uint64_t free[RING];
	uint32_t free_count; /* frames at free, for sending */
	uint32_t kick;       /* frames since the kernel was last told */
	uint64_t dropped;    /* as last read from the kernel */
};

struct xdp {
	struct netdev dev; /* fd: an epoll instance with all sockets */
	struct xdp_program program;
	bool csum_ok;         /* veth: frames of this machine, whose sums are not made */
	bool idle;            /* the last look for frames was in vain */
	uint32_t count, turn; /* queues; the one to receive from next */
	struct queue queues[];
};

static struct xdp *xdp_of(struct netdev *dev)
{
	return container_of(dev, struct xdp, dev);
}

/* --- out --- */

/* Frames that have been sent are free again. */
static void complete(struct queue *q)
{
	uint32_t at, n = xsk_ring_cons__peek(&q->completion, RING, &at);

	for (uint32_t i = 0; i < n; i++)
		q->free[q->free_count++] = *xsk_ring_cons__comp_addr(&q->completion, at + i);
	assert(q->free_count <= RING);
	xsk_ring_cons__release(&q->completion, n);
}

/* Tells the kernel that there is something to send: it takes 32 frames a call. */
static void kick(struct queue *q)
{
	for (; q->kick > 0; q->kick -= u32_min(q->kick, 32))
		if (xsk_ring_prod__needs_wakeup(&q->tx))
			sendto(xsk_socket__fd(q->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
	complete(q);
}

static void xdp_flush(struct netdev *dev)
{
	kick(&xdp_of(dev)->queues[0]);
}

static int xdp_send(struct netdev *dev, struct pkt *p)
{
	struct queue *q = &xdp_of(dev)->queues[0];
	uint32_t len = pkt_total(p), at;
	uint64_t frame;

	assert(len <= XDP_ROOM);
	if (q->free_count == 0)
		kick(q);
	if (q->free_count == 0 || xsk_ring_prod__reserve(&q->tx, 1, &at) == 0) {
		pkt_free(p);
		return -ENOBUFS;
	}
	frame = q->free[--q->free_count];
	pkt_bytes(p, q->memory + frame);
	*xsk_ring_prod__tx_desc(&q->tx, at) = (struct xdp_desc){.addr = frame, .len = len};
	xsk_ring_prod__submit(&q->tx, 1);
	q->kick++;
	pkt_free(p);
	return 0;
}

/* --- in --- */

static void count_missed(struct netdev *dev, struct queue *q)
{
	struct xdp_statistics st;
	socklen_t n = sizeof(st);
	uint64_t now;

	if (getsockopt(xsk_socket__fd(q->socket), SOL_XDP, XDP_STATISTICS, &st, &n) < 0)
		return;
	now = st.rx_dropped + st.rx_ring_full + st.rx_fill_ring_empty_descs;
	dev->rx_missed += now - q->dropped;
	q->dropped = now;
}

/* Lends the frame at addr to the kernel again. The kernel shows a batch of received frames before
 * it shows that it has taken them from the fill ring, which therefore has room for twice as many as
 * there are. */
static void lend(struct queue *q, uint64_t addr)
{
	uint32_t at;

	if (xsk_ring_prod__reserve(&q->fill, 1, &at) == 0)
		assert(!"the fill ring has room for all frames");
	*xsk_ring_prod__fill_addr(&q->fill, at) = addr / XDP_FRAME * XDP_FRAME;
	xsk_ring_prod__submit(&q->fill, 1);
}

static struct pkt *take(struct xdp *x, struct queue *q, const struct xdp_desc *d)
{
	struct pkt *p = pkt_new(x->dev.pkts, d->len);

	if (!p) {
		x->dev.rx_missed++;
		return NULL;
	}
	memcpy(p->data, q->memory + d->addr, d->len);
	p->len = d->len;
	p->csum_ok = x->csum_ok;
	return p;
}

/* The next frame of q; NULL: none. */
static struct pkt *receive_from(struct xdp *x, struct queue *q)
{
	struct pkt *p = NULL;
	uint32_t at;

	while (!p && xsk_ring_cons__peek(&q->rx, 1, &at) == 1) {
		struct xdp_desc d = *xsk_ring_cons__rx_desc(&q->rx, at);

		p = take(x, q, &d);
		xsk_ring_cons__release(&q->rx, 1);
		lend(q, d.addr);
	}
	return p;
}

/* Tells the kernel that it has frames to fill again. */
static void refilled(struct netdev *dev, struct queue *q)
{
	if (!xsk_ring_prod__needs_wakeup(&q->fill))
		return;
	recvfrom(xsk_socket__fd(q->socket), NULL, 0, MSG_DONTWAIT, NULL, NULL);
	count_missed(dev, q);
}

/* Two looks in vain: a wake-up without a frame may mean that the device has been deleted. */
static void check_lost(struct xdp *x)
{
	int err = 0;
	socklen_t n = sizeof(err);

	getsockopt(xsk_socket__fd(x->queues[0].socket), SOL_SOCKET, SO_ERROR, &err, &n);
	if (err)
		x->dev.lost = -ENODEV;
}

static struct pkt *xdp_receive(struct netdev *dev)
{
	struct xdp *x = xdp_of(dev);

	for (uint32_t i = 0; i < x->count && !dev->lost; i++) {
		struct queue *q = &x->queues[x->turn];
		struct pkt *p = receive_from(x, q);

		if (p) {
			x->idle = false;
			return p;
		}
		refilled(dev, q);
		x->turn = (x->turn + 1) % x->count;
	}
	if (x->idle && !dev->lost)
		check_lost(x);
	x->idle = true;
	return NULL;
}

/* --- open and close --- */

static void queue_close(struct queue *q)
{
	if (q->socket)
		xsk_socket__delete(q->socket);
	if (q->umem)
		xsk_umem__delete(q->umem);
	if (q->memory)
		munmap(q->memory, (size_t)2 * RING * XDP_FRAME);
}

static void xdp_close(struct netdev *dev)
{
	struct xdp *x = xdp_of(dev);

	xdp_program_detach(&x->program);
	for (uint32_t i = 0; i < x->count; i++)
		queue_close(&x->queues[i]);
	if (dev->fd >= 0)
		close(dev->fd);
	free(x);
}

static const struct netdev_ops xdp_ops = {
	.send = xdp_send, .flush = xdp_flush, .receive = xdp_receive, .close = xdp_close};

static int make_umem(struct queue *q)
{
	const struct xsk_umem_config config = {
		.fill_size = 2 * RING, .comp_size = RING, .frame_size = XDP_FRAME};
	size_t bytes = (size_t)2 * RING * XDP_FRAME;
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	q->memory = memory;
	return xsk_umem__create(&q->umem, memory, bytes, &q->fill, &q->completion, &config);
}

static void share_out(struct queue *q)
{
	for (uint32_t i = 0; i < RING; i++) {
		lend(q, (uint64_t)i * XDP_FRAME);
		q->free[q->free_count++] = (uint64_t)(RING + i) * XDP_FRAME;
	}
}

/* The socket of queue number `id`. That of a process that has just ended is released a little later
 * than the process, so that a restart may have to wait for it. */
static int bind_socket(struct queue *q, const char *name, uint32_t id)
{
	const struct xsk_socket_config config = {.rx_size = RING,
		.tx_size = RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_USE_NEED_WAKEUP};
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE};
	int err = -EBUSY;

	for (int i = 0; i < BUSY_TRIES && err == -EBUSY; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		err = xsk_socket__create(&q->socket, name, id, q->umem, &q->rx, &q->tx, &config);
	}
	return err;
}

/* Opens queue number `id` of the device. What was made stays in *q, whatever the result. */
static int queue_open(struct queue *q, const char *name, uint32_t id)
{
	int err = make_umem(q);

	if (err)
		return err;
	share_out(q);
	return bind_socket(q, name, id);
}

static int watch(int epoll, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

/* The next queue, its socket in the program's map and watched. */
static int add_queue(struct xdp *x)
{
	struct queue *q = &x->queues[x->count++];
	int err = queue_open(q, x->dev.name, x->count - 1);

	if (!err)
		err = xsk_socket__update_xskmap(q->socket, x->program.map);
	return err ? err : watch(x->dev.fd, xsk_socket__fd(q->socket));
}

static int open_queues(struct xdp *x, int ifindex, uint32_t n)
{
	int err = xdp_program_attach(&x->program, ifindex, n);

	if (err)
		return err;
	x->dev.fd = epoll_create1(EPOLL_CLOEXEC);
	if (x->dev.fd < 0)
		return -errno;
	while (x->count < n && !err)
		err = add_queue(x);
	return err;
}

static uint32_t queues_of(const char *name)
{
	struct ethtool_channels c = {.cmd = ETHTOOL_GCHANNELS};
	uint32_t n = linux_if_ethtool(name, &c) ? c.combined_count + c.rx_count : 1;

	return n == 0 ? 1 : u32_min(n, QUEUES_MAX);
}

static bool is_veth(const char *name)
{
	struct ethtool_drvinfo d = {.cmd = ETHTOOL_GDRVINFO};

	return linux_if_ethtool(name, &d) && strcmp(d.driver, "veth") == 0;
}

int xdp_open(const char *name, struct netdev **out)
{
	struct linux_if dev;
	int err = linux_if_get(name, &dev);
	uint32_t n;
	struct xdp *x;

	if (err || !dev.ether)
		return err ? err : -EINVAL;
	if (dev.mtu + ETH_HDR_LEN > XDP_ROOM)
		return -EMSGSIZE;
	n = queues_of(name);
	x = calloc(1, sizeof(*x) + n * sizeof(x->queues[0]));
	if (!x)
		return -ENOMEM;
	libbpf_set_print(NULL); /* its own lines on stderr: an error is returned */
	x->csum_ok = is_veth(name);
	x->dev = (struct netdev){.ops = &xdp_ops,
		.mtu = dev.mtu,
		.kind = NETDEV_ETHER,
		.flags = NETDEV_UP,
		.mac = dev.mac,
		.fd = -1};
	strcpy(x->dev.name, name);
	err = open_queues(x, dev.index, n);
	if (err) {
		xdp_close(&x->dev);
		return err;
	}
	*out = &x->dev;
	return 0;
}
