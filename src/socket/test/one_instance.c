/* one_instance.c - an instance alone. */
#include "socket/test/one_instance.h"
#include "base/test/test.h"

#include <stdlib.h>

#include <arpa/inet.h>

static int swallow(struct netdev *dev, struct pkt *p)
{
	pkt_free(p);
	return 0;
}

static const struct netdev_ops ops = {.send = swallow};

struct host *host_new(void)
{
	static const struct {
		const char *text;
		uint8_t bits;
	} addrs[] = {{"10.0.0.1", 24}, {"10.0.0.3", 24}, {"fd00::1", 64}, {"fd00::3", 64}};
	struct host *h = calloc(1, sizeof(*h));

	h->stack = stack_new(&(struct stack_config){.seed = 7});
	assert_non_null(h->stack);
	h->dev = (struct netdev){.ops = &ops, .name = "d0"};
	h->dev.mtu = 1500;
	h->dev.kind = NETDEV_RAW;
	h->dev.flags = NETDEV_UP;
	assert_int_equal(stack_attach(h->stack, &h->dev), 0);
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		struct ip_addr a;
		assert_true(ip_addr_parse(&a, addrs[i].text));
		assert_int_equal(stack_addr_add(h->stack, &h->dev, &a, addrs[i].bits), 0);
	}
	h->bs = sockets_new(h->stack, &(struct burble_config){.fds_max = 4096});
	host_settle(h, 10 * NSEC_SEC); /* duplicate address detection is over */
	return h;
}

void host_free(struct host *h)
{
	sockets_free(h->bs);
	stack_flush(h->stack, h->now);
	stack_detach(h->stack, &h->dev);
	stack_free(h->stack);
	free(h);
}

int host_begin(void **state)
{
	*state = host_new();
	return 0;
}

int host_end(void **state)
{
	host_free(*state);
	return 0;
}

void host_settle(struct host *h, nsec_t span)
{
	nsec_t until = h->now + span;
	for (;;) {
		stack_flush(h->stack, h->now);
		nsec_t next = stack_next(h->stack);
		if (next > until)
			break;
		h->now = next > h->now ? next : h->now;
		stack_timers(h->stack, h->now);
	}
	h->now = until;
	stack_at(h->stack, h->now);
}

struct host_addr host_addr(const char *text, uint16_t port)
{
	struct host_addr a = {0};
	if (strchr(text, ':')) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, text, &a.in6.sin6_addr), 1);
		a.len = sizeof(a.in6);
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
		assert_int_equal(inet_pton(AF_INET, text, &a.in.sin_addr), 1);
		a.len = sizeof(a.in);
	}
	return a;
}

int host_socket(struct host *h, const char *text, int type)
{
	int domain = strchr(text, ':') ? AF_INET6 : AF_INET;
	int fd = burble_socket(h->bs, domain, type | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	return fd;
}

int host_bind(struct host *h, int fd, const char *text, uint16_t port)
{
	struct host_addr a = host_addr(text, port);
	return burble_bind(h->bs, fd, &a.sa, a.len);
}

int host_connect(struct host *h, int fd, const char *text, uint16_t port)
{
	struct host_addr a = host_addr(text, port);
	return burble_connect_call(h->bs, fd, &a.sa, a.len, NULL);
}

int host_set(struct host *h, int fd, int level, int name, int value)
{
	return burble_setopt(h->bs, fd, level, name, (struct iovec){&value, sizeof(value)});
}

uint16_t host_port(struct host *h, int fd)
{
	struct host_addr a = {.len = sizeof(a.in6)};
	assert_int_equal(burble_getsockname(h->bs, fd, &a.sa, &a.len), 0);
	return ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port);
}
