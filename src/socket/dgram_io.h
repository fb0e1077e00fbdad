/*
 * dgram_io.h - sendmsg() and recvmsg() of datagrams. Private to the room.
 */
#ifndef SOCKET_DGRAM_IO_H
#define SOCKET_DGRAM_IO_H

#include "socket/dgram.h"

/* sock_extra.wants: control messages that recvmsg() adds to a datagram. */
enum dgram_wants {
	WANT_PKTINFO = 1 << 0,  /* IP_PKTINFO */
	WANT_TTL = 1 << 1,      /* IP_RECVTTL */
	WANT_TOS = 1 << 2,      /* IP_RECVTOS */
	WANT_STAMP = 1 << 3,    /* SO_TIMESTAMP */
	WANT_STAMPNS = 1 << 4,  /* SO_TIMESTAMPNS */
	WANT_PKTINFO6 = 1 << 5, /* IPV6_RECVPKTINFO */
	WANT_TTL6 = 1 << 6,     /* IPV6_RECVHOPLIMIT */
	WANT_TOS6 = 1 << 7,     /* IPV6_RECVTCLASS */
};

/* sendmsg() and recvmsg() of a datagram socket. */
ssize_t dgram_send(struct burble *b, struct sock *s, const struct msghdr *msg, int flags,
	struct burble_call *call);
ssize_t dgram_recv(
	struct burble *b, struct sock *s, struct msghdr *msg, int flags, struct burble_call *call);

#endif
