/*
 * stream_fixture.c - the world that is made anew for each test of streams.
 */
#include "socket/test/stream_fixture.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	w->stack = fake_stack();
	w->bs = sockets_new(w->stack, &(struct burble_config){.fds_max = 1024});
	*state = w;
	return 0;
}

int tear_down(void **state)
{
	struct world *w = *state;
	sockets_free(w->bs);
	fake_stack_free(w->stack);
	free(w);
	return 0;
}

struct sockaddr_in to(uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	in.sin_addr.s_addr = htonl(0x0a000001);
	return in;
}

int do_connect(struct world *w, int fd, struct burble_call *call)
{
	struct sockaddr_in in = to(80);
	return burble_connect_call(w->bs, fd, (struct sockaddr *)&in, sizeof(in), call);
}

int open_socket(struct world *w)
{
	return burble_socket(w->bs, AF_INET, SOCK_STREAM, 0);
}

/* A connected socket, as a program has it after connect(). */
int connected(struct world *w)
{
	int fd = open_socket(w);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	c->f.room = c->f.writable = true;
	fake_become(w->stack, c, TCPS_ESTABLISHED, 0);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	return fd;
}

ssize_t send_text(struct world *w, int fd, const char *text, struct burble_call *call)
{
	struct iovec v = {(char *)text, strlen(text)};
	return burble_send_call(w->bs, fd, v, 0, call);
}

ssize_t recv_some(struct world *w, int fd, size_t n, int flags, struct burble_call *call)
{
	static char room[FAKE_BYTES];
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
