/*
 * net_batch.h - a batch of sends through a network that wraps another and sends other bytes than it
 * is given, such as records of TLS: those of many connections are encoded one behind the other, and
 * handed to the wrapped network as one batch.
 *
 *     sends -> | encoded | encoded | passes through | ... -> send_batch() -> the result of each
 *
 * A turn's sends so cost few system calls whatever is wrapped around the kernel's sockets.
 */
#ifndef NET_BATCH_H
#define NET_BATCH_H

#include "net/net_around.h"

enum {
	NET_BATCH_SENDS = 256,
	NET_BATCH_BYTES = 65536, /* encoded; what is longer by itself is sent by itself */
};

/* How send() of a network works, in two halves, for a connection of its table. */
struct net_encoder {
	/* The most bytes that encode() writes; 0: this must be done by send(). */
	size_t (*room)(struct net *n, const struct net_send *s);
	/* Writes what the wrapped network is to send; returns how many bytes. 0: nothing is to be
	 * sent, and s->done is set. */
	size_t (*encode)(struct net *n, struct net_send *s, uint8_t *to);
	/* The result of s, after the wrapped network was asked for what `made` describes. */
	ssize_t (*result)(struct net *n, const struct net_send *s, const struct net_send *made);
};

/* Empty between two calls: `made` and what they are made `of`, by the same index. */
struct net_batch {
	uint32_t count;
	size_t used;
	struct net_send *of[NET_BATCH_SENDS], made[NET_BATCH_SENDS];
	struct iovec iov[NET_BATCH_SENDS];
	uint8_t bytes[NET_BATCH_BYTES];
};

/* send_batch() of a: encodes what goes to connections of its table. */
void net_batch_send(struct net_batch *b, struct net_around *a, const struct net_encoder *e,
	struct net_send *sends, size_t count);

#endif
