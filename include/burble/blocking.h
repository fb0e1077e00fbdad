/*
 * blocking.h - blocking calls as objects, for a host that provides blocking sockets to its
 * programs: threads, coroutines, a preloaded libc. Nothing sleeps here either. A call takes a
 * struct burble_call; where a blocking socket's system call would sleep, it returns -BURBLE_BLOCKED
 * and records in the struct the events it waits for:
 *
 *     struct burble_call call = burble_call_start();
 *     while ((n = burble_recv_call(b, fd, room, flags, &call)) == -BURBLE_BLOCKED)
 *             step the instance until call.ready != 0, or until call.deadline
 *
 * The second and later tries must be given the same arguments; progress (bytes of a long send, the
 * deadline of SO_RCVTIMEO) is kept in the struct. To end a wait early (a signal, an exit), call
 * burble_interrupt(), which returns the result of an interrupted system call. A NULL call,
 * O_NONBLOCK and MSG_DONTWAIT mean "do not block": -EAGAIN.
 */
#ifndef BURBLE_BLOCKING_H
#define BURBLE_BLOCKING_H

#include <burble/socket.h>

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	BURBLE_BLOCKED =
		512, /* as -BURBLE_BLOCKED: not complete yet; never returned to a program */
};

struct epoll;

/* Private to the library: a link in the chain of watchers of a file. */
struct burble_watch {
	struct burble_watch *next;
	struct epoll *set; /* NULL: a blocked call */
};

/* One blocking call in progress. The fields that a host uses are ready, deadline, timeout, wake and
 * ctx. */
struct burble_call {
	struct burble_watch watch;   /* while blocked */
	struct burble_watch **chain; /* the chain that watch is on; NULL once its file was closed */
	struct burble *b;            /* set while blocked */
	int64_t deadline;            /* when blocked: call again by this time */
	int64_t timeout; /* timeout of poll and epoll_wait in nanoseconds; < 0: for ever */
	size_t done;     /* bytes transferred by earlier tries */
	uint32_t events; /* awaited: EPOLLIN, EPOLLOUT ... of fd */
	uint32_t ready;  /* non-zero once one of them occurred: call again */
	int fd;          /* the descriptor; -1: any of those of burble_poll_call() */
	uint8_t phase;   /* 0 until the first -BURBLE_BLOCKED */
	/* Called when ready becomes non-zero; may only mark or queue. NULL: no callback. */
	void (*wake)(struct burble_call *call);
	void *ctx; /* of wake */
};

/* A call that has not started. */
static inline struct burble_call burble_call_start(void)
{
	struct burble_call call;

	memset(&call, 0, sizeof(call));
	call.timeout = -1;
	return call;
}

/* Ends a blocked call: returns the bytes transferred so far, or -EINTR; 0 for a close(), which is
 * completed. No effect on any other call. */
BURBLE_API ssize_t burble_interrupt(struct burble_call *call);

/* A buffer for an address, or {NULL, NULL}. */
struct burble_addr {
	struct sockaddr *sa;
	socklen_t *len;
};

/* connect(2). */
BURBLE_API int burble_connect_call(struct burble *b, int fd, const struct sockaddr *addr,
	socklen_t len, struct burble_call *call);

/* accept4(2). */
BURBLE_API int burble_accept4_call(
	struct burble *b, int fd, struct burble_addr peer, int flags, struct burble_call *call);

/* close(2): blocks on a stream with SO_LINGER. */
BURBLE_API int burble_close_call(struct burble *b, int fd, struct burble_call *call);

/* sendmsg(2), send(2) and writev(2). */
BURBLE_API ssize_t burble_sendmsg_call(
	struct burble *b, int fd, const struct msghdr *msg, int flags, struct burble_call *call);
BURBLE_API ssize_t burble_send_call(
	struct burble *b, int fd, struct iovec data, int flags, struct burble_call *call);
BURBLE_API ssize_t burble_writev_call(
	struct burble *b, int fd, const struct iovec *v, int n, struct burble_call *call);

/* recvmsg(2), recv(2) and readv(2). */
BURBLE_API ssize_t burble_recvmsg_call(
	struct burble *b, int fd, struct msghdr *msg, int flags, struct burble_call *call);
BURBLE_API ssize_t burble_recv_call(
	struct burble *b, int fd, struct iovec room, int flags, struct burble_call *call);
BURBLE_API ssize_t burble_readv_call(
	struct burble *b, int fd, const struct iovec *v, int n, struct burble_call *call);

/* poll(2) and epoll_wait(2), with call->timeout. */
BURBLE_API int burble_poll_call(
	struct burble *b, struct pollfd *fds, nfds_t n, struct burble_call *call);
BURBLE_API int burble_epoll_wait_call(
	struct burble *b, int epfd, struct epoll_event *events, int max, struct burble_call *call);

#ifdef __cplusplus
}
#endif

#endif
