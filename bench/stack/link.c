/* link.c - see link.h. */
#include "stack/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench/stack: %s\n", what);
	exit(1);
}

static int wire_send(struct netdev *dev, struct pkt *p)
{
	struct link_side *from = dev->ctx;
	struct link *l = from->link;
	struct link_side *to = &l->side[from == &l->side[CLIENT] ? SERVER : CLIENT];
	struct pkt *copy = pkt_new(stack_pkts(to->stack), pkt_total(p));

	must(copy != NULL, "out of memory for frames");
	pkt_bytes(p, copy->data);
	copy->len = pkt_total(p);
	copy->gso = p->gso;
	copy->csum_ok = p->csum_partial; /* nothing damages it here */
	pkt_queue_add(&to->in, copy);
	l->frames++;
	pkt_free(p);
	return 0;
}

static const struct netdev_ops wire_ops = {.send = wire_send};

static void side_init(struct link *l, int i)
{
	struct link_side *s = &l->side[i];
	struct stack_config c = {
		.seed = 7 + (uint64_t)i, .now = l->now, .slow_path = l->options.slow_path};
	struct ip_addr a = ip_addr_from_v4(0x0a000001 + (uint32_t)i), a6 = {.b = {0xfd}};
	const char *why;

	s->link = l;
	s->stack = stack_new(&c);
	must(s->stack != NULL, "out of memory for an instance");
	s->dev = (struct netdev){.ops = &wire_ops,
		.ctx = s,
		.name = "wire0",
		.mtu = 1500,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP | l->options.offload};
	must(stack_attach(s->stack, &s->dev) == 0, "no interface");
	must(stack_addr_add(s->stack, &s->dev, &a, 24) == 0, "no address");
	a6.b[15] = (uint8_t)(1 + i);
	stack_sysctl(s->stack)->ipv6_dad_transmits = 0;
	must(stack_addr_add(s->stack, &s->dev, &a6, 64) == 0, "no IPv6 address");
	sysctl_set(stack_sysctl(s->stack), "net.ipv4.ip_local_port_range", "1024 65535", &why);
	sysctl_set(stack_sysctl(s->stack), "net.core.somaxconn", "65535", &why);
	sysctl_set(stack_sysctl(s->stack), "net.ipv4.tcp_max_syn_backlog", "65535", &why);
	s->bs = sockets_new(s->stack, &(struct burble_config){0});
	must(s->bs != NULL, "out of memory for sockets");
	s->ep = burble_epoll_create1(s->bs, 0);
}

struct link *link_new(const struct link_options *o)
{
	struct link *l = calloc(1, sizeof(*l));

	must(l != NULL, "out of memory");
	l->now = NSEC_SEC;
	l->options = *o;
	for (int i = 0; i < SIDES; i++)
		side_init(l, i);
	return l;
}

void link_free(struct link *l)
{
	struct pkt *p;

	for (int i = 0; i < SIDES; i++) {
		sockets_free(l->side[i].bs);
		link_flush(l, i); /* the last segments are discarded */
	}
	for (int i = 0; i < SIDES; i++) {
		while ((p = pkt_queue_take(&l->side[i].in)))
			pkt_free(p);
		stack_free(l->side[i].stack);
	}
	free(l);
}

void link_flush(struct link *l, int side)
{
	stack_flush(l->side[side].stack, l->now);
}

int link_deliver(struct link *l, int side)
{
	struct link_side *s = &l->side[side];
	struct pkt *batch[LINK_BATCH];
	uint32_t n = 0;

	while (n < LINK_BATCH && (batch[n] = pkt_queue_take(&s->in)))
		n++;
	stack_input_batch(s->stack, &s->dev, batch, n, l->now);
	return (int)n;
}

void link_pass(struct link *l, nsec_t span)
{
	l->now += span;
	for (int i = 0; i < SIDES; i++) {
		stack_at(l->side[i].stack, l->now);
		if (stack_next(l->side[i].stack) <= l->now)
			stack_timers(l->side[i].stack, l->now);
	}
}

void link_settle(struct link *l, nsec_t span)
{
	nsec_t end = l->now + span;

	while (l->now < end || l->side[CLIENT].in.first || l->side[SERVER].in.first) {
		for (int i = 0; i < SIDES; i++) {
			link_flush(l, i);
			link_deliver(l, 1 - i);
		}
		link_pass(l, NSEC_MSEC);
	}
}

void link_watch(struct link *l, int side, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events | EPOLLET, .data.fd = fd};
	struct link_side *s = &l->side[side];

	must(burble_epoll_ctl(s->bs, s->ep, EPOLL_CTL_ADD, fd, &ev) == 0, "epoll_ctl failed");
}

int link_socket(struct link *l, int side, uint32_t events)
{
	int family = l->options.v6 ? AF_INET6 : AF_INET;
	int fd = burble_socket(l->side[side].bs, family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(fd >= 0, "no socket");
	if (events)
		link_watch(l, side, fd, events);
	return fd;
}

socklen_t link_server_addr(const struct link *l, int n, struct sockaddr_storage *a)
{
	uint16_t port = htons((uint16_t)(LINK_FIRST_PORT + n));
	struct sockaddr_in four = {
		.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(0x0a000002)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
		.sin6_port = port,
		.sin6_addr.s6_addr = {[0] = 0xfd, [15] = 2}};

	if (l->options.v6)
		memcpy(a, &six, sizeof(six));
	else
		memcpy(a, &four, sizeof(four));
	return l->options.v6 ? sizeof(six) : sizeof(four);
}

int link_listen(struct link *l, int n)
{
	struct sockaddr_storage a;
	socklen_t len = link_server_addr(l, n, &a);
	int fd = link_socket(l, SERVER, 0), err;

	err = burble_bind(l->side[SERVER].bs, fd, (struct sockaddr *)&a, len);
	must(err == 0, "bind failed");
	must(burble_listen(l->side[SERVER].bs, fd, 65535) == 0, "listen failed");
	link_watch(l, SERVER, fd, EPOLLIN);
	return fd;
}

void link_connect(struct link *l, int fd, int n)
{
	struct sockaddr_storage a;
	socklen_t len = link_server_addr(l, n, &a);
	int err = burble_connect_call(l->side[CLIENT].bs, fd, (struct sockaddr *)&a, len, NULL);

	must(err == -EINPROGRESS, "connect failed");
}
