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

/* A segment run that is about to leave. */
struct loss_send {
	struct seq start, end; /* SYN and FIN count */
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
	bool ece;        /* ECN-Echo, on a connection that agreed to ECN */
	bool has_ts;
	bool more_to_send;   /* unsent data waits, and fits into the peer's window */
	uint32_t tsecr;      /* echoed timestamp, offset taken off; 0: none */
	uint32_t max_window; /* largest window that the peer ever offered */
};

/* The effects of an ACK. */
struct loss_acked {
	bool progress;     /* snd_una moved */
	enum loss_mtu mtu; /* what became of the probe */
	bool not_dup;      /* it reported something new: the path works, the peer lives */
};

/* The kind of a tail loss probe (RFC 8985 7.3). */
enum loss_probe {
	PROBE_NONE,
	PROBE_NEW,
	PROBE_RESEND,
	PROBES
};

/* A connection that has sent nothing; una is its initial sequence number. */
void loss_init(struct tcp_loss *l, const struct loss_env *env, struct seq una, nsec_t now);

/* Gives all records back. */
void loss_free(struct tcp_loss *l);

/* After loss_init() for a socket that connects again: takes over what an earlier connection of it,
 * whose engine `was` is, has measured (smallest RTT, reordering, rates, time of the last data), as
 * Linux's tcp_disconnect() leaves it. */
void loss_recall(struct tcp_loss *l, const struct tcp_loss *was);

/* The handshake is complete: initial window, congestion control begins. mss > 0. */
void loss_established(struct tcp_loss *l, const struct cc_ops *cc, uint16_t mss, nsec_t now);

/* Changes the algorithm of a running connection (TCP_CONGESTION). */
void loss_set_cc(struct tcp_loss *l, const struct cc_ops *cc, nsec_t now);

/* The segment size has changed (path MTU, options). */
void loss_set_mss(struct tcp_loss *l, uint16_t mss);

/* A listener's SYN-ACK, which never was in the queue, is acknowledged: rtt_us, negative if it was
 * sent more than once. Before loss_established(). */
void loss_synack(struct tcp_loss *l, int64_t rtt_us, nsec_t now);
/* Our SYN left again, with an ACK (simultaneous open): round trips are measured from here. */
void loss_syn_again(struct tcp_loss *l, nsec_t now);

/* Segments in the network by Linux's count. */
static inline uint32_t loss_in_flight(const struct tcp_loss *l)
{
	return l->packets_out - (l->sacked_out + l->lost_out) + l->retrans_out;
}

/* New or resent segments that the congestion window allows now. */
uint32_t loss_quota(const struct tcp_loss *l);

/* True if one more run can be remembered: ask before sending. */
bool loss_reserve(struct tcp_loss *l);

/* The run has left (or will, in this flush). */
void loss_sent(struct tcp_loss *l, const struct loss_send *s, nsec_t now);

/* How a flush ended. */
struct loss_flush {
	uint32_t sent;     /* new segments that left in it */
	bool cwnd_limited; /* data waits that the congestion window did not allow */
	bool no_space;     /* the program waits for room in the send buffer */
	bool probe;        /* the new segment was a tail loss probe */
};

/* All that may be sent has been sent. Window validation (RFC 7661), tail loss probe. True: the
 * recovery changed its mind, ask loss_next() and loss_quota() once more. */
bool loss_flushed(struct tcp_loss *l, const struct loss_flush *f, nsec_t now);

/* The program writes while less than a segment waits: rate samples taken from here on say what the
 * program does, not the path. */
void loss_app_limited(struct tcp_loss *l);

/* The device dropped a segment on its way out: slow down (CWR). */
void loss_local_drop(struct tcp_loss *l, nsec_t now);

/* [start, end), sent just now as one segment, tries whether packets of `next` bytes instead of
 * `mtu` pass. Its loss is no sign of congestion (RFC 4821 section 3); the fate comes in
 * loss_acked.mtu. */
void loss_mtu_probe(struct tcp_loss *l, struct seq_range probe, uint16_t mtu, uint16_t next);

/* The path MTU fell: segments larger than mss are lost; resend them (RFC 1191). */
void loss_simple_retransmit(struct tcp_loss *l, uint16_t mss, nsec_t now);

/* Takes in an ACK. Marks and computes; sends nothing. */
void loss_ack(struct tcp_loss *l, const struct loss_ack *a, struct loss_acked *out, nsec_t now);

/* True while nothing is lost, sacked or resent, the window is open and unpaced, and neither ECN nor
 * an algorithm that wants to see each ACK is in force. */
bool loss_is_plain(const struct tcp_loss *l);

/* loss_ack() of a plain engine, for an ACK without SACK blocks that loss_ack_is_plain(): it takes
 * whole records, which were sent once. */
bool loss_ack_is_plain(const struct tcp_loss *l, struct seq ack);
void loss_ack_plain(struct tcp_loss *l, struct seq ack, nsec_t now);

/* The run to resend now, [r->start, r->end) in segments of r->mss, cut to fit the window of both
 * sides and joined with small neighbours; or NULL. Then call loss_resent() and ask again. */
struct rtx *loss_next(struct tcp_loss *l, struct seq wnd_end, nsec_t now);

/* r was resent; or could not be. The device refused it: after a timeout it is asked again half a
 * second later, without backoff. Otherwise there is no way: the timer goes on. */
void loss_resent(struct tcp_loss *l, struct rtx *r, nsec_t now);
void loss_resend_failed(struct tcp_loss *l, struct rtx *r, bool refused, nsec_t now);

/* The timer ran out; which one is l->timer. RTO: the owner has already decided that the connection
 * lives; syn: it is in SYN-SENT. Everything is marked; loss_next() then gives the head. */
void loss_rto(struct tcp_loss *l, bool syn, nsec_t now);

/* What is in flight was answered for another connection: the first timeout comes at once, since
 * that connection is gone by now. No-op after a timeout. */
void loss_retry_soon(struct tcp_loss *l, nsec_t now);
void loss_reo(struct tcp_loss *l, nsec_t now);

/* A router had no way for the segment at seq. If that is the head, which was resent, it was not
 * congestion: the last doubling of the timeout is taken back (RFC 6069 section 4). */
void loss_revert_backoff(struct tcp_loss *l, struct seq seq, nsec_t now);

/* The timeout begins anew, of whatever kind the timer was: nothing may be resent yet. */
void loss_rto_later(struct tcp_loss *l, nsec_t now);

/* Tail loss probe: what to send. PROBE_RESEND: *r is the run to resend, before wnd_end, the end of
 * the peer's window; PROBE_NEW: the owner sends one new segment (loss_sent()) whatever the
 * congestion window. Then loss_probe_sent(), with r NULL for a new segment; or
 * loss_probe_failed(), with r if the device refused it. */
enum loss_probe loss_tlp(
	struct tcp_loss *l, bool can_send_new, struct seq wnd_end, struct rtx **r, nsec_t now);
void loss_probe_sent(struct tcp_loss *l, struct rtx *r, nsec_t now);
void loss_probe_failed(struct tcp_loss *l, struct rtx *refused, nsec_t now);

/* Data will be sent after idling: slow start again if the RTO has passed (RFC 5681 4.1). */
void loss_idle_restart(struct tcp_loss *l, nsec_t now);

/* Rate in bytes a second that the sender keeps, UINT64_MAX if none. */
uint64_t loss_pacing_rate(const struct tcp_loss *l);

/* Asserts that the counters are what the records say: O(n), for tests and the lab. */
void loss_invariants(const struct tcp_loss *l);

#endif
