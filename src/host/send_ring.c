/*
 * send_ring.c - a batch of sends through io_uring. Each entry is a non-blocking send(), so it is
 * done (or refused with EAGAIN) inside io_uring_enter(), and the batch is complete when that
 * returns.
 *
 * SINGLE_ISSUER and DEFER_TASKRUN (Linux 6.1): completions run in this thread, when it waits for
 * them.
 */
#include "host/send_ring.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	RING_ENTRIES = 256,
};

struct send_ring {
	struct io_uring ring;
	struct msghdr msgs[RING_ENTRIES];
};

struct send_ring *send_ring_new(void)
{
	struct send_ring *r = calloc(1, sizeof(*r));
	struct io_uring_params p = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	};

	if (r && io_uring_queue_init_params(RING_ENTRIES, &r->ring, &p) == 0)
		return r;
	free(r);
	return NULL;
}

void send_ring_free(struct send_ring *r)
{
	if (!r)
		return;
	io_uring_queue_exit(&r->ring);
	free(r);
}

static void prepare(struct send_ring *r, size_t i, struct net_send *s)
{
	struct io_uring_sqe *e = io_uring_get_sqe(&r->ring);
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT;

	if (s->iov_count == 1) {
		io_uring_prep_send(e, s->handle, s->iov->iov_base, s->iov->iov_len, flags);
	} else {
		r->msgs[i] = (struct msghdr){
			.msg_iov = (struct iovec *)s->iov, .msg_iovlen = s->iov_count};
		io_uring_prep_sendmsg(e, s->handle, &r->msgs[i], (unsigned)flags);
	}
	io_uring_sqe_set_data64(e, i);
	s->done = SEND_RING_UNKNOWN;
}

/* Takes the completions that are available; returns how many. */
static size_t reap(struct send_ring *r, struct net_send *sends)
{
	struct io_uring_cqe *cqe;
	unsigned head, n = 0;

	io_uring_for_each_cqe(&r->ring, head, cqe)
	{
		sends[cqe->user_data].done = cqe->res;
		n++;
	}
	io_uring_cq_advance(&r->ring, n);
	return n;
}

static bool run(struct send_ring *r, struct net_send *sends, size_t count)
{
	size_t left = count;

	for (size_t i = 0; i < count; i++)
		prepare(r, i, &sends[i]);
	while (left > 0) {
		int err = io_uring_submit_and_wait(&r->ring, (unsigned)left);

		if (err < 0 && err != -EINTR && err != -EAGAIN)
			return false;
		left -= reap(r, sends);
	}
	return true;
}

bool send_ring_run(struct send_ring *r, struct net_send *sends, size_t count)
{
	for (size_t i = 0; i < count; i += RING_ENTRIES)
		if (!run(r, sends + i, size_min(RING_ENTRIES, count - i)))
			return false;
	return true;
}
