/*
 * tcp_active.h - the active part of a connection: send and receive queues, loss engine, ACK
 * generation, handshake, timers; and the record of rare options.
 */
#ifndef STACK_TCP_TCP_ACTIVE_H
#define STACK_TCP_TCP_ACTIVE_H

#include "stack/tcp/tcp_flags.h"

/* A range of the send queue, from one or more writes, like Linux's skb. */
struct tcp_rec {
	struct tcp_rec *next;
	struct seq start, end;
	uint32_t truesize;
	uint8_t flags; /* enum tcp_rec_flag */
	uint8_t frags; /* of MSG_ZEROCOPY, TCP_FRAGS at most */
};

enum tcp_rec_flag {
	REC_PSH = 1 << 0,
	REC_EOR = 1 << 1,
	REC_FIN = 1 << 2,    /* end counts the FIN */
	REC_LITTLE = 1 << 3, /* part of a struct tcp_little */
};

/* Bytes of the send queue: a view of a chunk, or of a little record's bytes (ref is NULL). */
struct tcp_piece {
	struct tcp_piece *next;
	struct chunk *ref;
	const uint8_t *p;
	struct seq start;
	uint32_t len;
};

enum {
	TCP_LITTLE = 200, /* bytes of a write that fit into four cache lines with its records */
};

/* A little write on an idle connection: record, piece and bytes in one. The piece has no chunk, and
 * ends with the record or before it. Segments copy its bytes (tcp_payload()). */
struct tcp_little {
	struct tcp_rec rec;
	struct tcp_piece piece;
	uint8_t bytes[TCP_LITTLE];
};

_Static_assert(sizeof(void *) < 8 || sizeof(struct tcp_little) == 256, "four cache lines");

struct tcp_sndq {
	struct tcp_piece *first, *last, *hint; /* hint: where the last lookup ended */
	struct tcp_rec *rec, *rec_last;        /* not yet acknowledged */
	struct tcp_rec *unsent;                /* first not completely sent; NULL: none */
	uint32_t truesize;                     /* sk_wmem_queued */
};

/* A range received out of order. */
struct tcp_ofo {
	struct tree_node node;
	struct pkt *p;
	struct seq start, end;
	uint32_t segs; /* number of segments in it */
	bool fin;
};

struct tcp_rcvq {
	struct pkt_queue queue; /* in sequence; p->seq is the first byte's number */
	struct tree ofo;        /* struct tcp_ofo by start; no two overlap */
	uint32_t ofo_count;
	uint32_t truesize; /* sk_rmem_alloc */
};

struct tcp_stats {
	uint64_t bytes_acked, bytes_received, bytes_sent;
	uint32_t segs_in, segs_out, data_segs_in, data_segs_out, rcv_ooopack;
	nsec_t chrono_start, chrono[3]; /* busy, receive-window-limited, send-buffer-limited */
	uint8_t chrono_type;            /* 0: none, else 1 + index */
	uint16_t timeout_rehash;
};

/* The sender: the queue, and the marks for the flush. SND.UNA, SND.NXT and the peer's window are in
 * struct tcp_conn, data in flight in the loss engine. Written by tcp_sndbuf.c (the queue, push,
 * urgent, FIN), tcp_output.c (clears the marks, sets the times) and tcp_timer.c (probes); tcp_ack.c
 * clears what an ACK settles. */
struct tcp_snd {
	struct tcp_sndq q;
	struct seq up;        /* SND.UP, if urgent */
	struct seq sml;       /* end of the last small segment (Minshall's Nagle) */
	struct seq pushed;    /* write_seq at the last PSH */
	nsec_t wstamp;        /* time of the last transmission */
	nsec_t retrans_stamp; /* first retransmission of outstanding data; 0: none */
	nsec_t probes_since;  /* first unanswered zero-window probe; 0: none */
	uint8_t push;         /* new segments are due */
	uint8_t push_nonagle; /* enum tcp_nagle, for the next flush only */
	uint8_t probe;        /* enum tcp_probe_kind to be sent */
	uint8_t probes_out;   /* unanswered, keepalive or zero window */
	uint8_t probe_backoff;
	bool urgent;
	bool fin_queued;
	bool tlp_due;         /* tail loss probe */
	bool abort_due;       /* too many orphans: send what is allowed, then a RST, then end */
	bool write_space_due; /* an ACK was received: TCP_EVENT_OUT may be true */
	bool write_pending;   /* a blocked call has more to send once connected */
	bool watch_acks;      /* tcp_events.acked and sent are requested */
};

