/*
 * loss.h - loss engine of the sender: which segments are in flight, which are lost, how many may
 * be sent now, what to resend and when to look again. It knows sequence numbers, times and ACKs;
 * not the connection, the bytes or the wire. It never sends: events are reported to it, and its
 * state is queried.
 *
 *     report   loss_sent  loss_ack  loss_resent  loss_rto  loss_reo  loss_tlp  loss_idle_restart
 *     query    loss_quota (new segments now)  loss_next (what to resend)  timer, timer_at (when)
 *
 * After every report, the owner starts or stops its one timer by l->timer and l->timer_at.
 * States and names are Linux's; RFC 5681, 6298, 6675, 6937bis, 5682, 8985, 3168.
 *
 * Timestamps: the clock is `now` in milliseconds; the owner adds its random offset to what it sends
 * and takes it off what is echoed.
 */
#ifndef STACK_TCP_LOSS_LOSS_H
#define STACK_TCP_LOSS_LOSS_H

#include "stack/tcp/loss/loss_state.h"

/* The fate of a path MTU probe (RFC 4821). */
enum loss_mtu {
	LOSS_MTU_NONE,
	LOSS_MTU_ARRIVED,
	LOSS_MTU_LOST,
	LOSS_MTUS
};

/* A run of segments about to be sent. */
struct loss_send {
	struct seq start, end; /* including SYN and FIN */
	uint16_t mss;
	uint8_t flags; /* RTX_SYN, RTX_FIN, RTX_EOR */
};

/* An acceptable ACK (RFC 9293 3.10.7.4: not beyond snd_nxt, not older than the window). */
struct loss_ack {
	struct seq ack;
	struct seq_range sack[LOSS_SACK_BLOCKS];
	uint8_t sacks;
	bool has_data;   /* the segment carries data, SYN or FIN: not a duplicate ACK */
	bool win_update; /* it changed the send window: not a duplicate ACK */
	bool ece;        /* ECN-Echo, on a connection with ECN */
	bool has_ts;
	bool more_to_send;   /* there is unsent data that fits into the peer's window */
	uint32_t tsecr;      /* echoed timestamp without the offset; 0: none */
	uint32_t max_window; /* the largest window ever offered by the peer */
};

/* The effects of an ACK. */
struct loss_acked {
	bool progress;     /* snd_una moved */
	enum loss_mtu mtu; /* result of the probe */
	bool not_dup;      /* it reported something new: path and peer are alive */
};

/* The kind of a tail loss probe (RFC 8985 7.3). */
enum loss_probe {
	PROBE_NONE,
	PROBE_NEW,
	PROBE_RESEND,
	PROBES
};

/* Initializes a connection that has sent nothing; una is its initial sequence number. */
void loss_init(struct tcp_loss *l, const struct loss_env *env, struct seq una, nsec_t now);

/* The numbers begin at una after all: nothing was sent since loss_init(). */
void loss_start(struct tcp_loss *l, struct seq una);

/* Releases all records. */
void loss_free(struct tcp_loss *l);

/* After loss_init() for a socket that connects again: keeps the measurements of its previous
 * connection, whose engine is `was` (smallest RTT, reordering, rates, time of the last data), as
 * Linux's tcp_disconnect() does. */
void loss_recall(struct tcp_loss *l, const struct tcp_loss *was);

/* Begins an active open at una: all is as after loss_init() and loss_recall() of what l was. */
void loss_connect(struct tcp_loss *l, struct seq una, nsec_t now);

/* The handshake is complete: sets the initial window, starts congestion control. mss > 0. */
void loss_established(struct tcp_loss *l, const struct cc_ops *cc, uint16_t mss, nsec_t now);

/* Changes the algorithm of a running connection (TCP_CONGESTION). */
void loss_set_cc(struct tcp_loss *l, const struct cc_ops *cc, nsec_t now);

/* The segment size has changed (path MTU, options). */
void loss_set_mss(struct tcp_loss *l, uint16_t mss);

/* The SYN-ACK of a passive open, which never was in the queue, is acknowledged: rtt_us, negative if
 * it was sent more than once. Before loss_established(). */
void loss_synack(struct tcp_loss *l, int64_t rtt_us, nsec_t now);
/* Our SYN was retransmitted with an ACK (simultaneous open): RTTs are measured from here. */
void loss_syn_again(struct tcp_loss *l, nsec_t now);

/* Segments in flight by Linux's definition. */
static inline uint32_t loss_in_flight(const struct tcp_loss *l)
{
	return l->packets_out - (l->sacked_out + l->lost_out) + l->retrans_out;
}

/* The segments, new or retransmitted, that the congestion window allows now. */
uint32_t loss_quota(const struct tcp_loss *l);

/* True if another run can be recorded: call before sending. */
bool loss_reserve(struct tcp_loss *l);

/* The run was sent (or will be, in this flush). */
void loss_sent(struct tcp_loss *l, const struct loss_send *s, nsec_t now);

