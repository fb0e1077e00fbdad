/*
 * socket.h - the socket API of an instance: POSIX's and Linux's calls with the instance first. A
 * result of 0 or more, or -errno, as Linux's system calls return them; structures and constants
 * are libc's own.
 *
 * These calls never block, regardless of O_NONBLOCK: where a system call would sleep they return
 * -EAGAIN (connect: -EINPROGRESS). Readiness comes from poll or epoll. Calls that can be resumed,
 * for a host that provides blocking sockets: blocking.h.
 *
 * Descriptors belong to the instance and start at 0; they are unrelated to the process's. Nothing
 * raises a signal: -EPIPE without MSG_NOSIGNAL is where Linux raises SIGPIPE.
 *
 *     state of a stream   may be called (other calls return the errno of Linux)
 *     fresh, bound        bind listen connect, options
 *     listening           accept4, options, shutdown
 *     connecting          connect again (EALREADY), poll, SO_ERROR
 *     connected           send recv shutdown, options, connect with AF_UNSPEC
 *     dead                recv and send return the error once, then 0 and EPIPE; connect again
 */
#ifndef BURBLE_SOCKET_H
#define BURBLE_SOCKET_H

#include <burble/burble.h>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- making, naming, closing ------------------------------------------------------------------ */

/* socket(2): AF_INET or AF_INET6, SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC.
 * Returns the lowest free descriptor. */
BURBLE_API int burble_socket(struct burble *b, int domain, int type, int protocol);

/* bind(2). */
BURBLE_API int burble_bind(struct burble *b, int fd, const struct sockaddr *addr, socklen_t len);

/* listen(2). */
BURBLE_API int burble_listen(struct burble *b, int fd, int backlog);

/* shutdown(2): SHUT_RD, SHUT_WR or SHUT_RDWR. */
BURBLE_API int burble_shutdown(struct burble *b, int fd, int how);

/* close(2); the socket is closed with its last descriptor. Does not linger. */
BURBLE_API int burble_close(struct burble *b, int fd);

/* dup(2), with the lowest number to use, and O_CLOEXEC or 0, like fcntl's F_DUPFD. */
BURBLE_API int burble_dup(struct burble *b, int fd, int low, int flags);

/* getsockname(2): *len is the room at addr on entry, the address's length on return. */
BURBLE_API int burble_getsockname(struct burble *b, int fd, struct sockaddr *addr, socklen_t *len);

/* getpeername(2). */
BURBLE_API int burble_getpeername(struct burble *b, int fd, struct sockaddr *addr, socklen_t *len);

/* --- connections ------------------------------------------------------------------------------ */

/* connect(2). */
BURBLE_API int burble_connect(struct burble *b, int fd, const struct sockaddr *addr, socklen_t len);

/* accept4(2): returns the new descriptor; addr may be NULL. */
BURBLE_API int burble_accept4(
	struct burble *b, int fd, struct sockaddr *addr, socklen_t *len, int flags);

/* --- data ------------------------------------------------------------------------------------- */

/* send(2): returns the number of bytes queued, which may be fewer. After -EAGAIN or a short count,
 * EPOLLOUT follows. -ENOBUFS: out of memory, with nothing in flight whose acknowledgement could
 * make room; try again later. */
BURBLE_API ssize_t burble_send(struct burble *b, int fd, const void *data, size_t n, int flags);

/* recv(2): returns the number of bytes read; 0 at the end of the stream. */
BURBLE_API ssize_t burble_recv(struct burble *b, int fd, void *data, size_t n, int flags);

/* sendto(2). */
BURBLE_API ssize_t burble_sendto(struct burble *b, int fd, const void *data, size_t n, int flags,
	const struct sockaddr *addr, socklen_t len);

/* recvfrom(2). */
BURBLE_API ssize_t burble_recvfrom(struct burble *b, int fd, void *data, size_t n, int flags,
	struct sockaddr *addr, socklen_t *len);

