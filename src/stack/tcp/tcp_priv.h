/*
 * tcp_priv.h - TCP's own structures. A connection is two records:
 *
 *     struct tcp_conn   as long as it lives: addresses, state, sequence numbers, agreed options
 *     struct tcp_busy   queues, timers, loss engine: exists only while there is need for it
 *     struct tcp_extra  options that few sockets set
 *
 * and two kinds of stand-in that are found in the same table by 4-tuple: struct tcp_req, a SYN that
 * was answered (tcp_listen.c), and struct tcp_tw, TIME-WAIT (tcp_timewait.c).
 *
 *     who marks       what                                     who sends
 *     tcp_in_*        busy->ack, news to the owner             tcp_out.c in tcp_flush()
 *     timers          busy->probe, loss engine                 likewise
 *     the program     send queue, busy->push                   likewise
 */
#ifndef STACK_TCP_TCP_PRIV_H
#define STACK_TCP_TCP_PRIV_H

#include "base/hash.h"
#include "stack/ip/ip.h"
#include "stack/stack_priv.h"
#include "stack/tcp/tcp.h"
#include "stack/tcp/tcp_limits.h"
#include "stack/tcp/tcp_loss.h"
#include "stack/tcp/tcp_sockopt.h"
#include "wire/tcp.h"

#include <stdlib.h>

enum tcp_kind {
	TCP_KIND_CONN,
	TCP_KIND_REQ,
	TCP_KIND_TW
};

/* What every record in the table of 4-tuples begins with. */
struct tcp_key {
	struct hash_node node;
	struct ip_addr laddr, raddr;
	uint16_t lport, rport;
	uint8_t kind;  /* enum tcp_kind */
	uint8_t state; /* enum tcp_state_name; written by tcp_set_state() only */
	uint16_t bits; /* enum tcp_bit */
};

enum tcp_bit {
	TCPB_V6 = 1 << 0,     /* socket of domain AF_INET6 */
	TCPB_HASHED = 1 << 1, /* in the table of 4-tuples */
	TCPB_ORPHAN = 1 << 2, /* no owner any more: SOCK_DEAD */
	TCPB_DONE = 1 << 3,   /* the peer's FIN came: SOCK_DONE */
	TCPB_RCVBUF_LOCK = 1 << 4,
	TCPB_SNDBUF_LOCK = 1 << 5,
	TCPB_KEEPALIVE = 1 << 6,
	TCPB_OOBINLINE = 1 << 7,
	TCPB_NOSPACE = 1 << 8,    /* the owner waits for room */
	TCPB_BOUND_ADDR = 1 << 9, /* bind() named an address: survives a disconnect */
	TCPB_BOUND_PORT = 1 << 10,
	TCPB_DEFER_CONNECT = 1 << 11,
	TCPB_PATH = 1 << 12,    /* a path was found once */
	TCPB_RFC6191 = 1 << 13, /* reuses a TIME-WAIT pair */
};

/* Agreed at the handshake. */
enum tcp_agreed {
	TCPA_TS = 1 << 0,
	TCPA_SACK = 1 << 1,
	TCPA_WSCALE = 1 << 2,
	TCPA_ECN = 1 << 3,
};

enum tcp_ecn_bit {
	TCPE_QUEUE_CWR = 1 << 0,  /* the next new segment carries CWR */
	TCPE_DEMAND_CWR = 1 << 1, /* ECE on every ACK until CWR comes */
	TCPE_SEEN = 1 << 2,       /* an ECT packet came */
};

enum tcp_nagle {
	NAGLE_OFF = 1,  /* TCP_NODELAY */
	NAGLE_CORK = 2, /* TCP_CORK */
	NAGLE_PUSH = 4, /* this once */
};

enum tcp_ack_bit {
	ACKP_SCHED = 1 << 0,
	ACKP_TIMER = 1 << 1,
	ACKP_PUSHED = 1 << 2,
	ACKP_PUSHED2 = 1 << 3,
	ACKP_NOW = 1 << 4,  /* at once, whatever the rest says */
	ACKP_SEND = 1 << 5, /* decided: the flush sends an ACK */
	ACKP_NOMEM = 1 << 6,
};

enum tcp_probe_kind {
	PROBE_SEND_NONE,
	PROBE_SEND_WINDOW, /* zero window: a byte beyond it, or nothing */
	PROBE_SEND_KEEPALIVE,
	PROBE_SEND_URGENT,
};

/* A stretch of the send queue: what one write (or several) made, as Linux's skb. */
struct tcp_rec {
	struct tcp_rec *next;
	struct seq start, end;
	uint32_t truesize;
	uint8_t flags; /* enum tcp_rec_flag */
};

