/*
 * conn.c - opening, closing and writing a connection. Writes go straight to the socket; what the
 * kernel does not take waits in `out` for EPOLLOUT.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loadgen/worker.h"

enum {
	OUT_MAX = 4 * 1024 * 1024
};

static uint32_t index_of(const struct worker *w, const struct conn *c)
{
	return (uint32_t)(c - w->conns);
}

static bool watch(struct worker *w, struct conn *c, int op)
{
	struct epoll_event e = {
		.events = EPOLLIN | (c->wants_out ? EPOLLOUT : 0), .data.u32 = index_of(w, c)};

	return epoll_ctl(w->epoll, op, c->fd, &e) == 0;
}

static bool bind_source(struct worker *w, int fd, uint32_t index)
{
	int one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET};

	if (!w->o->source_count)
		return true;
	a.sin_addr.s_addr = htonl(w->o->source_first + index % w->o->source_count);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static void send_registration(struct worker *w, struct conn *c)
{
	char nick[NICK_LEN + 1];

	check_nick(&w->check.shape, c->member.index, nick);
	conn_sendf(w, c, "%sNICK %s\r\nUSER %s 0 * :load\r\n%s",
		w->o->echo ? "CAP REQ :echo-message\r\n" : "", nick, nick,
		w->o->echo ? "CAP END\r\n" : "");
}

bool conn_open(struct worker *w, struct conn *c)
{
	int one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)w->o->port)};

	if (inet_pton(AF_INET, w->o->host, &a.sin_addr) != 1) {
		worker_fail(w, "'%s' is not an IPv4 address", w->o->host);
		return false;
	}
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		worker_fail(w, "socket: %s after %u connections", strerror(errno), w->ready);
		return false;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->state = CONN_REGISTERING;
	c->since = clock_now();
	if (!bind_source(w, c->fd, c->member.index) ||
		(connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0 && errno != EINPROGRESS) ||
		!watch(w, c, EPOLL_CTL_ADD)) {
		worker_fail(w, "connect %s:%u: %s", w->o->host, w->o->port, strerror(errno));
		return false;
	}
	w->opening++;
	send_registration(w, c);
	return true;
}

void conn_close(struct worker *w, struct conn *c)
{
	if (c->fd < 0)
		return;
	if (c->state == CONN_REGISTERING)
		w->opening--;
	close(c->fd);
	free(c->out);
	free(c->part);
	c->fd = -1;
	c->state = CONN_CLOSED;
	c->out = c->part = NULL;
	c->out_len = c->out_size = c->part_len = c->part_size = 0;
	c->wants_out = false;
}

/* Keeps what could not be sent, or drops it if the server has not read for far too long. */
static void keep(struct worker *w, struct conn *c, const char *data, size_t len)
{
	if (c->out_len + len > OUT_MAX) {
		worker_fail(w, "connection %u: the server does not read", c->member.index);
		return;
	}
	if (c->out_len + len > c->out_size) {
		uint32_t size = (uint32_t)size_max(1024, (c->out_len + len) * 2);
		char *grown = realloc(c->out, size);
		if (!grown) {
			worker_fail(w, "out of memory");
			return;
		}
		c->out = grown;
		c->out_size = size;
	}
	memcpy(c->out + c->out_len, data, len);
	c->out_len += (uint32_t)len;
	if (!c->wants_out) {
		c->wants_out = true;
		watch(w, c, EPOLL_CTL_MOD);
	}
}

void conn_send(struct worker *w, struct conn *c, const char *data, size_t len)
{
	ssize_t n = 0;

	if (c->fd < 0)
		return;
	if (c->out_len == 0) {
		n = send(c->fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EPIPE && errno != ECONNRESET) {
			worker_fail(w, "connection %u: send: %s", c->member.index, strerror(errno));
			return;
		}
		n = n < 0 ? 0 : n;
	}
	if ((size_t)n < len)
		keep(w, c, data + n, len - (size_t)n);
}

void conn_sendf(struct worker *w, struct conn *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conn_send(w, c, text, size_min((size_t)n, sizeof(text) - 1));
}

void conn_writable(struct worker *w, struct conn *c)
{
	ssize_t n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);

	if (n <= 0)
		return; /* the next read returns the error */
	memmove(c->out, c->out + n, c->out_len - (size_t)n);
	c->out_len -= (uint32_t)n;
	if (c->out_len > 0)
		return;
	c->wants_out = false;
	watch(w, c, EPOLL_CTL_MOD);
}

static void closed_by_server(struct worker *w, struct conn *c, const char *why)
{
	if (w->on_closed) {
		w->on_closed(w, c);
		return;
	}
	worker_fail(w, "connection %u closed by the server: %s%s%s", c->member.index, why,
		w->last_error[0] ? ": " : "", w->last_error);
	conn_close(w, c);
}

/* Keeps the start of an incomplete line. */
static void keep_part(struct worker *w, struct conn *c, const char *p, size_t len)
{
	c->part_len = 0;
	if (len > PART_MAX) {
		worker_fail(w, "connection %u: a line without end", c->member.index);
		return;
	}
	if (len > c->part_size) {
		free(c->part);
		c->part_size = (uint32_t)size_max(len, 512);
		c->part = malloc(c->part_size);
		if (!c->part) {
			worker_fail(w, "out of memory");
			return;
		}
	}
	if (len > 0)
		memcpy(c->part, p, len);
	c->part_len = (uint32_t)len;
}

/* Takes all whole lines in w->buf[0..len): the fast way first, line by line otherwise. */
static void take(struct worker *w, struct conn *c, size_t len, nsec_t now)
{
	char *p = w->buf, *end = w->buf + len;

	while (p < end) {
		size_t used = w->judging
				      ? check_fast(&w->check, &c->member, p, (size_t)(end - p), now)
				      : 0;
		if (used) {
			p += used;
			continue;
		}
		char *nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			break;
		size_t n = (size_t)(nl - p);
		if (n > 0 && p[n - 1] == '\r')
			n--;
		line_in(w, c, p, n, now);
		p = nl + 1;
		if (c->fd < 0)
			return;
	}
	keep_part(w, c, p, (size_t)(end - p));
}

void conn_readable(struct worker *w, struct conn *c)
{
	if (c->part_len > 0)
		memcpy(w->buf, c->part, c->part_len);
	ssize_t n = recv(c->fd, w->buf + c->part_len, BUF_BYTES - c->part_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		closed_by_server(w, c, n == 0 ? "end of file" : strerror(errno));
		return;
	}
	w->recvs++;
	take(w, c, c->part_len + (size_t)n, clock_now());
}
