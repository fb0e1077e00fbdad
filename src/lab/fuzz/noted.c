/* noted.c - recorded system calls of programs: noted.h. */
#include "lab/fuzz/noted.h"

#include <stdio.h>

struct burble *noted_begin(struct run *r, int host)
{
	struct burble *b = host_instance(r->net.host[host]);

	if (r->dialogue)
		dialogue_begin(&r->dialogue->host[host]);
	return b;
}

void noted_call(struct run *r, int host, const char *format, ...)
{
	va_list args;

	if (!r->dialogue || r->failure.property[0])
		return;
	va_start(args, format);
	dialogue_call(&r->dialogue->host[host], r->net.world.now - WORLD_START, format, args);
	va_end(args);
	noted_begin(r, host);
}

const char *noted_result(int64_t result, char text[32])
{
	if (result < 0)
		snprintf(text, 32, "-1 %s", strerrorname_np((int)-result));
	else
		snprintf(text, 32, "%lld", (long long)result);
	return text;
}

const char *noted_address(const struct run *r, int host, int port, char text[NOTED_ADDRESS])
{
	bool v6 = plan_net(r->net.plan, NET_V6);
	char a[64];

	net_address_text(r->net.plan, host, false, a);
	snprintf(text, NOTED_ADDRESS,
		v6 ? "{sa_family = AF_INET6, sin6_port = htons(%d), sin6_addr = inet6_addr(\"%s\")}"
		   : "{sa_family = AF_INET, sin_port = htons(%d), sin_addr = inet_addr(\"%s\")}",
		port, a);
	return text;
}

int noted_socket(const struct caller *c)
{
	int fd = burble_socket(
		c->b, plan_net(c->r->net.plan, NET_V6) ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	noted_call(c->r, c->host, "socket(..., SOCK_STREAM | SOCK_NONBLOCK, 0) = %d",
		fd + DIALOGUE_FD);
	return fd;
}

void noted_setsockopt(const struct caller *c, int fd, const struct knob *k, int value)
{
	int err = burble_setsockopt(c->b, fd, k->level, k->option, &value, sizeof(value));
	char text[32];

	noted_call(c->r, c->host, "setsockopt(%d, %s, %s, [%d], 4) = %s", fd + DIALOGUE_FD,
		k->level == SOL_SOCKET ? "SOL_SOCKET" : "IPPROTO_TCP", k->name, value,
		noted_result(err, text));
}

int noted_bind(const struct caller *c, int fd, int port)
{
	struct sockaddr_storage a;
	socklen_t len = net_address(&c->r->net, c->host, (uint16_t)port, &a);
	int err = burble_bind(c->b, fd, (struct sockaddr *)&a, len);
	char text[32], where[NOTED_ADDRESS];

	noted_call(c->r, c->host, "bind(%d, %s, ...) = %s", fd + DIALOGUE_FD,
		noted_address(c->r, c->host, port, where), noted_result(err, text));
	return err;
}

void noted_close(const struct caller *c, int fd)
{
	int err = burble_close(c->b, fd);
	char text[32];

	noted_call(c->r, c->host, "close(%d) = %s", fd + DIALOGUE_FD, noted_result(err, text));
}