enum tcp_rec_flag {
	REC_PSH = 1 << 0,
	REC_EOR = 1 << 1,
	REC_FIN = 1 << 2, /* end counts the FIN */
	REC_REF = 1 << 3,
};

/* Bytes of the send queue: a view of a chunk. */
struct tcp_piece {
	struct tcp_piece *next;
	struct chunk *ref;
	const uint8_t *p;
	struct seq start;
	uint32_t len;
};

struct tcp_sndq {
	struct tcp_piece *first, *last, *hint; /* hint: where the last look-up ended */
	struct tcp_rec *rec, *rec_last;        /* not yet acknowledged */
	struct tcp_rec *unsent;                /* first that is not fully sent; NULL: none */
	uint32_t truesize;                     /* sk_wmem_queued */
};

/* A received stretch out of order. */
struct tcp_ofo {
	struct tree_node node;
	struct pkt *p;
	struct seq start, end;
	bool fin;
};

struct tcp_rcvq {
	struct pkt_queue queue; /* in sequence; p->seq is the first byte's number */
	struct tree ofo;        /* struct tcp_ofo by start; no two overlap */
	uint32_t ofo_count;
	uint32_t truesize;  /* sk_rmem_alloc */
	struct seq ofo_max; /* end of the highest */
};

struct tcp_stats {
	uint64_t bytes_acked, bytes_received, bytes_sent;
	uint32_t segs_in, segs_out, data_segs_in, data_segs_out, rcv_ooopack, reord_seen;
	uint32_t notsent_gen;
	nsec_t chrono_start, chrono[3]; /* busy, receive-window-limited, send-buffer-limited */
	uint8_t chrono_type;            /* 0: none, else 1 + index */
};

struct tcp_busy {
	struct tcp_loss loss;
	struct tcp_sndq snd;
	struct tcp_rcvq rcv;
	struct list dirty; /* of tcp_state.dirty */
	struct tcp_conn *conn;
	struct stack_timer rtx;    /* RTO, RACK, TLP of the loss engine; zero-window probe */
	struct stack_timer delack; /* and compressed SACKs */
	struct stack_timer life;   /* keepalive, FIN-WAIT-2 */
	struct stack_timer pace;
	nsec_t probe0_at; /* zero-window probe; 0: not running */
	/* the listener whose accept queue holds it */
	struct tcp_conn *listener;
	struct list queue; /* accept queue */
	/* ACK generation: icsk_ack */
	uint32_t ack_last_seg;
	uint8_t ack; /* enum tcp_ack_bit */
	uint8_t dup_acks, compressed;
	nsec_t delack_at, compress_at;
	struct seq compress_nxt;
	struct tcp_sack dsack;            /* to be told first */
	struct tcp_sack sacks[TCP_SACKS]; /* newest first */
	uint8_t n_sacks;
	bool has_dsack;
	/* urgent: the receiver's pointer, the sender's */
	struct seq urg_seq, snd_up;
	uint8_t urg, urg_byte;
	bool urg_snd;
	/* receive autotuning */
	uint32_t rtt_us;
	nsec_t rtt_time;
	struct seq rtt_seq;
	uint32_t rtt_tsecr;
	uint32_t space;
	struct seq space_seq;
	nsec_t space_time;
	uint32_t rcvlowat;
	/* sending */
	uint8_t push; /* enum tcp_nagle bits for the next flush; 0: nothing to push */
	uint8_t push_nonagle;
	uint8_t probe; /* enum tcp_probe_kind */
	uint8_t probes_out;
	uint8_t backoff;
	bool space_due;   /* an ACK came: has room become enough? */
	bool write_waits; /* a blocked call has more to send once connected */
	bool fin_rcvd, synack_due, tlp_due;
	bool send_rst, syn_data, syn_fastopen, syn_fastopen_exp, is_sack_reneg, watch_acks;
	bool syn_data_acked, fastopen_rsk, syn_unsent, fin_queued, cwnd_limited;
	struct tcp_req *tfo_req; /* the SYN-ACK of a Fast Open child */
	struct tcp_conn *tfo_listener;
	bool tfo_wanted, tfo_keep, syn_data_lost;
	uint16_t syn_len; /* bytes that the SYN carries */
	uint8_t tfo_fail;
	uint8_t syn_counted; /* of bytes_acked: the SYN's number, as Linux counts */
	uint16_t tfo_cookie_len;
	uint8_t tfo_cookie[TCP_COOKIE_MAX];
	struct seq snd_sml, pushed_seq;
	uint32_t snd_cwnd_clamp;
	struct tcp_rec *tlp;  /* reserved */
	nsec_t wstamp;        /* last departure */
	nsec_t retrans_stamp; /* first retransmission of what is outstanding; 0: none */
	nsec_t probes_since;
	nsec_t oow_at; /* last ACK to something out of window (tcp_invalid_ratelimit) */
	nsec_t mtu_at;
	struct tcp_mtu {
		uint32_t low, high, probe;
		struct seq start, end;
		bool on;
	} mtu;
	struct tcp_stats stats;
	uint32_t path_gen, path_mtu;
	uint32_t total_synack_retrans;
	uint32_t acked_bytes_hint;
	nsec_t synack_at;
	bool in_flush;
};

