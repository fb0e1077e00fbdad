/* world_kernel.c - the running kernel, in a network namespace that dies with this process. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

static int tun;
static int quiet_ms; /* everything has arrived when nothing has left for this long */

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

static int k_socket(int domain, int type)
{
	int fd = socket(domain, type | SOCK_NONBLOCK, 0);
	/* the machine's default may pace, or be absent elsewhere */
	if (fd >= 0 && type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	return result(fd);
}

static int k_bind(int fd, const struct sockaddr_storage *a, socklen_t len)
{
	return result(bind(fd, (const struct sockaddr *)a, len));
}

static int k_connect(int fd, const struct sockaddr_storage *a, socklen_t len)
{
	return result(connect(fd, (const struct sockaddr *)a, len));
}

static int k_listen(int fd, int backlog)
{
	return result(listen(fd, backlog));
}

static int k_accept(int fd)
{
	return result(accept4(fd, NULL, NULL, SOCK_NONBLOCK));
}

static int k_close(int fd)
{
	return result(close(fd));
}

static int k_shutdown(int fd, int how)
{
	return result(shutdown(fd, how));
}

static int k_set(int fd, const struct sockopt *o)
{
	return result(setsockopt(fd, o->level, o->name, &o->value, sizeof(o->value)));
}

static int k_get(int fd, struct sockopt *o)
{
	socklen_t len = sizeof(o->value);
	return result(getsockopt(fd, o->level, o->name, &o->value, &len));
}

static int k_name(int fd, int peer, struct sockaddr_storage *a)
{
	socklen_t len = sizeof(*a);
	struct sockaddr *sa = (struct sockaddr *)a;
	return result(peer ? getpeername(fd, sa, &len) : getsockname(fd, sa, &len));
}

static int k_ioctl(int fd, unsigned long request, int *v)
{
	return result(ioctl(fd, request, v));
}

static int k_send(int fd, const struct letter *l)
{
	const struct sockaddr *to = l->len ? (const struct sockaddr *)&l->addr : NULL;
	return result(sendto(fd, l->bytes, l->n, l->flags | MSG_NOSIGNAL, to, l->len));
}

static int k_recv(int fd, struct letter *l)
{
	l->len = sizeof(l->addr);
	return result(recvfrom(fd, l->bytes, l->n, l->flags, (struct sockaddr *)&l->addr, &l->len));
}

static int k_poll(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
	int r = poll(&p, 1, 0);
	return r < 0 ? -errno : p.revents;
}

static int k_state(int fd)
{
	struct tcp_info i = {0};
	socklen_t len = sizeof(i);
	int r = result(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len));
	return r < 0 ? r : i.tcpi_state;
}

static void k_wire_in(const uint8_t *packet, size_t n)
{
	if (write(tun, packet, n) < 0)
		perror("twin: the TUN device");
}

static size_t k_wire_out(uint8_t *packet)
{
	struct pollfd p = {.fd = tun, .events = POLLIN};
	if (poll(&p, 1, quiet_ms) <= 0)
		return 0;
	ssize_t n = read(tun, packet, WIRE_MTU);
	return n > 0 ? (size_t)n : 0;
}

static const struct world kernel = {k_socket, k_bind, k_connect, k_listen, k_accept, k_close,
	k_shutdown, k_set, k_get, k_name, k_ioctl, k_send, k_recv, k_poll, k_state, k_wire_in,
	k_wire_out};

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

static int up(int fd, const char *dev)
{
	struct ifreq r = {0};
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", dev);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &r);
}

static int addr4(int fd, unsigned long request, const char *text)
{
	struct ifreq r = {.ifr_name = "d0"};
	struct sockaddr_in in = {.sin_family = AF_INET};
	inet_pton(AF_INET, text, &in.sin_addr);
	memcpy(&r.ifr_addr, &in, sizeof(in));
	return ioctl(fd, request, &r);
}

static int addr6(const char *text)
{
	struct ifreq r = {.ifr_name = "d0"};
	struct in6_ifreq a = {.ifr6_prefixlen = 64};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	inet_pton(AF_INET6, text, &a.ifr6_addr);
	int err = ioctl(fd, SIOCGIFINDEX, &r);
	a.ifr6_ifindex = r.ifr_ifindex;
	if (err == 0)
		err = ioctl(fd, SIOCSIFADDR, &a);
	close(fd);
	return err;
}

static int make(void)
{
	struct ifreq r = {.ifr_name = "d0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	put("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
	put("/proc/sys/net/ipv6/conf/default/router_solicitations", "0");
	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &r) < 0)
		return -1;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int err = up(fd, "lo") | addr4(fd, SIOCSIFADDR, "10.0.0.1") |
		  addr4(fd, SIOCSIFNETMASK, "255.255.255.0") | up(fd, "d0") | addr6("fd00::1");
	close(fd);
	return err;
}

const struct world *world_kernel(int pace_ms)
{
	quiet_ms = pace_ms;
	if (make() == 0)
		return &kernel;
	fprintf(stderr, "twin: a network namespace with a TUN device: %s\n", strerror(errno));
	return NULL;
}
