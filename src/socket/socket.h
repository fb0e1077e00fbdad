/*
 * socket.h - the socket API of one instance: what a program sees. POSIX's calls with the instance
 * first; a result of 0 or more, or -errno, as Linux's system calls return them. Structures and
 * constants are libc's own, so that a preload library can pass its caller's through.
 *
 * Nothing here blocks, reads a clock or signals. Three consequences:
 *
 * Time.      bs_at() stamps the time of the calls that follow it.
 *
 * Blocking.  A call that may block takes a struct bs_call. NULL means "do not block": -EAGAIN. With
 *            one, a blocking socket answers -BS_BLOCKED and says in the struct what it waits for:
 *
 *                struct bs_call call = bs_call_start();
 *                while ((n = bs_recv(bs, fd, data, flags, &call)) == -BS_BLOCKED)
 *                        wait until call.ready != 0, or until call.deadline
 *
 *            The second and later tries must be given the same arguments; what has been done so far
 *            (bytes of a long send, the deadline of SO_RCVTIMEO) is kept in the struct. Whoever
 *            wants out of a wait (a signal, an exit) calls bs_interrupt(), which gives the result
 *            that the interrupted system call would give.
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

struct bs;    /* the sockets of one instance */
struct epoll; /* an epoll set */
struct stack; /* the protocols below them */
struct chunk; /* bytes with a count of references: stack/pkt.h */

enum {
	BS_BLOCKED = 512, /* as -BS_BLOCKED: not done yet; never shown to a program */
	BS_FDS_MAX = 1 << 22,
};

/* A link in the chain of what wants to hear of a file. */
struct bs_watch {
	struct bs_watch *next;
	struct epoll *set; /* NULL: a blocked call */
};

/* One blocking call in progress. */
struct bs_call {
	struct bs_watch watch;   /* while blocked */
	struct bs_watch **chain; /* that watch is on; NULL when its file was closed */
	struct bs *bs;           /* set while blocked */
	nsec_t deadline;         /* when blocked: try again at this time at the latest */
	nsec_t timeout;  /* given by the caller of bs_poll and bs_epoll_wait; < 0: for ever */
	size_t done;     /* bytes moved by earlier tries */
	uint32_t events; /* what is waited for: EPOLLIN, EPOLLOUT ... of fd */
	uint32_t ready;  /* not 0 once one of them came: try again */
	int fd;          /* the descriptor; -1: any that was given to bs_poll */
	uint8_t phase;   /* 0 until the first -BS_BLOCKED */
	/* Called when ready becomes not 0; may only mark or queue. NULL: nothing. */
	void (*wake)(struct bs_call *call);
	void *ctx; /* of wake */
};

static inline struct bs_call bs_call_start(void)
{
	return (struct bs_call){.timeout = -1};
}

/* What the host may want to hear of; each may be NULL, and may only mark or queue. */
struct bs_hooks {
	void *ctx;
	void (*urgent)(void *ctx, int owner); /* SIGURG for F_SETOWN's owner */
};

struct bs_config {
	struct stack *stack;
	struct bs_hooks hooks;
	int fds_max; /* RLIMIT_NOFILE: more descriptors give -EMFILE; at most BS_FDS_MAX */
};

/* The sockets of config->stack, whose events they take from now on. NULL when memory is out. */
struct bs *bs_new(const struct bs_config *config);

/* Closes every descriptor as the end of a process does and frees bs; blocked calls must be gone. */
void bs_free(struct bs *bs);

/* The calls that follow happen at time now, which never goes back. */
void bs_at(struct bs *bs, nsec_t now);

/* Ends a blocked call: the bytes moved so far, or -EINTR. No-op on one that is not blocked. */
ssize_t bs_interrupt(struct bs_call *call);

/* What descriptors hold, in bytes of records in use. */
struct bs_memory {
	size_t socks, descriptors, epoll_items;
};
void bs_memory(struct bs *bs, struct bs_memory *m);

/* --- making, naming, closing ------------------------------------------------------------------ */

