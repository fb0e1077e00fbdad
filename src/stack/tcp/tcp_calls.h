/*
 * tcp_calls.h - what the files of TCP ask of each other, file by file in the order in which a
 * segment meets them.
 */
#ifndef STACK_TCP_TCP_CALLS_H
#define STACK_TCP_TCP_CALLS_H

#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_timer.h"

/* --- tcp_state.c: the only writer of key.state --- */
void tcp_set_state(struct stack *s, struct tcp_conn *c, enum tcp_state_name next);
const char *tcp_state_string(uint8_t state);
bool tcp_state_may_follow(uint8_t from, uint8_t to);

/* --- tcp_demux.c: who gets a segment --- */
struct tcp_tuple {
	struct ip_addr laddr, raddr;
	uint16_t lport, rport;
};
struct tcp_key *tcp_find(struct stack *s, const struct tcp_tuple *t);
bool tcp_hash_in(struct stack *s, struct tcp_key *k);
void tcp_hash_out(struct stack *s, struct tcp_key *k);
struct tcp_conn *tcp_find_listener(struct stack *s, const struct tcp_tuple *t, uint32_t ifindex);
bool tcp_listener_in(struct stack *s, struct tcp_conn *c);
void tcp_listener_out(struct stack *s, struct tcp_conn *c);

/* --- tcp_conn.c: making, ending, telling --- */
struct tcp_conn *tcp_conn_new(struct stack *s);
/* Makes a closed connection as new; its owner, options and bound address stay. */
void tcp_conn_renew(struct stack *s, struct tcp_conn *c);
void tcp_active_init(struct stack *s, struct tcp_conn *c, struct tcp_active *b);
void tcp_conn_free(struct stack *s, struct tcp_conn *c);
void tcp_notify(struct stack *s, struct tcp_conn *c, uint32_t events);
void tcp_dirty_mark(struct stack *s, struct tcp_conn *c);
/* Ends it: closed, timers off, queues thrown away; freed if nobody owns it. */
void tcp_done(struct stack *s, struct tcp_conn *c);
/* The same with an error for the owner. */
void tcp_fail(struct stack *s, struct tcp_conn *c, int err);
void tcp_conn_reap(struct stack *s, struct tcp_conn *c);
void tcp_queues_drop(struct stack *s, struct tcp_conn *c);
void tcp_purge_send(struct stack *s, struct tcp_conn *c);
struct tcp_extra *tcp_extra(struct stack *s, struct tcp_conn *c);
void tcp_conn_invariants(const struct tcp_conn *c);
void tcp_queue_invariants(const struct tcp_conn *c);

/* --- what is registered with ip (struct ip_transport): tcp_in.c, tcp_close.c --- */
/* A segment; p->data is the TCP header. Takes p. */
void tcp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);
/* An ICMP error about a segment that was sent (RFC 5927). */
void tcp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e);

/* --- tcp_in.c, tcp_acceptable.c --- */
void tcp_segment_in(struct tcp_in *in, struct tcp_conn *c);
bool tcp_oow_limited(struct stack *s, struct tcp_in *in, nsec_t *last, enum mib which);
bool tcp_validate(struct tcp_in *in, struct tcp_conn *c);
bool tcp_below_min_ttl(struct stack *s, const struct tcp_conn *c, uint8_t ttl, bool v6);
void tcp_spurious_in(struct tcp_in *in, struct tcp_conn *c);
void tcp_challenge_ack(struct tcp_in *in, struct tcp_conn *c);
void tcp_reset_in(struct tcp_in *in, struct tcp_conn *c);
bool tcp_paws_reject(const struct stack *s, uint32_t ts_recent, uint32_t ts_recent_s, uint32_t val);
void tcp_store_ts(struct tcp_in *in, struct tcp_conn *c, struct seq seq);

/* --- tcp_ack.c --- */
/* Takes the acknowledgement in: 1 fine, 0 old or nothing, -1 the segment is to be dropped. */
int tcp_ack_in(struct tcp_in *in, struct tcp_conn *c);
void tcp_write_space(struct stack *s, struct tcp_conn *c);

/* --- tcp_rcvbuf.c: data and FIN --- */
void tcp_data_in(struct tcp_in *in, struct tcp_conn *c);
void tcp_fin_in(struct stack *s, struct tcp_conn *c);
void tcp_urg_in(struct tcp_in *in, struct tcp_conn *c);
void tcp_rcv_free(struct stack *s, struct tcp_conn *c);
void tcp_queue_in_order(struct stack *s, struct tcp_conn *c, struct pkt *p);
void tcp_strip(struct pkt *p, const struct tcp_seg *g, struct seq from);

