/*
 * socket.h - the socket API of one instance: what a program sees. POSIX's calls with the instance
 * first; a result of 0 or more, or -errno, as Linux's system calls return them. Structures and
 * constants are libc's own, so that a preload library can pass its caller's through.
 *
 * Nothing here blocks, reads a clock or signals. Three consequences:
 *
 * Time.      burble_at() stamps the time of the calls that follow it.
 *
 * Blocking.  A call that may block takes a struct burble_call. NULL means "do not block": -EAGAIN.
 * With one, a blocking socket answers -BURBLE_BLOCKED and says in the struct what it waits for:
 *
 *                struct burble_call call = burble_call_start();
 *                while ((n = burble_recv_call(bs, fd, data, flags, &call)) == -BURBLE_BLOCKED)
 *                        wait until call.ready != 0, or until call.deadline
 *
 *            The second and later tries must be given the same arguments; what has been done so far
 *            (bytes of a long send, the deadline of SO_RCVTIMEO) is kept in the struct. Whoever
 *            wants out of a wait (a signal, an exit) calls burble_interrupt(), which gives the
 * result that the interrupted system call would give.
 *
 * Signals.   A send that returns -EPIPE without MSG_NOSIGNAL on a stream is where Linux raises
 *            SIGPIPE; the host raises it, if its program is to see it. SIGURG: hook `urgent`.
 *
 *     descriptor -> file (kind, references, watchers) -> TCP connection | UDP socket | epoll set
 *
 *     state of a stream   may be called (the rest gives the errno that Linux gives)
 *     fresh, bound        bind listen connect, options
 *     listening           accept4, options, shutdown
 *     connecting          connect again (EALREADY), poll, SO_ERROR
 *     connected           send recv shutdown, options, connect with AF_UNSPEC
 *     dead                recv and send once give the error, then 0 and EPIPE; connect again
 */
#ifndef SOCKET_SOCKET_H
#define SOCKET_SOCKET_H

#include "base/base.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct burble; /* the sockets of one instance */
struct epoll;  /* an epoll set */
struct stack;  /* the protocols below them */
struct chunk;  /* bytes with a count of references: stack/pkt.h */

enum {
	BURBLE_BLOCKED = 512, /* as -BURBLE_BLOCKED: not done yet; never shown to a program */
	BURBLE_FDS_MAX = 1 << 22,
};

/* A link in the chain of what wants to hear of a file. */
struct burble_watch {
	struct burble_watch *next;
	struct epoll *set; /* NULL: a blocked call */
};

/* One blocking call in progress. */
struct burble_call {
	struct burble_watch watch;   /* while blocked */
	struct burble_watch **chain; /* that watch is on; NULL when its file was closed */
	struct burble *bs;           /* set while blocked */
	nsec_t deadline;             /* when blocked: try again at this time at the latest */
	nsec_t timeout;  /* given by the caller of burble_poll_call and burble_epoll_wait_call; < 0:
			    for ever */
	size_t done;     /* bytes moved by earlier tries */
	uint32_t events; /* what is waited for: EPOLLIN, EPOLLOUT ... of fd */
	uint32_t ready;  /* not 0 once one of them came: try again */
	int fd;          /* the descriptor; -1: any that was given to burble_poll_call */
	uint8_t phase;   /* 0 until the first -BURBLE_BLOCKED */
	/* Called when ready becomes not 0; may only mark or queue. NULL: nothing. */
	void (*wake)(struct burble_call *call);
	void *ctx; /* of wake */
};

static inline struct burble_call burble_call_start(void)
{
	return (struct burble_call){.timeout = -1};
}

/* What the host may want to hear of; each may be NULL, and may only mark or queue. */
struct burble_hooks {
	void *ctx;
	void (*urgent)(void *ctx, int owner); /* SIGURG for F_SETOWN's owner */
};

struct burble_config {
	struct stack *stack;
	struct burble_hooks hooks;
	int fds_max; /* RLIMIT_NOFILE: more descriptors give -EMFILE; at most BURBLE_FDS_MAX */
};

/* The sockets of config->stack, whose events they take from now on. NULL when memory is out. */
struct burble *burble_new(const struct burble_config *config);

/* Closes every descriptor as the end of a process does and frees bs; blocked calls must be gone. */
void burble_free(struct burble *bs);

/* The calls that follow happen at time now, which never goes back. */
void burble_at(struct burble *bs, nsec_t now);

/* Ends a blocked call: the bytes moved so far, or -EINTR. No-op on one that is not blocked. */
ssize_t burble_interrupt(struct burble_call *call);