/* The receiver: data received, and the measurements for the size of the buffer. RCV.NXT and the
 * window are in struct tcp_conn. Written by tcp_rcvbuf.c, tcp_rcvmem.c, tcp_reasm.c (queues,
 * urgent), tcp_rcvwnd.c (measurements), tcp_acceptable.c (oow_at, flow). */
struct tcp_rcv {
	struct tcp_rcvq q;
	uint32_t lowat;     /* SO_RCVLOWAT */
	struct seq urg_seq; /* the urgent byte, unless urg is TCP_URGENT_NONE */
	uint8_t urg;        /* enum tcp_urgent */
	uint8_t urg_byte;   /* its value, once received */
	bool fin_rcvd;      /* RCV.NXT includes the peer's FIN */
	bool predict;       /* header prediction is on: pred_flags */
	uint32_t rtt_us;    /* RTT from the receiver's side, times 8; 0: unknown */
	nsec_t rtt_time;    /* start of the window that ends at rtt_seq */
	struct seq rtt_seq;
	uint32_t rtt_tsecr;   /* last timestamp that was used as a sample */
	uint32_t space;       /* bytes read per round trip */
	struct seq space_seq; /* copied_seq at the start of this round trip, */
	nsec_t space_time;    /* and its time */
	uint32_t last_seg;    /* length of the last segment below rcv_mss: two equal ones set it */
	uint32_t flow;        /* the peer's flow label on its last data */
	struct seq ce_prior;  /* DCTCP: RCV.NXT after the segment before the last */
	nsec_t oow_at;        /* last answer to a segment out of window (tcp_invalid_ratelimit) */
};

/* ACK generation (Linux: icsk_ack, and the options of SACK). Written by tcp_ackgen.c; the blocks by
 * tcp_reasm.c. */
struct tcp_acks {
	uint8_t bits;       /* enum tcp_ack_bit */
	uint8_t dups;       /* duplicate ACKs sent for compress_nxt */
	uint8_t compressed; /* duplicate ACKs suppressed */
	uint8_t n_sacks;
	bool has_dsack;
	nsec_t delack_at;   /* if ACKP_TIMER */
	nsec_t compress_at; /* 0: none suppressed */
	struct seq compress_nxt;
	struct tcp_sack dsack;            /* reported first, if has_dsack */
	struct tcp_sack sacks[TCP_SACKS]; /* newest first */
};

/* The handshake, both ways, and Fast Open. Written by tcp_open.c, tcp_synrcvd.c, tcp_fastopen.c;
 * the accept queue by tcp_listen.c. */
struct tcp_hs {
	struct tcp_conn *listener; /* whose accept queue holds it */
	struct list queue;         /* of tcp_listen.accept */
	nsec_t synack_at;          /* when our SYN, or the SYN-ACK, was first sent */
	uint32_t synack_retrans;
	uint16_t syn_len;      /* bytes in the SYN */
	uint8_t syn_wscale;    /* the scale offered in it; 0 once established */
	uint8_t syn_counted;   /* counted in bytes_acked: the SYN, as in Linux */
	bool syn_unsent;       /* the SYN is to be sent */
	bool synack_due;       /* the SYN-ACK of a simultaneous open is to be sent */
	bool syn_data;         /* the SYN carries data, */
	bool syn_data_acked;   /* acknowledged by the SYN-ACK, */
	bool syn_data_lost;    /* or not */
	bool syn_fastopen;     /* the SYN has the option, */
	bool syn_fastopen_exp; /* in the experimental form */
	bool tfo_wanted;       /* this connection uses Fast Open */
	bool fastopen_rsk;     /* a child whose handshake is not complete */
	uint8_t tfo_fail;      /* as TCP_INFO's tcpi_fastopen_client_fail */
	uint8_t tfo_cookie[TCP_COOKIE_MAX];
	struct tcp_req *tfo_req;       /* the SYN-ACK of a Fast Open child */
	struct tcp_conn *tfo_listener; /* counted in it while listen->id is tfo_listen_id */
	uint32_t tfo_listen_id;
};

