/*
 * control.c - the control socket: connections, their bounds, and the bytes in and out. What is
 * asked is control_request.c's matter, what is answered control_answer.c's.
 */
#include "host/control.h"

#include "burble/burble.h"
#include "host/control_answer.h"
#include "host/control_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	JUNK_READS = 64, /* of bytes after a request */
	KEY_BITS = 47,   /* as many as addresses have: the numbers of sockets stay short */
};

struct control_conn {
	int fd;       /* -1: not in use */
	nsec_t moved; /* when bytes last came or went */
	size_t len;   /* of line */
	char line[CONTROL_LINE_MAX + 1];
	bool answering, more; /* the request is complete; so is not the answer */
	bool waiting;         /* for a packet of a dump, or for a service */
	struct control_answer answer;
	struct control_out out;
	size_t sent; /* of out */
};

struct control {
	struct control_source source;
	int epoll, listener;
	bool waiting; /* a connection may be waiting to be accepted */
	char name[CONTROL_NAME_MAX + 1], path[CONTROL_PATH_MAX];
	struct control_conn conns[CONTROL_CONNS_MAX];
};

/* --- connections ------------------------------------------------------------------------------ */

/* Closes fd. With bytes unread the peer would get ECONNRESET instead of the answer. */
static void close_read(int fd)
{
	char junk[CONTROL_LINE_MAX];

	for (int i = 0; i < JUNK_READS && recv(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0; i++)
		;
	close(fd);
}

static void conn_close(struct control_conn *k)
{
	control_answer_end(&k->answer);
	close_read(k->fd); /* leaves the epoll set, too */
	free(k->out.at);
	*k = (struct control_conn){.fd = -1};
}

static void conn_abandon(struct control *c, struct control_conn *k)
{
	c->source.counts.abandoned++;
	conn_close(k);
}

/* A connection not in use; if all are, the one that has been stuck for longest; NULL: none is. */
static struct control_conn *conn_free(struct control *c)
{
	struct control_conn *oldest = &c->conns[0];

	for (struct control_conn *k = c->conns; k < c->conns + CONTROL_CONNS_MAX; k++) {
		if (k->fd < 0)
			return k;
		if (k->waiting)
			k->moved = burble_clock(); /* it is not stuck */
		if (k->moved < oldest->moved)
			oldest = k;
	}
	if (burble_clock() - oldest->moved < CONTROL_STUCK)
		return NULL;
	conn_abandon(c, oldest);
	return oldest;
}

static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void refuse(int fd, const char *why)
{
	struct control_out out = {0};

	control_answer_error(&out, why);
	if (send(fd, out.at, out.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		shutdown(fd, SHUT_WR);
	free(out.at);
	close_read(fd);
}

static void conn_open(struct control *c, int fd)
{
	struct control_conn *k = conn_free(c);
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = k};

	if (!k || epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &e) < 0) {
		c->source.counts.busy++;
		refuse(fd, "too many connections: try again");
		return;
	}
	*k = (struct control_conn){.fd = fd, .moved = burble_clock()};
}

static void take_connections(struct control *c)
{
	for (int n = 0; c->waiting && n < CONTROL_CONNS_MAX; n++) {
		int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			c->waiting = errno != EAGAIN; /* out of descriptors: a later turn tries */
			return;
		}
		c->source.counts.accepted++;
		if (is_allowed(fd)) {
			conn_open(c, fd);
		} else {
			c->source.counts.refused++;
			refuse(fd, "only root and the user of the process may ask");
		}
	}
}

/* --- a request, and its answer ---------------------------------------------------------------- */

static void begin_answer(struct control *c, struct control_conn *k, const char *why)
{
	struct epoll_event e = {.events = EPOLLOUT, .data.ptr = k};
	struct control_request request;

	if (!why)
		why = control_parse(&request, k->line);
	k->answering = true;
	k->more = !why && control_answer_begin(&k->answer, &c->source, &request, &k->out);
	if (why)
		control_answer_error(&k->out, why);
	if (!k->more)
		c->source.counts.invalid++;
	epoll_ctl(c->epoll, EPOLL_CTL_MOD, k->fd, &e);
}