/* What descriptors hold, in bytes of records in use. */
struct burble_memory {
	size_t socks, descriptors, epoll_items;
};
void burble_memory(struct burble *bs, struct burble_memory *m);

/* --- making, naming, closing ------------------------------------------------------------------ */

/* AF_INET or AF_INET6, SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC. */
int burble_socket(struct burble *bs, int domain, int type, int protocol);
int burble_bind(struct burble *bs, int fd, const struct sockaddr *addr, socklen_t len);
int burble_listen(struct burble *bs, int fd, int backlog);
int burble_shutdown(struct burble *bs, int fd, int how);

/* Closes one descriptor; the socket goes with the last. With SO_LINGER it may block. */
int burble_close_call(struct burble *bs, int fd, struct burble_call *call);

/* The lowest free descriptor from `low` on that names the same file; flags O_CLOEXEC or 0. */
int burble_dup(struct burble *bs, int fd, int low, int flags);

/* *len is the room at addr going in, the address's own length coming out (it may be longer). */
int burble_getsockname(struct burble *bs, int fd, struct sockaddr *addr, socklen_t *len);
int burble_getpeername(struct burble *bs, int fd, struct sockaddr *addr, socklen_t *len);

/* --- connections ------------------------------------------------------------------------------ */

/* Where an address is to go, or {NULL, 0}. */
struct burble_addr {
	struct sockaddr *sa;
	socklen_t *len;
};

int burble_connect_call(struct burble *bs, int fd, const struct sockaddr *addr, socklen_t len,
	struct burble_call *call);
int burble_accept4_call(
	struct burble *bs, int fd, struct burble_addr peer, int flags, struct burble_call *call);

/* --- data; MSG_DONTWAIT is as good as a NULL call --------------------------------------------- */

ssize_t burble_sendmsg_call(
	struct burble *bs, int fd, const struct msghdr *msg, int flags, struct burble_call *call);
ssize_t burble_recvmsg_call(
	struct burble *bs, int fd, struct msghdr *msg, int flags, struct burble_call *call);

/* send, write; recv, read; the rest of POSIX's family is these and a struct msghdr. */
ssize_t burble_send_call(
	struct burble *bs, int fd, struct iovec data, int flags, struct burble_call *call);
ssize_t burble_recv_call(
	struct burble *bs, int fd, struct iovec room, int flags, struct burble_call *call);
ssize_t burble_writev_call(
	struct burble *bs, int fd, const struct iovec *v, int n, struct burble_call *call);
ssize_t burble_readv_call(
	struct burble *bs, int fd, const struct iovec *v, int n, struct burble_call *call);

/*
 * Queues n bytes at data, which lie in ref, on a stream without copying them: the socket holds a
 * reference of its own until they are acknowledged, so that one buffer can be on many sockets. All
 * or nothing: n, or -EAGAIN and the errors of send. Never blocks.
 */
ssize_t burble_send_ref(
	struct burble *bs, int fd, struct chunk *ref, const uint8_t *data, size_t n);

/* --- options ---------------------------------------------------------------------------------- */

int burble_setopt(struct burble *bs, int fd, int level, int name, struct iovec value);

enum {
	/* IPPROTO_TCP: user timeout in seconds, told to the peer by RFC 5482's option, which Linux
	 * does not speak; 0: off. A number that Linux does not use. */
	BURBLE_TCP_UTO = 1028,
};

/* value->iov_len: the room going in, the bytes written coming out. */
int burble_getopt(struct burble *bs, int fd, int level, int name, struct iovec *value);

/* FIONREAD (SIOCINQ), SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, FIONBIO, SIOCSPGRP, SIOCGPGRP. */
int burble_ioctl(struct burble *bs, int fd, unsigned long request, int *arg);

/* F_GETFL, F_SETFL (O_NONBLOCK), F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC, F_GETOWN, F_SETOWN. */
int burble_fcntl(struct burble *bs, int fd, int command, int arg);

/* --- readiness -------------------------------------------------------------------------------- */

/* The EPOLL* bits that hold for fd now; POLLNVAL's bit if it is not open. */
uint32_t burble_ready(struct burble *bs, int fd);

/* call->timeout in nanoseconds, < 0 for ever; a NULL call only looks. */
int burble_poll_call(struct burble *bs, struct pollfd *fds, nfds_t n, struct burble_call *call);

int burble_epoll_create1(struct burble *bs, int flags);
int burble_epoll_ctl(struct burble *bs, int epfd, int op, int fd, struct epoll_event *event);
int burble_epoll_wait_call(
	struct burble *bs, int epfd, struct epoll_event *events, int max, struct burble_call *call);

#endif
