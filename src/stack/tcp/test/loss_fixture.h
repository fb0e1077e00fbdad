/*
 * loss_fixture.h - test fixture of the loss engine: a sender without connection, wire or bytes. It
 * starts at sequence number 1 with an RTT measured by the handshake, sends runs of whole segments
 * and records the retransmissions requested.
 */
#ifndef STACK_TCP_TEST_LOSS_FIXTURE_H
#define STACK_TCP_TEST_LOSS_FIXTURE_H

#include "stack/tcp/loss/loss.h"

enum {
	FX_MSS = 1000,
	FX_RESENT = 256
};

struct fx {
	struct sysctl sysctl;
	struct mib_table mib;
	struct pool pool;
	struct prng prng;
	struct loss_env env;
	struct histogram rtt;
	struct tcp_loss l;
	struct loss_acked out; /* of the last ACK */
	nsec_t now;
	uint32_t unsent;            /* segments written by the program */
	uint32_t wnd;               /* of the peer */
	uint32_t sent;              /* new segments of the last flush */
	uint32_t resent[FX_RESENT]; /* starts of the retransmissions of the last flush, absolute */
	uint32_t resent_segs, resends;
	bool sack, ts;
	bool fast;          /* plain ACKs take the fast path */
	uint32_t fast_acks; /* that did */
};

/* A sender at time 0 whose handshake took rtt_ms, with SACK, CUBIC, Linux's defaults except for the
 * idle restart, which is off. */
void fx_start(struct fx *f, uint32_t rtt_ms);
void fx_stop(struct fx *f);

/* The program writes segs segments; sends what the windows allow. */
void fx_write(struct fx *f, uint32_t segs);

/* Advances time by span, firing timers. */
void fx_wait(struct fx *f, nsec_t span);

/* An ACK arrives: cumulative to ack; n blocks follow as pairs. */
void fx_ack(struct fx *f, uint32_t ack, uint32_t n, ...);

/* The same with all fields given. */
void fx_ack_full(struct fx *f, const struct loss_ack *a);

/* The value of a counter. */
uint64_t fx_count(const struct fx *f, enum mib which);

#endif