static void read_request(struct control *c, struct control_conn *k)
{
	ssize_t n = recv(k->fd, k->line + k->len, CONTROL_LINE_MAX - k->len, 0);
	char *end;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_abandon(c, k);
		return;
	}
	k->moved = burble_clock();
	k->len += (size_t)n;
	end = memchr(k->line, '\n', k->len);
	if (end) {
		*end = '\0';
		begin_answer(c, k,
			strlen(k->line) < (size_t)(end - k->line) ? "a NUL in the request" : NULL);
	} else if (k->len == CONTROL_LINE_MAX) {
		begin_answer(c, k, "the request is too long");
	}
}

/* Waits, or sends again. While it waits, only the end of the connection is reported. */
static void set_waiting(struct control *c, struct control_conn *k, bool waiting)
{
	struct epoll_event e = {.events = waiting ? 0 : EPOLLOUT, .data.ptr = k};

	k->waiting = waiting;
	epoll_ctl(c->epoll, EPOLL_CTL_MOD, k->fd, &e);
}

static void packets_came(struct control *c)
{
	uint64_t count;

	if (read(c->source.tap_event, &count, sizeof(count)) < 0)
		return;
	for (int i = 0; i < CONTROL_CONNS_MAX; i++)
		if (c->conns[i].fd >= 0 && c->conns[i].waiting)
			set_waiting(c, &c->conns[i], false);
}

/* One piece: what is left of the last one, or a new one. */
static void send_piece(struct control *c, struct control_conn *k)
{
	ssize_t n;

	if (k->waiting) { /* its reader has left */
		conn_abandon(c, k);
		return;
	}
	if (k->sent == k->out.len) {
		k->sent = k->out.len = 0;
		if (!k->more) {
			conn_close(k);
			return;
		}
		k->more = control_answer_more(&k->answer, &k->out);
		if (k->more && k->answer.waits) {
			set_waiting(c, k, true);
			return;
		}
	}
	n = k->out.failed ? -1
			  : send(k->fd, k->out.at + k->sent, k->out.len - k->sent, MSG_NOSIGNAL);
	if (n >= 0) {
		k->sent += (size_t)n;
		k->moved = burble_clock();
	} else if (k->out.failed || errno != EAGAIN) {
		conn_abandon(c, k);
	}
}

/* Those that wait for a service: it may have an answer after each turn of its own. */
static void ask_service(struct control *c)
{
	for (struct control_conn *k = c->conns; k < c->conns + CONTROL_CONNS_MAX; k++) {
		if (k->fd < 0 || !k->waiting || !k->answer.service)
			continue;
		k->more = control_answer_more(&k->answer, &k->out);
		if (!k->more || !k->answer.waits)
			set_waiting(c, k, false);
	}
}

void control_turn(struct control *c)
{
	struct epoll_event events[CONTROL_CONNS_MAX + 2];
	int n = epoll_wait(c->epoll, events, CONTROL_CONNS_MAX + 2, 0);

	for (int i = 0; i < n; i++) {
		struct control_conn *k = events[i].data.ptr;

		if (!k)
			c->waiting = true;
		else if (events[i].data.ptr == c)
			packets_came(c);
		else if (k->answering)
			send_piece(c, k);
		else
			read_request(c, k);
	}
	ask_service(c);
	take_connections(c); /* at last: it may close one, and use it again */
}

int control_fd(const struct control *c)
{
	return c->epoll;
}

const char *control_socket(const struct control *c)
{
	return c->path;
}

/* --- opening and closing ---------------------------------------------------------------------- */

