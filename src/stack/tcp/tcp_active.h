/*
 * tcp_active.h - what a connection needs while bytes are queued, in flight or expected: the two
 * queues, timers, the loss engine, the state of acknowledging; and the record of rare options.
 */
#ifndef STACK_TCP_TCP_ACTIVE_H
#define STACK_TCP_TCP_ACTIVE_H

#include "stack/tcp/tcp_flags.h"

/* A stretch of the send queue: what one write (or several) made, as Linux's skb. */
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
	uint32_t truesize; /* sk_rmem_alloc */
};

struct tcp_stats {
	uint64_t bytes_acked, bytes_received, bytes_sent;
	uint32_t segs_in, segs_out, data_segs_in, data_segs_out, rcv_ooopack;
	nsec_t chrono_start, chrono[3]; /* busy, receive-window-limited, send-buffer-limited */
	uint8_t chrono_type;            /* 0: none, else 1 + index */
	uint16_t timeout_rehash;
};

struct tcp_active {
	struct tcp_loss loss;
	struct tcp_sndq snd;
	struct tcp_rcvq rcv;
	struct list dirty;  /* of tcp_state.dirty */
	struct list quiet;  /* of tcp_state.quiet: may rest soon */
	nsec_t quiet_at;    /* the last time something was done with it */
	nsec_t quiet_since; /* on that list: when it came there */
	struct tcp_conn *conn;
	struct stack_timer rtx;    /* RTO, RACK, TLP of the loss engine; zero-window probe */
	struct stack_timer delack; /* and compressed SACKs */
	struct stack_timer life;   /* keepalive, FIN-WAIT-2 */
	struct stack_timer pace;
	nsec_t probe0_at;  /* zero-window probe; 0: not running */
	struct list queue; /* of the listener that has not handed it to an owner yet */
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
	struct seq ce_prior; /* DCTCP: RCV.NXT after the segment before the last */
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
	uint16_t rehash;      /* how often another path was asked for */
	uint32_t lrcv_flow;   /* the peer's flow label on its last text */
	bool write_space_due; /* an ACK came: has room become enough? */
	bool write_pending;   /* a blocked call has more to send once connected */
	bool fin_rcvd, synack_due, tlp_due;
	bool abort_due; /* an orphan too many: a RST behind what may still leave, and it is over */
	bool syn_data, syn_fastopen, syn_fastopen_exp, watch_acks;
	bool syn_data_acked, fastopen_rsk, syn_unsent, fin_queued;
	struct tcp_req *tfo_req;       /* the SYN-ACK of a Fast Open child */
	struct tcp_conn *tfo_listener; /* counts it while listen->id is tfo_listen_id */
	uint32_t tfo_listen_id;
	bool tfo_wanted, syn_data_lost;
	uint16_t syn_len;   /* bytes that the SYN carries */
	uint8_t syn_wscale; /* the scale that it offers; 0 once established */
	uint8_t tfo_fail;
	uint8_t syn_counted; /* of bytes_acked: the SYN's number, as Linux counts */
	uint8_t tfo_cookie[TCP_COOKIE_MAX];
	struct seq snd_sml, pushed_seq;
	nsec_t wstamp;        /* last departure */
	nsec_t retrans_stamp; /* first retransmission of what is outstanding; 0: none */
	nsec_t probes_since;
	nsec_t oow_at; /* last ACK to something out of window (tcp_invalid_ratelimit) */
	nsec_t mtu_at;
	struct tcp_mtu {
		uint32_t low, high, probe; /* known to pass, may pass, last tried */
		bool on;
	} mtu;
	struct tcp_stats stats;
	uint32_t path_gen, path_mtu;
	uint32_t total_synack_retrans;
	nsec_t synack_at;
};

/* No limit to the pacing rate. */
#define TCP_PACING_ANY INT64_MAX

/* What few sockets set; -1 or 0 as noted: the parameter counts. */
struct tcp_extra {
	int32_t keepidle, keepintvl, keepcnt; /* 0: parameter */
	int32_t linger2;                      /* s; 0: parameter, negative: none */
	uint32_t user_timeout;                /* ms */
	uint32_t uto_send, uto_got;           /* RFC 5482, s; 0: none */
	uint32_t notsent_lowat;               /* 0: parameter */
	int64_t max_pacing;                   /* bytes a second; TCP_PACING_ANY: no limit */
	uint32_t ifindex;
	uint16_t defer_accept; /* retransmissions of the SYN-ACK */
	uint16_t fastopen;     /* queue length of a listener */
	uint16_t ttl;          /* 0: the default; or IP_NO_HOPS */
	uint8_t syn_retries, pmtudisc;
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
