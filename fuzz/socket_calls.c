/*
 * socket_calls.c - system calls with any arguments, between sockets of one instance over lo. Each
 * byte of the input is an operation or an argument. Nothing may crash, leak or hang, and results
 * are 0 or more, or an errno that Linux has.
 */
#include "socket/instance.h"
#include "stack/stack.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>

enum {
	FDS = 16,
	BYTES = 256,
	ERRNO_MAX = 140,
};

struct input {
	const uint8_t *p;
	size_t left;
};

struct run {
	struct stack *stack;
	struct burble *bs;
	struct input in;
	nsec_t now;
	uint8_t bytes[BYTES];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t byte(struct run *r)
{
	if (r->in.left == 0)
		return 0;
	r->in.left--;
	return *r->in.p++;
}

static int word(struct run *r)
{
	return (int)((unsigned)byte(r) << 8 | byte(r));
}

static int fd(struct run *r)
{
	return byte(r) % FDS;
}

static void check(ssize_t result)
{
	if (result < -ERRNO_MAX && result != -BURBLE_BLOCKED)
		abort();
}

static struct sockaddr_in6 address(struct run *r, socklen_t *len)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	uint8_t kind = byte(r);

	*len = sizeof(six);
	six.sin6_port = htons((uint16_t)(1000 + byte(r) % 4));
	if (kind & 1) {
		struct sockaddr_in four = {.sin_family = kind & 2 ? AF_INET : AF_UNSPEC};

		four.sin_port = six.sin6_port;
		four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		memcpy(&six, &four, sizeof(four));
		*len = kind & 4 ? sizeof(four) : byte(r) % sizeof(six);
	}
	return six;
}

static void message(struct run *r, bool out)
{
	socklen_t len;
	struct sockaddr_in6 name = address(r, &len);
	int from = byte(r), control = byte(r) % 64, flags = word(r);
	_Alignas(16) uint8_t ctl[64];
	struct iovec v[2] = {{r->bytes, (size_t)from}, {r->bytes, byte(r)}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 1 + (from & 1)};

	for (int i = 0; i < control; i++)
		ctl[i] = byte(r);
	m.msg_control = ctl;
	m.msg_controllen = (size_t)control;
	if (from & 2) {
		m.msg_name = &name;
		m.msg_namelen = len;
	}
	check(out ? burble_sendmsg_call(r->bs, fd(r), &m, flags, NULL)
		  : burble_recvmsg_call(r->bs, fd(r), &m, flags, NULL));
}

static void option(struct run *r, bool set)
{
	static const int levels[] = {SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6};
	int level = levels[byte(r) % 4], name = byte(r) % 80;
	struct iovec v = {r->bytes, byte(r) % 40};

	for (size_t i = 0; i < v.iov_len && i < 8; i++)
		r->bytes[i] = byte(r);
	check(set ? burble_setopt(r->bs, fd(r), level, name, v)
		  : burble_getopt(r->bs, fd(r), level, name, &v));
}

static void epoll(struct run *r)
{
	struct epoll_event e[4] = {{.events = (uint32_t)word(r) | (uint32_t)byte(r) << 24}};

	if (byte(r) & 1)
		check(burble_epoll_ctl(r->bs, fd(r), byte(r) % 4, fd(r), e));
	else
		check(burble_epoll_wait_call(r->bs, fd(r), e, 4, NULL));
}

static void named(struct run *r, int op)
{
	socklen_t len;
	struct sockaddr_in6 a = address(r, &len);
	struct sockaddr *sa = (struct sockaddr *)&a;

	switch (op) {
	case 0: check(burble_bind(r->bs, fd(r), sa, len)); break;
	case 1: check(burble_connect_call(r->bs, fd(r), sa, len, NULL)); break;
	case 2:
		check(burble_accept4_call(r->bs, fd(r), (struct burble_addr){sa, &len}, 0, NULL));
		break;
	case 3: check(burble_getsockname(r->bs, fd(r), sa, &len)); break;
	default: check(burble_getpeername(r->bs, fd(r), sa, &len)); break;
	}
}

static void small(struct run *r, int op)
{
	int arg = word(r);

	switch (op) {
	case 0: check(burble_listen(r->bs, fd(r), arg % 8)); break;
	case 1: check(burble_shutdown(r->bs, fd(r), arg % 4)); break;
	case 2: check(burble_close_call(r->bs, fd(r), NULL)); break;
	case 3: check(burble_dup(r->bs, fd(r), arg % FDS, 0)); break;
	case 4: check(burble_fcntl(r->bs, fd(r), arg % 16, byte(r))); break;
	case 5: check(burble_ioctl(r->bs, fd(r), 0x5400U + (unsigned)arg % 0x40, &arg)); break;
	default: (void)burble_ready(r->bs, fd(r)); break;
	}
}

static void step(struct run *r)
{
	static const int domains[] = {AF_INET, AF_INET6}, types[] = {SOCK_STREAM, SOCK_DGRAM};
	uint8_t op = byte(r) % 20;

	if (op < 5)
		named(r, op);
	else if (op < 12)
		small(r, op - 5);
	else if (op == 12)
		check(burble_socket(r->bs, domains[byte(r) % 2], types[byte(r) % 2], 0));
	else if (op == 13)
		check(burble_epoll_create1(r->bs, 0));
	else if (op < 16)
		message(r, op == 14);
	else if (op < 18)
		option(r, op == 16);
	else if (op == 18)
		epoll(r);
	else
		r->now += NSEC_MSEC << byte(r) % 18;
	stack_timers(r->stack, r->now);
	stack_flush(r->stack, r->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stack_config c = {.seed = 1, .checked = true};
	struct run r = {.in = {data, size}};

	if (size > 4096)
		return 0;
	r.stack = stack_new(&c);
	r.bs = sockets_new(r.stack, &(struct burble_config){.fds_max = FDS});
	while (r.in.left > 0)
		step(&r);
	sockets_free(r.bs);
	stack_flush(r.stack, r.now);
	stack_free(r.stack);
	return 0;
}
