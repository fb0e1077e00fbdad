/*
 * scripted_stream.c - the fixture, created anew for each test of streams.
 */
#include "socket/test/scripted_stream.h"
#include "base/test/test.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>

enum {
	BACKLOG = 5,
	WINDOW = 65535,
};

int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->p = peer_new();
	w->stack = w->p->s;
	w->bs = sockets_new(w->stack, &(struct burble_config){.fds_max = 1024});
	assert_non_null(w->bs);
	*state = w;
	return 0;
}

int tear_down(void **state)
{
	struct world *w = *state;

	settle(w);
	sockets_free(w->bs);
	peer_free(w->p);
	free(w);
	return 0;
}

struct sockaddr_in to(uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	in.sin_addr.s_addr = htonl(0x0a000001);
	return in;
}

int open_socket(struct world *w)
{
	return burble_socket(w->bs, AF_INET, SOCK_STREAM, 0);
}

void settle(struct world *w)
{
	peer_wait(w->p, 0);
}

int do_connect(struct world *w, int fd, struct burble_call *call)
{
	struct sockaddr_in in = to(w->p->port);
	int err;

	in.sin_addr.s_addr = htonl(0x0a000002);
	err = burble_connect_call(w->bs, fd, (struct sockaddr *)&in, sizeof(in), call);
	settle(w);
	return err;
}

void syn_ack(struct world *w)
{
	peer_in(w->p, SEG_SYN | SEG_ACK, 0, 1, 0);
}

void refuse(struct world *w)
{
	peer_in(w->p, SEG_RST | SEG_ACK, 0, 1, 0);
}

int connected(struct world *w)
{
	int fd = open_socket(w);

	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
	syn_ack(w);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	return fd;
}

int listening(struct world *w)
{
	struct sockaddr_in in = to(80);
	int fd = open_socket(w);

	assert_int_equal(burble_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(burble_listen(w->bs, fd, BACKLOG), 0);
	return fd;
}

void arrival(struct world *w)
{
	peer_in(w->p, SEG_SYN, 0, 0, 0);
	peer_in(w->p, SEG_ACK, 1, 1, 0);
	w->p->port++;
}

void data(struct world *w, uint32_t seq, uint32_t n)
{
	peer_in(w->p, SEG_ACK, seq, 1, n);
}

void acked(struct world *w, uint32_t ack)
{
	peer_in(w->p, SEG_ACK, 1, ack, 0);
}

void time_out(struct world *w, int fd)
{
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000), 0);
	assert_int_equal(send_text(w, fd, "x", NULL), 1);
	peer_wait(w->p, 10 * NSEC_SEC);
	assert_int_equal(state_of(w, fd), TCPS_CLOSED);
}

size_t fill(struct world *w, int fd)
{
	static char zeros[WINDOW];
	struct iovec v = {zeros, sizeof(zeros)};
	size_t all = 0;
	ssize_t n;

	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_SNDBUF, 1), 0);
	while ((n = burble_send_call(w->bs, fd, v, 0, NULL)) > 0)
		all += (size_t)n;
	assert_int_equal(n, -EAGAIN);
	settle(w);
	return all;
}

ssize_t send_text(struct world *w, int fd, const char *text, struct burble_call *call)
{
	struct iovec v = {(char *)text, strlen(text)};
	ssize_t n = burble_send_call(w->bs, fd, v, 0, call);

	settle(w);
	return n;
}

ssize_t recv_some(struct world *w, int fd, size_t n, int flags, struct burble_call *call)
{
	static char room[4096];

	return burble_recv_call(w->bs, fd, (struct iovec){room, n}, flags, call);
}

int get_int(struct world *w, int fd, int level, int name)
{
	int v = -12345;
	struct iovec value = {&v, sizeof(v)};
	int err = burble_getopt(w->bs, fd, level, name, &value);

	return err ? err : v;
}

int set_int(struct world *w, int fd, int level, int name, int v)
{
	return burble_setopt(w->bs, fd, level, name, (struct iovec){&v, sizeof(v)});
}

uint8_t state_of(struct world *w, int fd)
{
	struct tcp_info info;
	struct iovec value = {&info, sizeof(info)};

	assert_int_equal(burble_getopt(w->bs, fd, IPPROTO_TCP, TCP_INFO, &value), 0);
	return info.tcpi_state;
}