/* True if a process listens on the socket. */
static bool is_alive(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 && (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ||
					errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return alive;
}

/* The directory is locked meanwhile: of two instances that start at once one gets the name. */
static int bind_locked(int fd, const char *path, char *why)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	mode_t mask;
	int err = 0;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (is_alive(&at)) {
		snprintf(why, CONTROL_WHY_MAX,
			"another instance listens on %s: choose another --name", path);
		return -EADDRINUSE;
	}
	unlink(path); /* of a process that has ended */
	mask = umask(0177);
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
		listen(fd, CONTROL_CONNS_MAX) < 0) {
		err = -errno;
		snprintf(why, CONTROL_WHY_MAX, "%s: %s", path, strerror(-err));
	}
	umask(mask);
	return err;
}

static int bind_socket(int fd, const char *directory, const char *path, char *why)
{
	int lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (lock < 0 || flock(lock, LOCK_EX) < 0) {
		err = -errno;
		snprintf(why, CONTROL_WHY_MAX, "%s: %s", directory, strerror(-err));
	} else {
		err = bind_locked(fd, path, why);
	}
	if (lock >= 0)
		close(lock);
	return err;
}

static bool open_sockets(struct control *c, char *why)
{
	/* Edge-triggered: one that cannot be accepted does not keep the loop from sleeping. */
	struct epoll_event e = {.events = EPOLLIN | EPOLLET}, tap = {EPOLLIN, {.ptr = c}};

	c->source.tap_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->epoll >= 0 && c->listener >= 0 && c->source.tap_event >= 0 &&
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->listener, &e) == 0 &&
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->source.tap_event, &tap) == 0)
		return true;
	snprintf(why, CONTROL_WHY_MAX, "%s", strerror(errno));
	return false;
}

static bool open_at(struct control *c, char *why)
{
	char directory[CONTROL_PATH_MAX], path[CONTROL_PATH_MAX];

	if (control_directory(directory, true, why) < 0 || !open_sockets(c, why))
		return false;
	if (control_path(path, directory, c->name) < 0) {
		snprintf(why, CONTROL_WHY_MAX, "%s is too long for a socket", directory);
		return false;
	}
	if (bind_socket(c->listener, directory, path, why) < 0)
		return false;
	memcpy(c->path, path, sizeof(path));
	return true;
}

struct control *control_open(const struct control_parts *p, char *why)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c) {
		snprintf(why, CONTROL_WHY_MAX, "out of memory");
		return NULL;
	}
	assert(control_name_valid(p->name));
	snprintf(c->name, sizeof(c->name), "%s", p->name);
	c->source = (struct control_source){
		.b = p->b, .service = p->service, .name = c->name, .tap_event = -1};
	if (getrandom(&c->source.key, sizeof(c->source.key), 0) < 0)
		c->source.key = (uint64_t)burble_clock();
	c->source.key &= (UINT64_C(1) << KEY_BITS) - 1;
	c->epoll = c->listener = -1;
	for (int i = 0; i < CONTROL_CONNS_MAX; i++)
		c->conns[i].fd = -1;
	if (open_at(c, why))
		return c;
	control_close(c);
	return NULL;
}

void control_pause(struct control *c)
{
	if (c->listener < 0)
		return;
	unlink(c->path);
	close(c->listener); /* leaves the epoll set, too */
	c->listener = -1;
}

bool control_resume(struct control *c, char *why)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLET};
	char directory[CONTROL_PATH_MAX];

	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->listener >= 0 && control_directory(directory, true, why) >= 0 &&
		bind_socket(c->listener, directory, c->path, why) >= 0 &&
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->listener, &e) == 0)
		return true;
	if (c->listener >= 0)
		close(c->listener);
	c->listener = -1;
	return false;
}

bool control_idle(const struct control *c)
{
	for (int i = 0; i < CONTROL_CONNS_MAX; i++)
		if (c->conns[i].fd >= 0)
			return false;
	return true;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	for (int i = 0; i < CONTROL_CONNS_MAX; i++)
		if (c->conns[i].fd >= 0)
			conn_close(&c->conns[i]);
	if (c->path[0] && c->listener >= 0)
		unlink(c->path);
	if (c->listener >= 0)
		close(c->listener);
	if (c->epoll >= 0)
		close(c->epoll);
	if (c->source.tap_event >= 0)
		close(c->source.tap_event);
	free(c);
}
