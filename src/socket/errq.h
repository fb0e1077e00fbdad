/*
 * errq.h - error queue of a socket, which recvmsg(MSG_ERRQUEUE) reads: ICMP errors (IP_RECVERR),
 * completions of MSG_ZEROCOPY and transmit timestamps. EPOLLERR is set while it is not empty.
 * Private to the room.
 */
#ifndef SOCKET_ERRQ_H
#define SOCKET_ERRQ_H

#include "socket/addr.h"
#include "socket/msg.h"

#include <linux/errqueue.h>

enum {
	ERRQ_MAX = 64, /* records of one socket; more are dropped, and counted by the caller */
	ERRQ_DATA = 128,
};

struct errq_record {
	struct errq_record *next;
	struct sock_extended_err ee;
	struct endpoint offender;    /* source of the ICMP error; SO_EE_OFFENDER */
	struct endpoint destination; /* of the failed datagram: recvmsg's msg_name */
	nsec_t stamp;                /* SO_EE_ORIGIN_TIMESTAMPING: the time */
	uint16_t len;                /* bytes of the failed datagram kept in data */
	bool cut;                    /* truncated, or not kept: MSG_TRUNC */
	uint8_t data[ERRQ_DATA];
};

struct errq {
	struct errq_record *first, *last;
	uint32_t count;
};

/* Appends a copy of r. False if the queue is full or out of memory: the record is lost. */
bool errq_add(struct errq *q, const struct errq_record *r);

/* Appends completion `id` of a zero-copy send; adjacent completions become one range. */
bool errq_zerocopy(struct errq *q, uint32_t id, bool copied);

/* Removes the first record into *out; false if there is none. */
bool errq_take(struct errq *q, struct errq_record *out);

/* recvmsg(MSG_ERRQUEUE): the first record into msg, in the form of the program's domain; -EAGAIN if
 * there is none. Returns the bytes copied. stamps: the socket requested SO_TIMESTAMPING reports. */
ssize_t errq_read(struct errq *q, int domain, struct msghdr *msg);

/* Drops all records. */
void errq_free(struct errq *q);

#endif
