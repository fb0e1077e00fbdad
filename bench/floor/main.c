/*
 * main.c - the floor's event loop: accept all, read each ready client once, then send.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor/floor.h"

enum {
	EVENTS_MAX = 1024,
	BACKLOG = 4096
};

static const char *const mode_names[FLOOR_MODES] = {"write", "batch", "uring", "uring-batch"};
static const char *const fault_names[FAULTS] = {
	"none", "drop", "double", "swap", "alter", "misroute", "echo"};

static int index_of(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static void close_client(struct floor *f, struct client *c)
{
	irc_gone(f, c);
	out_client(f, c);
	for (uint32_t i = 0; i < f->dirty_count; i++)
		if (f->dirty[i] == c)
			f->dirty[i--] = f->dirty[--f->dirty_count];
	close(c->fd);
	free(c->in.data);
	free(c->out.data);
	free(c);
}

static void accept_all(struct floor *f)
{
	int one = 1;

	for (;;) {
		int fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		struct client *c = calloc(1, sizeof(*c));
		if (!c) {
			close(fd);
			return;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c->fd = fd;
		c->channel = NO_CHANNEL;
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
		epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e);
	}
}

/* Takes the whole lines in f->buf[0..len); the remainder is kept in c->in. */
static void take(struct floor *f, struct client *c, size_t len)
{
	char *p = f->buf, *end = f->buf + len;

	for (char *nl; !c->dead && (nl = memchr(p, '\n', (size_t)(end - p))) != NULL; p = nl + 1) {
		size_t n = (size_t)(nl - p);
		if (n > 0 && p[n - 1] == '\r')
			n--;
		irc_line(f, c, p, n);
	}
	c->in.len = 0;
	if (p < end && end - p < LINE_BYTES) {
		run_add(&c->in, p, (size_t)(end - p));
		return;
	}
	free(c->in.data);
	c->in = (struct run){0};
}

/* Reads once. False if the client has closed. */
static bool read_client(struct floor *f, struct client *c)
{
	if (c->in.len > 0)
		memcpy(f->buf, c->in.data, c->in.len);
	ssize_t n = recv(c->fd, f->buf + c->in.len, READ_BYTES - c->in.len, 0);
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	take(f, c, c->in.len + (size_t)n);
	return !c->dead;
}

static void turn(struct floor *f)
{
	struct epoll_event events[EVENTS_MAX];
	struct client *gone[EVENTS_MAX];
	int count = 0;

	f->turn++;
	int n = epoll_wait(f->epoll, events, EVENTS_MAX, -1);
	for (int i = 0; i < n; i++) {
		struct client *c = events[i].data.ptr;
		if (!c) {
			accept_all(f);
			continue;
		}
		if (events[i].events & EPOLLOUT)
			out_client(f, c);
		if ((events[i].events & ~(uint32_t)EPOLLOUT) && !read_client(f, c))
			gone[count++] = c;
	}
	out_flush(f);
	for (int i = 0; i < count; i++)
		close_client(f, gone[i]);
}

static bool listen_on(struct floor *f, int port)
{
	int one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event e = {.events = EPOLLIN};

	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	setsockopt(f->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return f->listener >= 0 && f->epoll >= 0 &&
	       bind(f->listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	       listen(f->listener, BACKLOG) == 0 &&
	       epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->listener, &e) == 0;
}

static bool ring_up(struct floor *f)
{
	return !floor_rings(f) ||
	       io_uring_queue_init(RING_ENTRIES, &f->ring,
		       IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) == 0;
}

static void raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

/* floor MODE PORT [FAULT N] */
int main(int argc, char **argv)
{
	int mode = argc > 2 ? index_of(mode_names, FLOOR_MODES, argv[1]) : -1;
	int fault = argc > 4 ? index_of(fault_names, FAULTS, argv[3]) : 0;
	struct floor *f = calloc(1, sizeof(*f));

	if (!f || mode < 0 || fault < 0 || (fault > 0 && mode != FLOOR_WRITE)) {
		fputs("usage: floor write|batch|uring|uring-batch PORT\n"
		      "       floor write PORT drop|double|swap|alter|misroute|echo N   the Nth "
		      "delivery goes wrong\n",
			stderr);
		return 2;
	}
	f->mode = (enum floor_mode)mode;
	f->fault = (enum fault)fault;
	f->fault_at = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	raise_descriptors();
	signal(SIGPIPE, SIG_IGN);
	if (!listen_on(f, atoi(argv[2])) || !ring_up(f)) {
		fprintf(stderr, "floor: port %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	for (;;)
		turn(f);
}