/* sendmsg(2), with control messages. */
BURBLE_API ssize_t burble_sendmsg(struct burble *b, int fd, const struct msghdr *msg, int flags);

/* recvmsg(2), with control messages and MSG_ERRQUEUE. */
BURBLE_API ssize_t burble_recvmsg(struct burble *b, int fd, struct msghdr *msg, int flags);

/* writev(2). */
BURBLE_API ssize_t burble_writev(struct burble *b, int fd, const struct iovec *v, int n);

/* readv(2). */
BURBLE_API ssize_t burble_readv(struct burble *b, int fd, const struct iovec *v, int n);

/* --- data by reference ------------------------------------------------------------------------ */

struct burble_buf; /* bytes that are counted by reference, and never change once they were sent */

/* A buffer with room for n bytes (up to 4 GiB - 1), uninitialized; NULL: out of memory. It may be
 * used with any instance of the thread that made it. */
BURBLE_API struct burble_buf *burble_buf_new(size_t n);

/* Its bytes, to be written before they are sent. */
BURBLE_API void *burble_buf_data(struct burble_buf *buf);

/* Queues n bytes of buf, from an offset on, on a stream, without a copy: the socket has a reference
 * of its own until they are acknowledged, so that one buffer can go to many sockets. All or
 * nothing: returns n, or -EAGAIN if the send buffer is full (one that is not takes any n), -EINVAL
 * (not within buf), -EOPNOTSUPP (not a stream) and the errors of burble_send(). */
BURBLE_API ssize_t burble_send_buf(
	struct burble *b, int fd, struct burble_buf *buf, size_t from, size_t n);

/* Gives the caller's reference back; buf may be NULL. */
BURBLE_API void burble_buf_drop(struct burble_buf *buf);

/* --- options ---------------------------------------------------------------------------------- */

enum {
	/* IPPROTO_TCP: user timeout in seconds, announced to the peer by RFC 5482's option, which
	 * Linux does not support; 0: off. The number is not used by Linux. */
	BURBLE_TCP_UTO = 1028,
};

/* setsockopt(2): Linux's options, or -ENOPROTOOPT; no option is accepted without effect. */
BURBLE_API int burble_setsockopt(
	struct burble *b, int fd, int level, int name, const void *value, socklen_t len);

/* getsockopt(2). */
BURBLE_API int burble_getsockopt(
	struct burble *b, int fd, int level, int name, void *value, socklen_t *len);

/* ioctl(2): FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, FIONBIO, SIOCSPGRP, SIOCGPGRP. */
BURBLE_API int burble_ioctl(struct burble *b, int fd, unsigned long request, int *arg);

/* fcntl(2): F_GETFL, F_SETFL (O_NONBLOCK), F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC, F_GETOWN,
 * F_SETOWN. */
BURBLE_API int burble_fcntl(struct burble *b, int fd, int command, int arg);

/* --- readiness -------------------------------------------------------------------------------- */

/* The EPOLL* bits true for fd now; POLLNVAL if it is not open. */
BURBLE_API uint32_t burble_ready(struct burble *b, int fd);

/* poll(2) with a timeout of 0: fills in revents, returns how many are not 0. */
BURBLE_API int burble_poll(struct burble *b, struct pollfd *fds, nfds_t n);

/* epoll_create1(2): returns the descriptor of a new set. */
BURBLE_API int burble_epoll_create1(struct burble *b, int flags);

/* epoll_ctl(2): level or edge triggered, EPOLLONESHOT, EPOLLEXCLUSIVE, sets in sets. */
BURBLE_API int burble_epoll_ctl(
	struct burble *b, int epfd, int op, int fd, struct epoll_event *event);

/* epoll_wait(2) with a timeout of 0: up to max events. */
BURBLE_API int burble_epoll_wait(struct burble *b, int epfd, struct epoll_event *events, int max);

#ifdef __cplusplus
}
#endif

#endif
