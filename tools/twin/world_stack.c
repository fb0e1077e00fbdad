/* world_stack.c - the stack in virtual time, with a device that keeps sent packets. */
#include "socket/instance.h"
#include "stack/stack.h"
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

enum {
	KEPT_MAX = 1024, /* packets waiting to be read; more are lost, as on a TUN device */
};

static struct stack *stack;
static struct burble *bs;
static struct netdev dev;
static nsec_t now, pace;
static struct pkt *kept[KEPT_MAX];
static unsigned first, last;

static int keep(struct netdev *d, struct pkt *p)
{
	(void)d;
	if (last - first == KEPT_MAX)
		pkt_free(p);
	else
		kept[last++ % KEPT_MAX] = p;
	return 0;
}

static const struct netdev_ops ops = {.send = keep};

/* Delivers what is in flight on lo; runs only the timers that are due. */
static void settle(void)
{
	stack_flush(stack, now);
	stack_timers(stack, now);
	stack_flush(stack, now);
}

static int s_socket(int domain, int type)
{
	int fd = burble_socket(bs, domain, type | SOCK_NONBLOCK, 0);
	if (fd >= 0 && type == SOCK_STREAM)
		burble_setopt(bs, fd, IPPROTO_TCP, TCP_CONGESTION, (struct iovec){"reno", 4});
	return fd;
}

static int s_bind(int fd, const struct sockaddr_storage *a, socklen_t len)
{
	return burble_bind(bs, fd, (const struct sockaddr *)a, len);
}

static int s_connect(int fd, const struct sockaddr_storage *a, socklen_t len)
{
	return burble_connect_call(bs, fd, (const struct sockaddr *)a, len, NULL);
}

static int s_listen(int fd, int backlog)
{
	return burble_listen(bs, fd, backlog);
}

static int s_accept(int fd)
{
	return burble_accept4_call(bs, fd, (struct burble_addr){0}, SOCK_NONBLOCK, NULL);
}

static int s_close(int fd)
{
	return burble_close_call(bs, fd, NULL);
}

static int s_shutdown(int fd, int how)
{
	return burble_shutdown(bs, fd, how);
}

static int s_set(int fd, const struct sockopt *o)
{
	int v = o->value;
	return burble_setopt(bs, fd, o->level, o->name, (struct iovec){&v, sizeof(v)});
}

static int s_get(int fd, struct sockopt *o)
{
	struct iovec v = {&o->value, sizeof(o->value)};
	return burble_getopt(bs, fd, o->level, o->name, &v);
}

static int s_name(int fd, int peer, struct sockaddr_storage *a)
{
	socklen_t len = sizeof(*a);
	struct sockaddr *sa = (struct sockaddr *)a;
	return peer ? burble_getpeername(bs, fd, sa, &len) : burble_getsockname(bs, fd, sa, &len);
}

static int s_ioctl(int fd, unsigned long request, int *v)
{
	return burble_ioctl(bs, fd, request, v);
}

static struct msghdr message(const struct letter *l, struct iovec *one)
{
	struct msghdr m = {.msg_iov = one, .msg_iovlen = 1};
	*one = (struct iovec){l->bytes, l->n};
	m.msg_name = l->len ? (void *)(uintptr_t)&l->addr : NULL;
	m.msg_namelen = l->len;
	return m;
}

static int s_send(int fd, const struct letter *l)
{
	struct iovec one;
	struct msghdr m = message(l, &one);
	return (int)burble_sendmsg_call(bs, fd, &m, l->flags | MSG_NOSIGNAL, NULL);
}

static int s_recv(int fd, struct letter *l)
{
	struct iovec one;
	l->len = sizeof(l->addr);
	struct msghdr m = message(l, &one);
	int n = (int)burble_recvmsg_call(bs, fd, &m, l->flags, NULL);
	l->len = m.msg_namelen;
	return n;
}

static int s_poll(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
	int r = burble_poll_call(bs, &p, 1, NULL);
	return r < 0 ? r : p.revents;
}

static int s_state(int fd)
{
	struct tcp_info i = {0};
	struct iovec v = {&i, sizeof(i)};
	int r = burble_getopt(bs, fd, IPPROTO_TCP, TCP_INFO, &v);
	return r < 0 ? r : i.tcpi_state;
}

static void s_wire_in(const uint8_t *packet, size_t n)
{
	struct pkt *p = pkt_new(stack_pkts(stack), n);
	if (!p)
		return;
	p->len = (uint32_t)n;
	memcpy(p->data, packet, n);
	stack_input(stack, &dev, p, now);
}

static size_t s_wire_out(uint8_t *packet)
{
	settle();
	if (first == last) {
		now += pace; /* as long as the other world listens */
		settle();
	}
	if (first == last)
		return 0;
	struct pkt *p = kept[first++ % KEPT_MAX];
	size_t n = pkt_total(p);
	if (n <= WIRE_MTU)
		pkt_bytes(p, packet);
	pkt_free(p);
	return n <= WIRE_MTU ? n : 0;
}

static const struct world world = {s_socket, s_bind, s_connect, s_listen, s_accept, s_close,
	s_shutdown, s_set, s_get, s_name, s_ioctl, s_send, s_recv, s_poll, s_state, s_wire_in,
	s_wire_out};

const struct world *world_stack(int pace_ms)
{
	struct ip_addr a;
	pace = pace_ms * NSEC_MSEC;
	stack = stack_new(&(struct stack_config){.seed = 7});
	if (!stack)
		return NULL;
	dev = (struct netdev){.ops = &ops, .name = "d0"};
	dev.mtu = WIRE_MTU;
	dev.kind = NETDEV_RAW;
	dev.flags = NETDEV_UP;
	stack_attach(stack, &dev);
	if (ip_addr_parse(&a, "10.0.0.1"))
		stack_addr_add(stack, &dev, &a, 24);
	if (ip_addr_parse(&a, "fd00::1"))
		stack_addr_add(stack, &dev, &a, 64);
	if (ip_addr_parse(&a, "fe80::2")) /* a kernel configures it itself */
		stack_addr_add(stack, &dev, &a, 64);
	bs = sockets_new(stack, &(struct burble_config){.fds_max = 4096});
	now = 10 * NSEC_SEC;
	settle();
	return &world;
}
