/*
 * tcp_priv.h - TCP's own structures. A connection is two records, or three:
 *
 *     struct tcp_conn    always: addresses, state, sequence numbers, negotiated options
 *     struct tcp_active  queues, timers, loss engine
 *     struct tcp_extra   options that few sockets set
 *
 * They become one, struct tcp_idle, while it hibernates. Two smaller records replace one in the
 * table of 4-tuples: struct tcp_req, a request socket (SYN-RECEIVED), and struct tcp_tw, TIME-WAIT.
 *
 *     marked by       mark                                     sent by
 *     tcp_in.c        active->ack, events for the owner        tcp_output.c in tcp_flush()
 *     tcp_timer.c     active->snd.probe, loss engine           likewise
 *     socket calls    send queue, active->snd.push             likewise
 */
#ifndef STACK_TCP_TCP_PRIV_H
#define STACK_TCP_TCP_PRIV_H

#include "base/slab.h"
#include "stack/tcp/tcp_arrival.h"
#include "stack/tcp/tcp_watch.h"

struct tcp_listen;

struct tcp_conn {
	struct tcp_key key;
	void *owner; /* the socket; NULL: an orphan, or not accepted yet */
	struct tcp_active *active;
	struct tcp_extra *extra;   /* NULL: defaults */
	struct tcp_listen *listen; /* in LISTEN, else NULL */
	const struct cc_ops *cc;
	struct tcp_port *port; /* the port it is bound to; NULL: none */
	struct list port_link; /* of tcp_port.conns */
	/* RFC 9293 3.3.1: SND.UNA, SND.NXT, the end of queued data, SND.WL1, SND.WND */
	struct seq snd_una, snd_nxt, write_seq, snd_wl1;
	uint32_t snd_wnd, max_window; /* the largest ever offered by the peer */
	/* RCV.NXT, the base of the window, the end of data read, RCV.WND */
	struct seq rcv_nxt, rcv_wup, copied_seq;
	uint32_t rcv_wnd;
	struct seq iss, irs;
	uint32_t ts_recent, ts_recent_s; /* TS.Recent (RFC 7323), and the second of its arrival */
	uint32_t ts_offset;              /* of the timestamps sent */
	uint32_t rcv_tstamp_ms, lrcv_ms; /* last ACK, last data */
	uint32_t rcvbuf, sndbuf;         /* SO_RCVBUF, SO_SNDBUF, in bytes of memory */
	uint32_t window_clamp;           /* the maximum that may ever be offered */
	uint32_t rcv_ssthresh;           /* the maximum offered now */
	uint16_t mss_clamp;              /* the peer's MSS option, or TCP_MAXSEG */
	uint16_t mss;                    /* payload of a full segment, before rare options */
	uint16_t user_mss;               /* TCP_MAXSEG; 0: unset */
	uint16_t advmss;                 /* our MSS option, less negotiated options */
	uint16_t rcv_mss;                /* size of the peer's segments, estimated */
	uint16_t ato_ms;                 /* delay of ACKs; 0: unknown */
	uint8_t quick;                   /* number of further segments to acknowledge at once */
	uint8_t pingpong;                /* how interactive it is: tcp_pingpong() */
	uint8_t agreed;                  /* enum tcp_agreed */
	uint8_t snd_wscale, rcv_wscale;
	uint8_t scaling;         /* of 256: payload share of the buffer */
	uint8_t shut;            /* enum tcp_shut */
	bool plain;              /* fast paths may be tried: tcp_plain.h */
	uint8_t nonagle;         /* NAGLE_OFF, NAGLE_CORK */
	uint8_t tos, tclass;     /* IP_TOS, IPV6_TCLASS */
	uint8_t ecn, bind_flags; /* enum tcp_ecn_bit, enum tcp_bind_flag */
	uint8_t ip_len;          /* of header: 20 or 40 */
	uint16_t err, soft_err;  /* SO_ERROR: pending, and an ICMP error's (RFC 1122 4.2.3.9) */
};

/* A request socket: a SYN answered with a SYN-ACK (SYN-RECEIVED). */
struct tcp_req {
	struct tcp_key key;
	struct tcp_conn *listener;
	struct list link;  /* of the listener's */
	struct list dirty; /* of tcp_state.dirty_reqs: its SYN-ACK is to be sent */
	struct stack_timer timer;
	struct seq iss, irs, rcv_nxt;
	uint32_t ts_recent, ts_offset, window_clamp, rcv_wnd;
	uint32_t ts_first, ts_last; /* timestamps of our SYN-ACKs */
	uint16_t mss;               /* the peer's */
	uint16_t advmss;
	uint32_t ifindex;
	uint8_t agreed, snd_wscale, rcv_wscale, tos;
	uint8_t timeouts, retrans;
	bool acked;      /* DEFER_ACCEPT: the handshake is complete, waiting for data */
	bool ecn_ok, ao; /* ao: its SYN was signed with TCP-AO, with these ids */
	uint8_t ao_keyid, ao_rnext;
	bool cookie; /* temporary, for one SYN-ACK */
	uint8_t tfo_len;
	bool tfo_exp;
	uint8_t tfo[TCP_COOKIE_MAX];
	nsec_t sent_at, oow_at;
	uint32_t uto;
	struct tcp_conn *child; /* Fast Open */
	struct pkt *saved_syn;  /* TCP_SAVE_SYN: its headers */
};

