/*
 * tx_completions.h - completions of MSG_ZEROCOPY and transmit timestamps: reports on bytes that
 * were sent or acknowledged. Private to the room.
 *
 *     send -> record [last byte, what] -> sent, acknowledged -> error queue, EPOLLERR
 *
 * A segment waits for no device here, so "scheduled" and "sent" are the same moment.
 *
 * MSG_ZEROCOPY copies, and reports that (SO_EE_CODE_ZEROCOPY_COPIED), as Linux does for a device
 * without scatter-gather: the program may reuse its buffer at once, the completion comes with the
 * ACK. The effect on the wire is the same: each buffer is a fragment, and a segment has at most 17
 * of them.
 */
#ifndef SOCKET_TX_COMPLETIONS_H
#define SOCKET_TX_COMPLETIONS_H

#include "socket/stream.h"

#include <linux/net_tstamp.h>

/* Flags of SO_TIMESTAMPING supported on streams. */
#define STAMPS_KNOWN                                                                               \
	((uint32_t)(SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED |                        \
		    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK |                       \
		    SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY))

/* True for a MSG_ZEROCOPY send on a socket with SO_ZEROCOPY. */
static inline bool tx_is_zerocopy(const struct sock *s, int flags)
{
	return (flags & MSG_ZEROCOPY) && sock_is(s, SOCK_BIT_ZEROCOPY);
}

/* A send has queued its last byte: records the reports that it requested. */
void tx_note(struct burble *b, struct sock *s, int flags);

/* Bytes up to `end` of the connection have been sent for the first time. */
void tx_sent(struct burble *b, struct sock *s, uint64_t end);

/* Bytes up to `end` of the connection are acknowledged. */
void tx_acked(struct burble *b, struct sock *s, uint64_t end);

/* The connection is gone: no buffer is referenced any more, so all zero-copy sends are complete. */
void tx_settle(struct burble *b, struct sock *s);

/* SO_TIMESTAMPING. */
int tx_set_stamps(struct burble *b, struct sock *s, int flags);

/* Drops the pending reports. */
void tx_free(struct sock_extra *x);

#endif
