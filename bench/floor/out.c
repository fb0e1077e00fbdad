/*
 * out.c - the four ways to send. A line is formatted once; in the batch modes all lines of a turn
 * are contiguous in their channel's buffer, and every member gets that buffer in one send, except
 * senders: they get the pieces around their own lines.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "floor/floor.h"

void *grow(void *array, uint32_t *size, uint32_t need, size_t item)
{
	if (need <= *size)
		return array;
	*size = u32_max(need, *size * 2);
	array = realloc(array, *size * item);
	if (!array) {
		fputs("floor: out of memory\n", stderr);
		exit(1);
	}
	return array;
}

void run_add(struct run *r, const char *data, size_t len)
{
	r->data = grow(r->data, &r->size, r->len + (uint32_t)len, 1);
	memcpy(r->data + r->len, data, len);
	r->len += (uint32_t)len;
}

static void mark(struct floor *f, struct client *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	f->dirty = grow(f->dirty, &f->dirty_size, f->dirty_count + 1, sizeof(struct client *));
	f->dirty[f->dirty_count++] = c;
}

void out_queue(struct floor *f, struct client *c, const char *data, size_t len)
{
	run_add(&c->out, data, len);
	mark(f, c);
}

static void want_out(struct floor *f, struct client *c, bool on)
{
	struct epoll_event e = {.events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = c};

	if (c->wants_out != on)
		epoll_ctl(f->epoll, EPOLL_CTL_MOD, c->fd, &e);
	c->wants_out = on;
}

/* Sends the pending output of c; what the socket does not take remains. */
void out_client(struct floor *f, struct client *c)
{
	ssize_t n = c->out.len ? send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL) : 0;

	if (n < 0 && errno != EAGAIN)
		n = c->out.len; /* gone: the next read says so */
	if (n > 0) {
		c->out.len -= (uint32_t)n;
		memmove(c->out.data, c->out.data + n, c->out.len);
	}
	if (c->out.len == 0) {
		free(c->out.data);
		c->out = (struct run){0};
	}
	want_out(f, c, c->out.len > 0);
}

static void ring_send(struct floor *f, struct client *c, const char *data, size_t len)
{
	struct io_uring_sqe *e = io_uring_get_sqe(&f->ring);

	if (!e) {
		out_submit(f);
		e = io_uring_get_sqe(&f->ring);
	}
	io_uring_prep_send(e, c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
	e->flags |= IOSQE_CQE_SKIP_SUCCESS;
	e->user_data = (uintptr_t)c;
}

/* A full socket would need the remainder kept in order; these runs never fill one, so give up. */
void out_submit(struct floor *f)
{
	struct io_uring_cqe *e;

	if (!floor_rings(f))
		return;
	io_uring_submit(&f->ring);
	while (io_uring_peek_cqe(&f->ring, &e) == 0) {
		if (e->res == -EAGAIN || e->res >= 0) { /* a short send is a failure too */
			fputs("floor: a socket is full, which the uring modes cannot handle\n",
				stderr);
			exit(1);
		}
		io_uring_cqe_seen(&f->ring, e);
	}
}

void out_now(struct floor *f, struct client *c, const char *data, size_t len)
{
	if (c->out.len > 0) {
		run_add(&c->out, data, len);
		return;
	}
	if (floor_rings(f)) {
		ring_send(f, c, data, len);
		return;
	}
	ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		return;
	n = n < 0 ? 0 : n;
	if ((size_t)n < len)
		out_queue(f, c, data + n, len - (size_t)n);
}

static void gather(
	struct floor *f, struct client *from, struct channel *ch, const char *line, size_t len)
{
	if (!ch->dirty) {
		ch->dirty = true;
		f->loud = grow(f->loud, &f->loud_size, f->loud_count + 1, sizeof(struct channel *));
		f->loud[f->loud_count++] = ch;
	}
	ch->segments =
		grow(ch->segments, &ch->segment_size, ch->segment_count + 1, sizeof(*ch->segments));
	ch->segments[ch->segment_count++] = (struct segment){from, ch->turn.len, (uint32_t)len};
	run_add(&ch->turn, line, len);
	from->spoke = f->turn;
}

void out_channel(
	struct floor *f, struct client *from, struct channel *ch, const char *line, size_t len)
{
	if (floor_batches(f)) {
		gather(f, from, ch, line, len);
		return;
	}
	for (uint32_t i = 0; i < ch->count; i++)
		if (ch->members[i] != from || from->echo)
			fault_send(f, from, ch->members[i], line, len);
	out_submit(f);
}

void out_direct(struct floor *f, struct client *to, const char *line, size_t len)
{
	if (floor_batches(f))
		out_queue(f, to, line, len);
	else
		fault_send(f, NULL, to, line, len);
	if (f->mode == FLOOR_URING)
		out_submit(f);
}

/* For a client that spoke in this turn: everything but its own lines, in as few pieces as
 * possible. */
static void send_around(struct floor *f, struct client *c, struct channel *ch)
{
	uint32_t start = 0;

	for (uint32_t i = 0; i < ch->segment_count; i++) {
		const struct segment *s = &ch->segments[i];
		if (s->from != c)
			continue;
		if (s->at > start)
			out_queue(f, c, ch->turn.data + start, s->at - start);
		start = s->at + s->len;
	}
	if (ch->turn.len > start)
		out_queue(f, c, ch->turn.data + start, ch->turn.len - start);
}

void out_flush_channel(struct floor *f, struct channel *ch)
{
	if (ch->turn.len == 0)
		return;
	for (uint32_t i = 0; i < ch->count; i++) {
		struct client *c = ch->members[i];
		if (c->spoke == f->turn && !c->echo)
			send_around(f, c, ch);
		else
			out_now(f, c, ch->turn.data, ch->turn.len);
	}
	out_submit(f);
	ch->turn.len = 0;
	ch->segment_count = 0;
}

void out_flush(struct floor *f)
{
	for (uint32_t i = 0; i < f->loud_count; i++) {
		out_flush_channel(f, f->loud[i]);
		f->loud[i]->dirty = false;
	}
	f->loud_count = 0;
	for (uint32_t i = 0; i < f->dirty_count; i++) {
		f->dirty[i]->dirty = false;
		out_client(f, f->dirty[i]);
	}
	f->dirty_count = 0;
}