/* AF_INET or AF_INET6, SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC. */
int bs_socket(struct bs *bs, int domain, int type, int protocol);
int bs_bind(struct bs *bs, int fd, const struct sockaddr *addr, socklen_t len);
int bs_listen(struct bs *bs, int fd, int backlog);
int bs_shutdown(struct bs *bs, int fd, int how);

/* Closes one descriptor; the socket goes with the last. With SO_LINGER it may block. */
int bs_close(struct bs *bs, int fd, struct bs_call *call);

/* The lowest free descriptor from `low` on that names the same file; flags O_CLOEXEC or 0. */
int bs_dup(struct bs *bs, int fd, int low, int flags);

/* *len is the room at addr going in, the address's own length coming out (it may be longer). */
int bs_getsockname(struct bs *bs, int fd, struct sockaddr *addr, socklen_t *len);
int bs_getpeername(struct bs *bs, int fd, struct sockaddr *addr, socklen_t *len);

/* --- connections ------------------------------------------------------------------------------ */

/* Where an address is to go, or {NULL, 0}. */
struct bs_addr {
	struct sockaddr *sa;
	socklen_t *len;
};

int bs_connect(
	struct bs *bs, int fd, const struct sockaddr *addr, socklen_t len, struct bs_call *call);
int bs_accept4(struct bs *bs, int fd, struct bs_addr peer, int flags, struct bs_call *call);

/* --- data; MSG_DONTWAIT is as good as a NULL call --------------------------------------------- */

ssize_t bs_sendmsg(
	struct bs *bs, int fd, const struct msghdr *msg, int flags, struct bs_call *call);
ssize_t bs_recvmsg(struct bs *bs, int fd, struct msghdr *msg, int flags, struct bs_call *call);

/* send, write; recv, read; the rest of POSIX's family is these and a struct msghdr. */
ssize_t bs_send(struct bs *bs, int fd, struct iovec data, int flags, struct bs_call *call);
ssize_t bs_recv(struct bs *bs, int fd, struct iovec room, int flags, struct bs_call *call);
ssize_t bs_writev(struct bs *bs, int fd, const struct iovec *v, int n, struct bs_call *call);
ssize_t bs_readv(struct bs *bs, int fd, const struct iovec *v, int n, struct bs_call *call);

/*
 * Queues n bytes at data, which lie in ref, on a stream without copying them: the socket holds a
 * reference of its own until they are acknowledged, so that one buffer can be on many sockets. All
 * or nothing: n, or -EAGAIN and the errors of send. Never blocks.
 */
ssize_t bs_send_ref(struct bs *bs, int fd, struct chunk *ref, const uint8_t *data, size_t n);

/* --- options ---------------------------------------------------------------------------------- */

int bs_setsockopt(struct bs *bs, int fd, int level, int name, struct iovec value);

enum {
	/* IPPROTO_TCP: user timeout in seconds, told to the peer by RFC 5482's option, which Linux
	 * does not speak; 0: off. A number that Linux does not use. */
	BS_TCP_UTO = 1028,
};

/* value->iov_len: the room going in, the bytes written coming out. */
int bs_getsockopt(struct bs *bs, int fd, int level, int name, struct iovec *value);

/* FIONREAD (SIOCINQ), SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, FIONBIO, SIOCSPGRP, SIOCGPGRP. */
int bs_ioctl(struct bs *bs, int fd, unsigned long request, int *arg);

/* F_GETFL, F_SETFL (O_NONBLOCK), F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC, F_GETOWN, F_SETOWN. */
int bs_fcntl(struct bs *bs, int fd, int command, int arg);

/* --- readiness -------------------------------------------------------------------------------- */

/* The EPOLL* bits that hold for fd now; POLLNVAL's bit if it is not open. */
uint32_t bs_ready(struct bs *bs, int fd);

/* call->timeout in nanoseconds, < 0 for ever; a NULL call only looks. */
int bs_poll(struct bs *bs, struct pollfd *fds, nfds_t n, struct bs_call *call);

int bs_epoll_create1(struct bs *bs, int flags);
int bs_epoll_ctl(struct bs *bs, int epfd, int op, int fd, struct epoll_event *event);
int bs_epoll_wait(
	struct bs *bs, int epfd, struct epoll_event *events, int max, struct bs_call *call);

#endif