/* Armed by tcp_timer.c only; tcp_ack.c and tcp_conn.c clear probe0_at. */
struct tcp_timers {
	struct stack_timer rtx;    /* RTO, RACK, TLP of the loss engine; zero-window probe */
	struct stack_timer delack; /* and compressed SACKs */
	nsec_t probe0_at;          /* zero-window probe; 0: not running */
	struct stack_timer life;   /* keepalive, FIN-WAIT-2 */
	struct stack_timer pace;
};

/* The path. Written by tcp_xmit.c (lookup) and tcp_mtu.c; rehash by what found the path wanting:
 * tcp_timer.c, tcp_acceptable.c; in_gen and in_dev by tcp_fast_in.c. */
struct tcp_path {
	uint32_t gen;    /* of the routes, when it was looked up; 0: not yet, or no longer known */
	uint32_t in_gen; /* of the addresses, when packets from the peer on in_dev were for us */
	const struct netdev *in_dev;
	uint16_t rehash;          /* how often another path was asked for */
	bool paced, gso, tx_csum; /* as in struct ip_route; not kept by one that hibernates */
	uint32_t initcwnd;        /* likewise */
	uint32_t mtu;
	struct tcp_mtu {                   /* packetization layer path MTU discovery (RFC 4821) */
		uint32_t low, high, probe; /* known to pass, may pass, last tried */
		bool on;
	} search;
	nsec_t search_at; /* start of the search */
};

/* In the order of use: a segment in sequence touches all but the end. */
struct tcp_active {
	struct tcp_conn *conn;
	struct list dirty;  /* of tcp_state.dirty */
	struct list quiet;  /* of tcp_state.quiet: may hibernate soon */
	nsec_t quiet_at;    /* time of its last use */
	nsec_t quiet_since; /* when it was added to that list */
	uint32_t reserved;  /* charged to tcp_mem, not used by a queue yet: sk_forward_alloc */
	uint32_t drops;     /* segments for it that were dropped: sk_drops */
	struct tcp_snd snd;
	struct tcp_rcv rcv;
	struct tcp_stats stats;
	struct tcp_acks ack;
	struct tcp_path path;
	struct tcp_timers timers;
	struct tcp_loss loss;
	struct tcp_hs hs;
};

/* No limit to the pacing rate. */
#define TCP_PACING_ANY INT64_MAX

/* Rarely used options; -1 or 0 as noted: the sysctl applies. The connections that a listener
 * accepts share one record as long as none of them sets an option of its own: tcp_extra_inherit().
 */
struct tcp_extra {
	uint32_t refs;           /* connections that have it */
	struct tcp_extra *heirs; /* of a listener: what it hands on; NULL: not made */
	/* Asked by timers only: a connection with these alone may be plain. */
	int32_t keepidle, keepintvl, keepcnt; /* 0: parameter */
	int32_t linger2;                      /* s; 0: parameter, negative: none */
	uint32_t user_timeout;                /* ms */
	/* Asked by segments and calls. */
	uint32_t uto_send, uto_got; /* RFC 5482, s; 0: none */
	uint32_t notsent_lowat;     /* 0: parameter */
	int64_t max_pacing;         /* bytes per second; TCP_PACING_ANY: no limit */
	uint32_t ifindex;
	uint16_t defer_accept; /* retransmissions of the SYN-ACK */
	uint16_t fastopen;     /* queue length of a listener */
	uint16_t ttl, hops;    /* IPv4, IPv6; 0: the default; or IP_NO_HOPS */
	uint8_t pmtudisc, pmtudisc6;
	uint8_t syn_retries;
	uint8_t min_ttl, min_hops;
	uint32_t port_range; /* IP_LOCAL_PORT_RANGE; 0: parameter */
	bool recverr, recverr6;
	bool fastopen_connect, fastopen_no_cookie, thin_linear, save_syn, uto_on, uto_announce;
	uint8_t tfo_keys;
	uint8_t tfo_key[2][16];
	struct pkt *saved_syn;
	struct tcp_md5_key *md5; /* tcp_auth.h; NULL: no keys */
	struct tcp_ao *ao;       /* likewise */
};

#endif
