/* load.c - the client: one measurement at a time, see bench.h. */
#include "devices/bench.h"

#include <errno.h>
#include <error.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	MESSAGE = 64,
	WINDOW = 100, /* connections with a message in flight, at most */
	CHURN = 32,   /* connections opened at once */
	PART = 1 << 16,
};

struct conn {
	int fd;
	bool open;
	int64_t since; /* of the message in flight */
	size_t got;
};

/* One message and the length of its answer. */
struct exchange {
	const char *request;
	size_t len, answer;
};

struct report {
	uint64_t ops, bytes;
	int64_t *took; /* of each op, if there are any */
	int64_t start, cpu;
};

static int64_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void begin(struct report *r)
{
	r->start = burble_clock();
	r->cpu = cpu_time();
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Prints r, and frees what it has. */
static void print(struct report *r)
{
	double seconds = (double)(burble_clock() - r->start) / 1e9;

	if (r->took)
		qsort(r->took, r->ops, sizeof(*r->took), by_size);
	printf("{\"seconds\":%.6f,\"cpu\":%.6f,\"ops\":%" PRIu64 ",\"bytes\":%" PRIu64
	       ",\"p50\":%.1f,\"p99\":%.1f}\n",
		seconds, (double)(cpu_time() - r->cpu) / 1e9, r->ops, r->bytes,
		r->took ? (double)r->took[r->ops / 2] / 1e3 : 0,
		r->took ? (double)r->took[r->ops * 99 / 100] / 1e3 : 0);
	free(r->took);
}

static void send_whole(struct net *n, int fd, const void *data, size_t len)
{
	if (net_send(n, fd, data, len) != (ssize_t)len)
		error(1, 0, "a short send");
}

/* --- round trips --- */

static void ask(struct net *n, struct conn *c, const struct exchange *x)
{
	c->since = burble_clock();
	c->got = 0;
	send_whole(n, c->fd, x->request, x->len);
}

/* True once the answer is whole. */
static bool answered(struct net *n, struct conn *c, const struct exchange *x)
{
	static char data[1 << 18];
	ssize_t r;

	while (c->got < x->answer && (r = net_recv(n, c->fd, data, sizeof(data))) != -EAGAIN) {
		if (r <= 0)
			error(1, (int)-r, "the connection ended");
		c->got += (size_t)r;
	}
	return c->got == x->answer;
}

/* Opens so many, WINDOW at a time. */
static struct conn *open_all(struct net *n, const char *host, size_t count)
{
	struct conn *all = calloc(count, sizeof(*all));
	struct epoll_event e[NET_EVENTS];
	size_t begun = 0, open = 0;

	while (open < count) {
		for (; begun < count && begun - open < WINDOW; begun++) {
			all[begun].fd = net_connect(n, host);
			net_watch(n, all[begun].fd, &all[begun]);
		}
		for (int i = 0, got = net_wait(n, e); i < got; i++) {
			struct conn *c = e[i].data.ptr;

			if (e[i].events & (EPOLLERR | EPOLLHUP))
				error(1, 0, "refused");
			if (c->open || !(e[i].events & EPOLLOUT))
				continue;
			c->open = true;
			open++;
		}
	}
	return all;
}

static void round_trips(
	struct net *n, struct conn *all, size_t count, uint64_t wanted, const struct exchange *x)
{
	struct report r = {.took = calloc(wanted, sizeof(*r.took))};
	size_t window = count < WINDOW ? count : WINDOW, next = window % count;
	struct epoll_event e[NET_EVENTS];

	begin(&r);
	for (size_t i = 0; i < window; i++)
		ask(n, &all[i], x);
	while (r.ops < wanted) {
		for (int i = 0, got = net_wait(n, e); i < got && r.ops < wanted; i++) {
			struct conn *c = e[i].data.ptr;

			if (c->since == 0 || !answered(n, c, x))
				continue;
			r.took[r.ops++] = burble_clock() - c->since;
			c->since = 0;
			ask(n, &all[count > WINDOW ? next : (size_t)(c - all)], x);
			next = (next + 1) % count;
		}
	}
	r.bytes = r.ops * x->answer;
	print(&r);
}

static void echoes(struct net *n, const char *host, size_t count, uint64_t wanted)
{
	static const char message[MESSAGE];
	const struct exchange x = {message, sizeof(message), sizeof(message)};
	struct conn *all = open_all(n, host, count);

	for (size_t i = 0; i < count; i++)
		send_whole(n, all[i].fd, "e", 1);
	round_trips(n, all, count, wanted, &x);
	free(all);
}

/* The length of an answer: its header, and what that says of the rest. */
static size_t length_of(struct net *n, struct conn *c, const struct exchange *x)
{
	char head[4096] = "", *end, *length;
	struct epoll_event e[NET_EVENTS];
	size_t got = 0, whole;
	ssize_t r;

	send_whole(n, c->fd, x->request, x->len);
	while (!(end = strstr(head, "\r\n\r\n"))) {
		r = net_recv(n, c->fd, head + got, 1024 - got);
		if (r == -EAGAIN)
			net_wait(n, e);
		else if (r <= 0)
			error(1, 0, "no answer");
		got += r > 0 ? (size_t)r : 0;
	}
	length = strcasestr(head, "\r\nContent-Length:");
	if (strncmp(head, "HTTP/1.1 200", 12) != 0 || !length)
		error(1, 0, "not a whole answer: %s", head);
	whole = (size_t)(end + 4 - head) + strtoull(length + 17, NULL, 10);
	*c = (struct conn){.fd = c->fd, .got = got};
	while (!answered(n, c, &(struct exchange){.answer = whole}))
		net_wait(n, e);
	return whole;
}

static void http(struct net *n, const char *host, char **cell)
{
	size_t count = strtoull(cell[1], NULL, 10);

	n->port = 80;
	struct conn *all = open_all(n, host, count);
	char request[256];
	struct exchange x = {.request = request};

	x.len = (size_t)snprintf(
		request, sizeof(request), "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", cell[3]);
	x.answer = length_of(n, &all[0], &x);
	round_trips(n, all, count, strtoull(cell[2], NULL, 10), &x);
	free(all);
}

/* --- streams --- */

static int one(struct net *n, const char *host, struct conn *c)
{
	*c = (struct conn){.fd = net_connect(n, host)};
	net_watch(n, c->fd, c);
	for (struct epoll_event e[NET_EVENTS];;)
		if (net_wait(n, e) > 0 && (e[0].events & EPOLLOUT))
			return c->fd;
}

/* Sends what fits, of `total` bytes from *sent on. */
static void send_more(struct net *n, int fd, uint64_t total, uint64_t *sent)
{
	static const char zero[1 << 18];
	ssize_t r = 1;

	while (*sent < total && r > 0) {
		uint64_t left = total - *sent;

		r = net_send(n, fd, zero, left < sizeof(zero) ? left : sizeof(zero));
		*sent += r > 0 ? (uint64_t)r : 0;
	}
}

static void upload(struct net *n, const char *host, uint64_t total)
{
	struct report r = {.bytes = total};
	struct epoll_event e[NET_EVENTS];
	uint64_t sent = 0;
	struct conn c;
	char done;

	one(n, host, &c);
	send_whole(n, c.fd, "s", 1);
	begin(&r);
	for (bool ended = false; net_recv(n, c.fd, &done, 1) != 1; net_wait(n, e)) {
		send_more(n, c.fd, total, &sent);
		if (sent == total && !ended)
			net_shutdown(n, c.fd);
		ended = sent == total;
	}
	print(&r);
}

static void download(struct net *n, const char *host, uint64_t total)
{
	static char data[1 << 18];
	struct report r = {.bytes = 0};
	struct epoll_event e[NET_EVENTS];
	char order[1 + sizeof(total)] = "g";
	struct conn c;
	ssize_t got;

	memcpy(order + 1, &total, sizeof(total));
	one(n, host, &c);
	begin(&r);
	send_whole(n, c.fd, order, sizeof(order));
	while ((got = net_recv(n, c.fd, data, sizeof(data))) != 0) {
		if (got > 0)
			r.bytes += (uint64_t)got;
		else if (got == -EAGAIN)
			net_wait(n, e);
		else
			error(1, (int)-got, "recv");
	}
	if (r.bytes != total)
		error(1, 0, "%" PRIu64 " bytes of %" PRIu64, r.bytes, total);
	print(&r);
}

static void fill(char *data, uint64_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		data[i] = (char)((at + i) * 2654435761u >> 17);
}

/* `total` bytes there and back, each of them compared. */
static int verify(struct net *n, const char *host, uint64_t total)
{
	static char out[PART], in[PART], want[PART];
	struct report r = {.bytes = total};
	struct epoll_event e[NET_EVENTS];
	uint64_t sent = 0, got = 0;
	struct conn c;
	ssize_t k;

	one(n, host, &c);
	send_whole(n, c.fd, "e", 1);
	begin(&r);
	while (got < total) {
		for (k = 1; k > 0 && sent<total; sent += k> 0 ? (uint64_t)k : 0) {
			size_t len = total - sent < PART ? (size_t)(total - sent) : PART;

			fill(out, sent, len);
			k = net_send(n, c.fd, out, len);
		}
		while ((k = net_recv(n, c.fd, in, PART)) > 0) {
			fill(want, got, (size_t)k);
			if (memcmp(in, want, (size_t)k) != 0)
				error(1, 0, "altered, within %zd bytes after %" PRIu64, k, got);
			got += (uint64_t)k;
		}
		if (k != -EAGAIN)
			error(1, (int)-k, "ended after %" PRIu64, got);
		if (got < total)
			net_wait(n, e);
	}
	print(&r);
	return 0;
}

/* --- connections --- */

static void churn(struct net *n, const char *host, uint64_t wanted)
{
	struct report r = {.took = calloc(wanted + CHURN, sizeof(*r.took))};
	struct epoll_event e[NET_EVENTS];
	struct conn all[CHURN];

	begin(&r);
	for (int i = 0; i < CHURN; i++) {
		all[i] = (struct conn){.fd = net_connect(n, host), .since = burble_clock()};
		net_watch(n, all[i].fd, &all[i]);
	}
	while (r.ops < wanted) {
		for (int i = 0, got = net_wait(n, e); i < got; i++) {
			struct conn *c = e[i].data.ptr;

			if (!(e[i].events & EPOLLOUT))
				continue;
			r.took[r.ops++] = burble_clock() - c->since;
			net_close(n, c->fd);
			*c = (struct conn){.fd = net_connect(n, host), .since = burble_clock()};
			net_watch(n, c->fd, c);
		}
	}
	r.ops = wanted;
	print(&r);
}

int load(struct net *n, const char *host, char **cell, int words)
{
	uint64_t first = words > 1 ? strtoull(cell[1], NULL, 10) : 0;

	if (strcmp(cell[0], "rtt") == 0 && words == 3)
		echoes(n, host, first, strtoull(cell[2], NULL, 10));
	else if (strcmp(cell[0], "http") == 0 && words == 4)
		http(n, host, cell);
	else if (strcmp(cell[0], "up") == 0 && words == 2)
		upload(n, host, first << 20);
	else if (strcmp(cell[0], "down") == 0 && words == 2)
		download(n, host, first << 20);
	else if (strcmp(cell[0], "churn") == 0 && words == 2)
		churn(n, host, first);
	else if (strcmp(cell[0], "verify") == 0 && words == 2)
		return verify(n, host, first << 20);
	else
		error(2, 0, "%s: no such cell", cell[0]);
	return 0;
}