/* The result of a flush. */
struct loss_flush {
	uint32_t sent;     /* new segments sent in it */
	bool cwnd_limited; /* data is waiting for the congestion window */
	bool no_space;     /* the program is waiting for room in the send buffer */
	bool probe;        /* the new segment was a tail loss probe */
};

/* Everything that may be sent has been sent. Window validation (RFC 7661), tail loss probe. True:
 * recovery has more to resend, call loss_next() and loss_quota() once more. */
bool loss_flushed(struct tcp_loss *l, const struct loss_flush *f, nsec_t now);

/* The program writes while less than a segment is queued: rate samples from here on are limited by
 * the program, not by the path. */
void loss_app_limited(struct tcp_loss *l);

/* The device dropped an outgoing segment: slow down (CWR). */
void loss_local_drop(struct tcp_loss *l, nsec_t now);

/* [start, end), just sent as one segment, probes whether packets of `next` bytes instead of `mtu`
 * pass. Its loss is not a sign of congestion (RFC 4821 section 3); the result is reported in
 * loss_acked.mtu. */
void loss_mtu_probe(struct tcp_loss *l, struct seq_range probe, uint16_t mtu, uint16_t next);

/* The path MTU was reduced: segments larger than mss are lost; retransmits them (RFC 1191). */
void loss_simple_retransmit(struct tcp_loss *l, uint16_t mss, nsec_t now);

/* Processes an ACK. Marks and computes; sends nothing. */
void loss_ack(struct tcp_loss *l, const struct loss_ack *a, struct loss_acked *out, nsec_t now);

/* True while nothing is lost, sacked or retransmitted, the window is open and unpaced, and neither
 * ECN nor an algorithm that must see each ACK is in use. */
bool loss_is_plain(const struct tcp_loss *l);

/* loss_ack() of a plain engine, for an ACK without SACK blocks that loss_ack_is_plain(): it
 * acknowledges whole records, each sent once. */
bool loss_ack_is_plain(const struct tcp_loss *l, struct seq ack);
void loss_ack_plain(struct tcp_loss *l, struct seq ack, nsec_t now);

/* Both in one, for an ACK without SACK blocks that may be of any kind. False: nothing has changed,
 * loss_ack() has to take it. */
bool loss_ack_early(struct tcp_loss *l, struct seq ack, struct loss_acked *out, nsec_t now);

/* The run to retransmit now, [r->start, r->end) in segments of r->mss, cut to fit the window of
 * both sides and merged with small neighbours; or NULL. Then call loss_resent() and repeat. */
struct rtx *loss_next(struct tcp_loss *l, struct seq wnd_end, nsec_t now);

/* r was retransmitted; or could not be. Refused by the device: after a timeout it is retried half a
 * second later, without backoff. Otherwise there is no route: the timer continues. */
void loss_resent(struct tcp_loss *l, struct rtx *r, nsec_t now);
void loss_resend_failed(struct tcp_loss *l, struct rtx *r, bool refused, nsec_t now);

/* The timer has expired; which one is in l->timer. RTO: the owner has already decided not to give
 * up; syn: in SYN-SENT. Everything is marked; loss_next() then returns the head. */
void loss_rto(struct tcp_loss *l, bool syn, nsec_t now);

/* The data in flight was answered on behalf of an old connection: the first timeout is short, since
 * that connection is gone by now. No effect after a timeout. */
void loss_retry_soon(struct tcp_loss *l, nsec_t now);
void loss_reo(struct tcp_loss *l, nsec_t now);

/* An ICMP error reported no route for the segment at seq. If that is the retransmitted head, it was
 * not congestion: reverts the last doubling of the timeout (RFC 6069 section 4). */
void loss_revert_backoff(struct tcp_loss *l, struct seq seq, nsec_t now);

/* Restarts the timeout, whatever kind the timer was: nothing may be retransmitted yet. */
void loss_rto_later(struct tcp_loss *l, nsec_t now);

/* Tail loss probe: what to send. PROBE_RESEND: *r is the run to retransmit, before wnd_end, the end
 * of the peer's window; PROBE_NEW: the owner sends one new segment (loss_sent()) regardless of the
 * congestion window. Then call loss_probe_sent(), with r NULL for a new segment; or
 * loss_probe_failed(), with r if the device refused it. */
enum loss_probe loss_tlp(
	struct tcp_loss *l, bool can_send_new, struct seq wnd_end, struct rtx **r, nsec_t now);
void loss_probe_sent(struct tcp_loss *l, struct rtx *r, nsec_t now);
void loss_probe_failed(struct tcp_loss *l, struct rtx *refused, nsec_t now);

/* Data will be sent after idling: restarts slow start if the RTO has passed (RFC 5681 4.1). */
void loss_idle_restart(struct tcp_loss *l, nsec_t now);

/* The rate that the sender is limited to, in bytes per second; UINT64_MAX: none. */
uint64_t loss_pacing_rate(const struct tcp_loss *l);

/* Asserts that the counters match the records: O(n), for tests and the lab. */
void loss_invariants(const struct tcp_loss *l);

#endif