/* --- tcp_ackgen.c: when to acknowledge --- */
void tcp_ack_decide(struct stack *s, struct tcp_conn *c);
void tcp_ack_schedule(struct tcp_conn *c);
void tcp_ack_now(struct stack *s, struct tcp_conn *c);
void tcp_quickack_enter(struct tcp_conn *c, uint32_t max);
void tcp_data_event(struct tcp_in *in, struct tcp_conn *c);
void tcp_delack_fire(struct stack *s, struct stack_timer *t);
void tcp_ack_sent(struct stack *s, struct tcp_conn *c);
void tcp_ack_delay_for(struct stack *s, struct tcp_conn *c, uint32_t ms);
void tcp_delayed_ack(struct stack *s, struct tcp_conn *c);
bool tcp_pingpong(const struct stack *s, const struct tcp_conn *c);

/* --- tcp_rcvwnd.c: what we offer --- */
struct tcp_win_start {
	uint32_t space;
	uint16_t mss;
	bool wscale_ok;
	uint32_t rcv_wnd, clamp; /* clamp: in and out */
	uint8_t wscale;
};
/* What a connection of c starts from; a buffer that the program set bounds the scale, too. */
struct tcp_win_start tcp_win_begin(const struct tcp_conn *c);
void tcp_win_initial(const struct stack *s, struct tcp_win_start *w);
uint32_t tcp_win_select(struct stack *s, struct tcp_conn *c);
/* Another bound on the window: what it may grow to falls to it, or rises to what is offered. */
void tcp_win_clamp(struct tcp_conn *c, uint32_t v);
uint16_t tcp_win_field(struct stack *s, struct tcp_conn *c);
uint32_t tcp_win_from_space(const struct tcp_conn *c, int64_t space);
int64_t tcp_space(const struct tcp_conn *c);
void tcp_win_grow(struct stack *s, struct tcp_conn *c, uint32_t len);
void tcp_win_start_conn(struct stack *s, struct tcp_conn *c);
void tcp_rcv_rtt(struct stack *s, struct tcp_conn *c);
void tcp_rtt_rcv(struct tcp_in *in, struct tcp_conn *c);
void tcp_rcv_adjust(struct stack *s, struct tcp_conn *c);
void tcp_rcvbuf_grow(struct stack *s, struct tcp_conn *c, uint32_t now);
uint32_t tcp_pkt_truesize(uint32_t len);
void tcp_measure_mss(struct tcp_in *in, struct tcp_conn *c);

/* --- tcp_reasm.c --- */
/* Puts [start, end) of p in; takes p. False if it was dropped. */
bool tcp_ofo_add(struct tcp_in *in, struct tcp_conn *c);
void tcp_ofo_drain(struct stack *s, struct tcp_conn *c);
void tcp_ofo_free(struct stack *s, struct tcp_conn *c);
void tcp_dsack_set(struct stack *s, struct tcp_conn *c, struct tcp_sack r, bool ofo);
void tcp_sack_clean(struct tcp_conn *c);

/* --- tcp_sndbuf.c: the send queue --- */
void tcp_snd_free_to(struct stack *s, struct tcp_conn *c, struct seq to);
void tcp_snd_clear(struct stack *s, struct tcp_conn *c);
/* The piece with byte `at`, and how many bytes of it follow. */
const uint8_t *tcp_snd_at(struct tcp_conn *c, struct seq at, uint32_t *len, struct chunk **ref);
struct tcp_rec *tcp_rec_split(
	struct stack *s, struct tcp_conn *c, struct tcp_rec *r, uint32_t n, uint8_t flags);
bool tcp_snd_fin(struct stack *s, struct tcp_conn *c);
uint32_t tcp_half_window(const struct tcp_conn *c, uint32_t n);
size_t tcp_send_queue(struct stack *s, struct tcp_conn *c, const void *p, size_t n);
uint32_t tcp_size_goal(const struct tcp_conn *c);
bool tcp_snd_writable(const struct stack *s, const struct tcp_conn *c);
bool tcp_snd_room(const struct stack *s, const struct tcp_conn *c);
uint32_t tcp_notsent_lowat(const struct stack *s, const struct tcp_conn *c);
void tcp_sndbuf_expand(struct stack *s, struct tcp_conn *c);

/* --- tcp_output.c: the flush of a connection; tcp_xmit.c: one segment --- */
void tcp_output(struct stack *s, struct tcp_conn *c);
void tcp_push_mark(struct stack *s, struct tcp_conn *c, uint8_t nonagle);

struct tcp_sign;
struct tcp_xmit {
	struct seq seq;
	uint32_t len; /* payload */
	uint16_t flags;
	uint16_t mss; /* of a run: segments of so much payload; 0: one */
	bool resend;
	uint32_t *gone; /* told how much payload the device took if it refused some; or NULL */
};
/* -ENOBUFS: the device's queue is full. Others as ip_out(). */
int tcp_xmit(struct stack *s, struct tcp_conn *c, const struct tcp_xmit *x);
int tcp_xmit_syn(struct stack *s, struct tcp_conn *c, bool synack);
/* Queue a segment as it would leave now, before what the flush makes of marks: the RST that ends c;
 * an ACK of what was received up to ack; a segment of no connection. */
void tcp_queue_rst(struct stack *s, struct tcp_conn *c);
void tcp_queue_ack(struct stack *s, struct tcp_conn *c, struct seq ack);
void tcp_queue_reply(struct stack *s, const struct ip_tx *tx, struct tcp_seg *g, struct tcp_opts *o,
	const struct tcp_sign *sign);