struct tcp_tw {
	struct tcp_key key;
	struct stack_timer timer;
	struct tcp_port *port;
	struct list port_link;
	struct seq snd_nxt, rcv_nxt;
	uint32_t rcv_wnd, ts_recent, ts_recent_s, ts_offset, ifindex;
	nsec_t oow_at;
	uint8_t rcv_wscale, agreed, tos, substate, bind_flags;
	uint16_t rehash;
	uint32_t entry_ms;       /* start of TIME-WAIT, for tcp_tw_reuse_delay */
	uint32_t snd_sne;        /* the upper half of snd_nxt, for TCP-AO */
	struct tcp_md5_key *md5; /* to sign ACKs with; NULL: unsigned */
	struct tcp_ao *ao;
};

struct tcp_listen {
	struct list requests, accept;
	uint32_t qlen, young, queued, backlog;
	uint32_t tfo_qlen, id;
	nsec_t overflow_at;    /* last overflow of the request queue; 0: never */
	struct tcp_conn *next; /* others of the same port */
};

/* A whole segment queued for the flush: the reply to one without a connection (at most
 * TCP_REPLIES_MAX of them), or the last one of a connection that is gone when the flush runs. */
struct tcp_reply {
	struct tcp_reply *next;
	struct pkt *p;
	struct ip_tx tx;
	bool abort; /* a RST that ends a connection: TCPAbortFailed if it cannot be sent */
};

enum {
	TCP_IDLE_SIZES = 48, /* sizes of idle records, 8 bytes apart */
};

struct tcp_state {
	struct stack *stack;
	struct tcp_events ev;
	struct hash_table table, ports, listeners; /* table: 4-tuples: conn, req, tw */
	struct tcp_watcher watcher;                /* sees each change */
	struct pool conns, actives, extras, reqs, tws, port_pool, port_idles, recs, littles, pieces,
		ofos, replies, rtx, listens, md5_keys, ao_keys, aos;
	struct slab idles[TCP_IDLE_SIZES];
	struct tcp_fresh *fresh; /* records from which one that wakes starts */
	struct list dirty, dirty_reqs, quiet;
	struct stack_timer quiet_timer; /* scans `quiet` */
	nsec_t quiet_for;               /* TCP_QUIET, or the value of tcp_set_quiet() */
	struct tcp_reply *reply_first, *reply_last;
	struct siphash_key hash_key, isn_key, ts_key, cookie_key, port_key;
	struct loss_env env;
	struct histogram rtt;
	struct tcp_ephemeral ephemeral;
	uint32_t orphans, tw_count, listen_ids;
	uint32_t in_state[TCPS_COUNT]; /* connections and TIME-WAIT; not CLOSED, not requests */
	int64_t mem;                   /* bytes queued, computed as in Linux */
	bool pressure; /* above the second mark of tcp_mem, and not below the first again */
	nsec_t pressure_at;
	nsec_t challenge_at;
	uint32_t challenge_left;
	struct tcp_tfo_cache *tfo; /* tcp_fastopen.c */
	uint8_t tfo_key[16];
	bool tfo_key_drawn;
	nsec_t tfo_blackhole_at;
	uint32_t tfo_blackholes;
};

/* The instance, for functions without a parameter for it. */
static inline struct stack *tcp_stack_of(const struct tcp_conn *c)
{
	return container_of(c->active->loss.env, struct tcp_state, env)->stack;
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

static inline struct seq tcp_wnd_end(const struct tcp_conn *c)
{
	return seq_add(c->snd_una, c->snd_wnd);
}

/* The remainder of the offered window. */
static inline uint32_t tcp_rcv_window(const struct tcp_conn *c)
{
	int32_t win = seq_diff(seq_add(c->rcv_wup, c->rcv_wnd), c->rcv_nxt);

	return win < 0 ? 0 : (uint32_t)win;
}

/* TOS or traffic class for packets to an address: algorithms based on ECN marks need ECT on every
 * packet. */
static inline uint8_t tcp_tos(const struct tcp_conn *c, const struct ip_addr *to)
{
	return (uint8_t)((ip_addr_is_v4(to) ? c->tos : c->tclass) |
			 (c->cc->flags & CC_ECN ? 2 : 0));
}

/* True if our SYN is not acknowledged yet; never for a child. */
static inline bool tcp_syn_under_way(const struct tcp_conn *c)
{
	return tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD)) &&
	       seq_eq(c->snd_una, c->iss);
}

/* The number of bytes written before `at`, since the start of the connection. */
static inline uint64_t tcp_bytes_before(const struct tcp_conn *c, struct seq at)
{
	bool syn = c->active->hs.syn_counted || tcp_syn_under_way(c);

	return c->active->stats.bytes_acked + seq_span(at, c->snd_una) - syn;
}

static inline uint32_t tcp_tsval(const struct stack *s, const struct tcp_conn *c)
{
	return ms_of(s->now) + c->ts_offset;
}

#endif