/* What few sockets set; -1 or 0 as noted: the parameter counts. */
struct tcp_extra {
	int32_t keepidle, keepintvl, keepcnt; /* 0: parameter */
	int32_t linger2;                      /* s; 0: parameter, negative: none */
	uint32_t user_timeout;                /* ms */
	uint32_t uto_send, uto_got;           /* RFC 5482, s; 0: none */
	uint32_t notsent_lowat;               /* 0: parameter */
	uint32_t window_clamp;
	uint64_t max_pacing;
	uint32_t ifindex;
	uint16_t defer_accept; /* retransmissions of the SYN-ACK */
	uint16_t fastopen;     /* queue length of a listener */
	uint8_t syn_retries, ttl, pmtudisc;
	bool fastopen_connect, fastopen_no_cookie, thin_linear, save_syn, uto_on, uto_tell;
	uint8_t tfo_keys;
	uint8_t tfo_key[2][16];
	struct pkt *saved_syn;
};

struct tcp_listen;

struct tcp_conn {
	struct tcp_key key;
	void *owner;
	struct tcp_busy *busy;
	struct tcp_extra *extra; /* NULL: defaults */
	struct tcp_listen *listen;
	const struct cc_ops *cc;
	struct tcp_port *port; /* what it is bound to */
	struct list port_link;
	struct seq snd_una, snd_nxt, write_seq, snd_wl1;
	uint32_t snd_wnd, max_window;
	struct seq rcv_nxt, rcv_wup, copied_seq;
	uint32_t rcv_wnd;
	struct seq iss, irs;
	uint32_t ts_recent, ts_recent_s, ts_offset;
	uint32_t rcv_tstamp_ms, lrcv_ms; /* last ACK, last data */
	uint32_t rcvbuf, sndbuf, window_clamp, rcv_ssthresh;
	uint16_t mss_clamp, mss, user_mss, advmss;
	uint16_t rcv_mss, ato_ms;
	uint8_t quick, pingpong;
	uint8_t agreed; /* enum tcp_agreed */
	uint8_t snd_wscale, rcv_wscale;
	uint8_t scaling;
	uint8_t shut;    /* enum tcp_shut */
	uint8_t nonagle; /* NAGLE_OFF, NAGLE_CORK */
	uint8_t tos, ecn, bind_flags;
	uint16_t err, soft_err;
	uint16_t ip_len; /* of header: 20 or 40 */
};

/* A SYN that was answered: an embryonic connection. */
struct tcp_req {
	struct tcp_key key;
	struct tcp_conn *listener;
	struct list link;  /* of the listener's */
	struct list dirty; /* of tcp_state.dirty_reqs: its SYN-ACK is to be sent */
	struct stack_timer timer;
	struct seq iss, irs, rcv_nxt;
	uint32_t ts_recent, ts_offset, window_clamp, rcv_wnd;
	uint16_t mss; /* the peer's */
	uint16_t advmss;
	uint32_t ifindex;
	uint8_t agreed, snd_wscale, rcv_wscale, tos;
	uint8_t timeouts, retrans;
	bool acked; /* DEFER_ACCEPT: the handshake is complete, data is awaited */
	bool ecn_ok;
	bool cookie; /* only a vessel for one SYN-ACK */
	uint8_t tfo_len;
	bool tfo_exp;
	uint8_t tfo[TCP_COOKIE_MAX];
	nsec_t sent_at, oow_at;
	uint32_t flow;
	uint32_t uto;
	struct tcp_conn *child; /* Fast Open */
};

struct tcp_tw {
	struct tcp_key key;
	struct stack_timer timer;
	struct tcp_port *port;
	struct list port_link;
	struct list age;
	struct seq snd_nxt, rcv_nxt;
	uint32_t rcv_wnd, ts_recent, ts_recent_s, ts_offset, flow, ifindex;
	nsec_t oow_at;
	uint8_t rcv_wscale, agreed, tos, substate, dirty_ack;
	uint32_t win;
};

struct tcp_listen {
	struct list requests, accept;
	uint32_t qlen, young, queued, backlog;
	uint32_t tfo_qlen;
	uint32_t tfo_reset_s;
	nsec_t overflow_at; /* last overflow of the request queue; 0: never */
	bool overflowed;
	struct tcp_conn *next; /* others of the same port */
};

