/*
 * tcp_rest.h - what a connection keeps of its loss engine while nothing is in flight: 40 bytes
 * instead of the whole. Everything that decides the next transmission is exact; what is left behind
 * is history (delivery-rate sample, BBR's model of the path, an undo that could still have come).
 */
#ifndef STACK_TCP_REST_H
#define STACK_TCP_REST_H

#include "stack/tcp/tcp_loss.h"

struct loss_rest {
	uint32_t srtt_us, mdev_us, rttvar_us, min_rtt_us;
	uint32_t cwnd, ssthresh, cc_packed, last_send_ms;
	uint32_t delivered;
	uint16_t reordering, total_retrans;
};

_Static_assert(sizeof(struct loss_rest) == 40, "part of the budget of an idle connection");

/* True if nothing is in flight and nothing is to be undone, and the state fits. */
bool loss_can_rest(const struct tcp_loss *l);

/* Packs l, which loss_can_rest(), into rest. l is free afterwards. */
void loss_rest(struct tcp_loss *l, struct loss_rest *rest);

/* The way back: fills l anew; una is the next sequence number to send. The owner then sets what the
 * handshake agreed on (timestamps, sack, ecn), the maximal rate and TCP_USER_TIMEOUT. */
struct loss_wake {
	const struct loss_env *env;
	const struct cc_ops *cc;
	struct seq una;
	uint16_t mss;
};
void loss_wake(
	struct tcp_loss *l, const struct loss_rest *rest, const struct loss_wake *w, nsec_t now);

#endif
