/*
 * stream.h - stream sockets, called by syscalls.c: a socket's rules on top of stack/tcp/tcp.h.
 * Decisions are taken from one snapshot, struct tcp_status. Private to the room; errors as the
 * burble_ call of the same name.
 */
#ifndef SOCKET_STREAM_H
#define SOCKET_STREAM_H

#include "socket/sock.h"
#include "stack/tcp/tcp.h"

enum {
	TCP_SHUT_BOTH = TCP_SHUT_RD | TCP_SHUT_WR,
};

/* The operations of a stream socket. */
extern const struct sock_ops stream_ops;

/* listen(2), accept4(2). */
int stream_listen(struct burble *b, struct sock *s, int backlog);
int stream_accept(struct burble *b, struct sock *s, struct burble_addr peer, int flags,
	struct burble_call *call);

/* sendmsg(2), recvmsg(2). */
ssize_t stream_send(struct burble *b, struct sock *s, const struct msghdr *msg, int flags,
	struct burble_call *call);
ssize_t stream_recv(
	struct burble *b, struct sock *s, struct msghdr *msg, int flags, struct burble_call *call);

/* ioctl(2) of a stream. */
int stream_ioctl(struct sock *s, unsigned long request, int *arg);

/* Ends a socket without descriptors, at once or when SO_LINGER has waited long enough. */
void stream_release(struct burble *b, struct file *f);

/* close(2) with SO_LINGER: starts lingering; true if there is something to wait for. */
bool stream_linger(struct burble *b, struct sock *s);

/* True while that is still so, and for how long at most. */
bool stream_lingers(const struct sock *s);
nsec_t stream_linger_time(const struct sock *s);

/* Receives the events of the instance's connections. */
void stream_set_events(struct burble *b);

/* The same address in the types of stack/tcp and of this room. */
static inline struct tcp_end end_of(const struct endpoint *e)
{
	return (struct tcp_end){e->ip, e->port, e->scope};
}

static inline struct endpoint endpoint_of(const struct tcp_end *e)
{
	return (struct endpoint){.ip = e->addr, .port = e->port, .scope = e->ifindex};
}

#endif