/* A local port in use. */
struct tcp_port {
	struct hash_node node;
	struct list conns; /* struct tcp_conn port_link */
	struct list tws;
	uint16_t port;
	bool ephemeral; /* every owner got it by connect(): may be shared by 4-tuple */
};

/* A segment without a connection, built and waiting for the flush. */
struct tcp_reply {
	struct tcp_reply *next;
	struct pkt *p;
	struct ip_tx tx;
};

/* IP_MTU_DISCOVER */
enum tcp_pmtudisc {
	TCP_PMTUDISC_DONT,
	TCP_PMTUDISC_WANT,
	TCP_PMTUDISC_DO,
	TCP_PMTUDISC_PROBE
};

enum tcp_chrono {
	TCP_CHRONO_NONE,
	TCP_CHRONO_BUSY,
	TCP_CHRONO_RWND,
	TCP_CHRONO_SNDBUF
};

struct tcp_state {
	struct stack *stack;
	struct tcp_events ev;
	struct hash_table table; /* 4-tuples: conn, req, tw */
	struct hash_table ports, listeners;
	struct pool conns, busies, extras, reqs, tws, port_pool, recs, pieces, ofos, replies, rtx,
		listens;
	struct list dirty, dirty_reqs;
	struct tcp_reply *reply_first, *reply_last;
	struct siphash_key hash_key, isn_key, ts_key, cookie_key, port_key;
	struct loss_env env;
	uint32_t port_next; /* of table_perturb */
	uint32_t orphans, tw_count, sockets;
	int64_t mem; /* bytes queued, by Linux's arithmetic */
	bool pressure;
	nsec_t challenge_at;
	uint32_t challenge_left;
	struct tcp_tfo_cache *tfo; /* tcp_fastopen.c */
	uint8_t tfo_key[16];
	bool tfo_key_drawn;
	nsec_t tfo_blackhole_at;
	uint32_t tfo_blackholes;
	struct pkt *scratch;
};

/* What a SYN says of Fast Open: length -1 nothing, 0 asks, else shows its cookie. */
struct tcp_tfo_syn {
	int8_t len;
	bool exp;
	uint16_t mss;
	uint8_t cookie[TCP_COOKIE_MAX];
};

/* A segment that came in. */
struct tcp_in {
	struct stack *s;
	struct pkt *p; /* taken (NULL) by whoever keeps it */
	const struct ip_rx *rx;
	struct tcp_seg seg;
	struct tcp_opts o;
	struct seq end; /* seq + space */
};

/* The instance, for questions that come without it. */
static inline struct stack *tcp_stack_of(const struct tcp_conn *c)
{
	return container_of(c->busy->loss.env, struct tcp_state, env)->stack;
}

static inline uint32_t ms_of(nsec_t now)
{
	return (uint32_t)(now / NSEC_MSEC);
}

static inline uint32_t s_of(nsec_t now)
{
	return (uint32_t)(now / NSEC_SEC);
}

static inline bool tcp_is(const struct tcp_conn *c, uint16_t bit)
{
	return (c->key.bits & bit) != 0;
}

static inline void tcp_mark(struct tcp_conn *c, uint16_t bit, bool on)
{
	c->key.bits = (uint16_t)(on ? c->key.bits | bit : c->key.bits & ~bit);
}

static inline bool tcp_in_state(const struct tcp_conn *c, uint32_t mask)
{
	return (1u << c->key.state & mask) != 0;
}

#define TCPM(state) (1u << (state))

enum {
	TCPM_SYNCHRONIZED_DATA = TCPM(TCPS_ESTABLISHED) | TCPM(TCPS_FIN_WAIT_1) |
				 TCPM(TCPS_FIN_WAIT_2) | TCPM(TCPS_CLOSE_WAIT) |
				 TCPM(TCPS_CLOSING) | TCPM(TCPS_LAST_ACK),
	TCPM_CAN_SEND = TCPM(TCPS_ESTABLISHED) | TCPM(TCPS_CLOSE_WAIT),
};

static inline bool tcp_before(struct seq a, struct seq b)
{
	return seq_lt(a, b);
}

static inline struct seq tcp_wnd_end(const struct tcp_conn *c)
{
	return seq_add(c->snd_una, c->snd_wnd);
}

/* What is left of the window that we offered. */
static inline uint32_t tcp_rcv_window(const struct tcp_conn *c)
{
	int32_t win = seq_diff(seq_add(c->rcv_wup, c->rcv_wnd), c->rcv_nxt);

	return win < 0 ? 0 : (uint32_t)win;
}

static inline uint32_t tcp_tsval(const struct stack *s, const struct tcp_conn *c)
{
	return ms_of(s->now) + c->ts_offset;
}

#endif