/* RST for a segment that nobody wants. */
void tcp_reply_rst(struct tcp_in *in);
uint32_t tcp_opt_space(const struct stack *s, const struct tcp_conn *c);
int tcp_path(struct stack *s, struct tcp_conn *c);
uint16_t tcp_mss_now(struct stack *s, struct tcp_conn *c);
/* The same without a look at whether the path has changed. */
uint16_t tcp_mss_as_is(struct stack *s, struct tcp_conn *c);
void tcp_sync_mss(struct stack *s, struct tcp_conn *c, uint32_t pmtu);

/* --- tcp_timewait.c --- */
void tcp_time_wait(struct stack *s, struct tcp_conn *c, uint8_t substate, nsec_t span);
/* True: a listener may take the SYN; start from *isn. */
bool tcp_tw_in(struct tcp_in *in, struct tcp_tw *tw, struct seq *isn);
bool tcp_tw_reusable(const struct stack *s, const struct tcp_tw *tw, bool loopback, bool bound);
void tcp_tw_kill(struct stack *s, struct tcp_tw *tw);

/* --- tcp_open.c --- */
void tcp_syn_sent_in(struct tcp_in *in, struct tcp_conn *c);
struct seq tcp_isn(struct stack *s, const struct tcp_tuple *t);
uint32_t tcp_ts_offset(struct stack *s, const struct tcp_tuple *t);
bool tcp_write_pending(const struct tcp_conn *c);
void tcp_syn_payload(struct tcp_in *in, struct tcp_conn *c);
void tcp_finish_connect(struct stack *s, struct tcp_conn *c);
void tcp_init_transfer(struct stack *s, struct tcp_conn *c);
/* Once timestamps are agreed on, a full segment has 12 bytes less text: windows count in those. */
void tcp_advmss_less_options(struct tcp_conn *c);
void tcp_connect_syn(struct stack *s, struct tcp_conn *c);
/* What a SYN to dst offers; path as ip_route_query() gave it, or with the MTU only. */
uint16_t tcp_advmss(struct stack *s, const struct ip_addr *dst, const struct ip_route *path);

/* --- tcp_listen.c, tcp_syncookie.c --- */
void tcp_listen_in(struct tcp_in *in, struct tcp_conn *l, const struct seq *isn);
void tcp_req_in(struct tcp_in *in, struct tcp_req *r);
void tcp_req_out(struct stack *s, struct tcp_req *r);
void tcp_listen_stop(struct stack *s, struct tcp_conn *l);
struct tcp_conn *tcp_child(struct tcp_in *in, struct tcp_req *r);
void tcp_accept_add(struct stack *s, struct tcp_conn *l, struct tcp_conn *child);
bool tcp_accept_full(const struct tcp_conn *l);
void tcp_req_free(struct stack *s, struct tcp_req *r);
void tcp_req_ao(const struct tcp_in *in, struct tcp_req *r);
void tcp_req_repeat(struct stack *s, struct tcp_req *r);
struct seq tcp_cookie_make(struct stack *s, struct tcp_req *r);
struct tcp_req *tcp_cookie_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_req *r);
void tcp_req_window(struct stack *s, const struct tcp_conn *l, struct tcp_req *r, uint16_t mss);
void tcp_child_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_conn *child);
uint32_t tcp_cookie_ts(struct stack *s, const struct tcp_req *r);

/* --- tcp_uto.c: RFC 5482 --- */
void tcp_uto_adopt(struct tcp_extra *x, uint32_t seconds);
void tcp_uto_in(struct tcp_in *in, struct tcp_conn *c);
void tcp_uto_out(const struct tcp_conn *c, struct tcp_opts *o);
void tcp_uto_offer(const struct tcp_extra *x, struct tcp_opts *o);

/* --- tcp_info.c: where the time goes --- */
void tcp_chrono_start(struct stack *s, struct tcp_conn *c, enum tcp_chrono what);
void tcp_chrono_stop(struct stack *s, struct tcp_conn *c, enum tcp_chrono what);
void tcp_chrono_stop_all(struct stack *s, struct tcp_conn *c);

/* --- tcp_mtu.c --- */
void tcp_mtu_init(struct stack *s, struct tcp_conn *c);
enum tcp_mtu_tried {
	MTU_NOT_TRIED,
	MTU_WAITS, /* an ACK will make room for a probe: nothing else goes before */
	MTU_TRIED,
};
/* One larger segment, if there is data and window enough to lose it without harm. */
enum tcp_mtu_tried tcp_mtu_probe(struct stack *s, struct tcp_conn *c);
void tcp_mtu_probe_done(struct stack *s, struct tcp_conn *c, enum loss_mtu fate);
void tcp_mtu_reduced(struct stack *s, struct tcp_conn *c, uint32_t mtu);
void tcp_mtu_probing_start(struct stack *s, struct tcp_conn *c);

#endif
