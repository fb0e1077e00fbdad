/*
 * sock_row.h - a socket as a row: what ss and netstat print of it. On a control socket it is one
 * line of JSON, in which a number that is 0 is left out:
 *
 *     {"netid":"tcp","state":"ESTAB","local":"192.0.2.1","lport":6667,...,"recv_q":12,...}
 */
#ifndef OBSERVE_SOCK_ROW_H
#define OBSERVE_SOCK_ROW_H

#include "wire/addr.h"

/* The numbers of a row; sock_field_name() is the key in JSON. */
enum sock_field {
	/* queues and the timer */
	SOCK_RECV_Q,      /* bytes to read; of a listener the connections to accept */
	SOCK_SEND_Q,      /* bytes not acknowledged; of a listener the backlog */
	SOCK_TIMER,       /* enum sock_timer */
	SOCK_EXPIRES,     /* ms */
	SOCK_RETRANSMITS, /* of the timer: segments or probes without an answer */
	SOCK_UID,         /* user of the process */
	SOCK_INO,         /* the socket's number in this instance; 0: no descriptor */
	SOCK_V6ONLY,      /* IPV6_V6ONLY */
	SOCK_SHUT,        /* 1: in, 2: out */
	/* memory (ss -m): SO_MEMINFO */
	SOCK_MEM, /* these are known */
	SOCK_MEM_R,
	SOCK_MEM_RB,
	SOCK_MEM_T,
	SOCK_MEM_TB,
	SOCK_MEM_F,
	SOCK_MEM_W,
	SOCK_MEM_O,
	SOCK_MEM_BL,
	SOCK_MEM_D,
	/* TCP_INFO (ss -i), in its units: microseconds, bytes, bytes per second, ms for LAST_* */
	SOCK_INFO, /* these are known */
	SOCK_TS,
	SOCK_SACK,
	SOCK_ECN,
	SOCK_ECNSEEN,
	SOCK_FASTOPEN,
	SOCK_WSCALE, /* agreed */
	SOCK_SND_WSCALE,
	SOCK_RCV_WSCALE,
	SOCK_RTO,
	SOCK_BACKOFF,
	SOCK_RTT,
	SOCK_RTTVAR,
	SOCK_ATO,
	SOCK_MSS,
	SOCK_PMTU,
	SOCK_RCV_MSS,
	SOCK_ADVMSS,
	SOCK_CWND,
	SOCK_SSTHRESH,
	SOCK_BYTES_SENT,
	SOCK_BYTES_RETRANS,
	SOCK_BYTES_ACKED,
	SOCK_BYTES_RECEIVED,
	SOCK_SEGS_OUT,
	SOCK_SEGS_IN,
	SOCK_DATA_SEGS_OUT,
	SOCK_DATA_SEGS_IN,
	SOCK_LAST_SND,
	SOCK_LAST_RCV,
	SOCK_LAST_ACK,
	SOCK_PACING_RATE,
	SOCK_MAX_PACING_RATE, /* 0: no limit */
	SOCK_DELIVERY_RATE,
	SOCK_DELIVERED,
	SOCK_DELIVERED_CE,
	SOCK_APP_LIMITED,
	SOCK_BUSY,
	SOCK_RWND_LIMITED,
	SOCK_SNDBUF_LIMITED,
	SOCK_UNACKED,
	SOCK_RETRANS,
	SOCK_RETRANS_TOTAL,
	SOCK_LOST,
	SOCK_SACKED,
	SOCK_DSACK_DUPS,
	SOCK_REORDERING,
	SOCK_REORD_SEEN,
	SOCK_RCV_RTT,
	SOCK_RCV_SPACE,
	SOCK_RCV_SSTHRESH,
	SOCK_NOTSENT,
	SOCK_MINRTT, /* 0: unknown */
	SOCK_RCV_OOOPACK,
	SOCK_SND_WND,
	SOCK_RCV_WND,
	SOCK_REHASH,
	/* of the congestion control */
	SOCK_DCTCP, /* these are known */
	SOCK_DCTCP_ENABLED,
	SOCK_DCTCP_CE_STATE,
	SOCK_DCTCP_ALPHA,
	SOCK_DCTCP_AB_ECN,
	SOCK_DCTCP_AB_TOT,
	SOCK_BBR,    /* these are known */
	SOCK_BBR_BW, /* bytes per second */
	SOCK_BBR_MIN_RTT,
	SOCK_BBR_PACING_GAIN, /* times 256 */
	SOCK_BBR_CWND_GAIN,
	SOCK_FIELDS
};

/* Linux's numbers (sock_diag) */
enum sock_timer {
	SOCK_TIMER_OFF,
	SOCK_TIMER_ON,
	SOCK_TIMER_KEEPALIVE,
	SOCK_TIMER_TIMEWAIT,
	SOCK_TIMER_PERSIST,
};

enum {
	SOCK_STATES = 12, /* states, by the numbers of libc's <netinet/tcp.h>, from 1 on */
	SOCK_STATE_UNCONN = 7,
	SOCK_STATE_LISTEN = 10,
	SOCK_NAME = 16,       /* room for the name of an interface, of a congestion control */
	SOCK_JSON_MAX = 4096, /* enough for any row */
};

struct sock_row {
	bool udp, v6; /* v6: of domain AF_INET6 */
	uint8_t state;
	struct ip_addr local, peer;
	uint16_t lport, pport;
	char dev[SOCK_NAME], cc[SOCK_NAME]; /* bound interface, congestion control; "": none */
	uint64_t v[SOCK_FIELDS];
};

/* The name of a state as ss prints it: "ESTAB". */
const char *sock_state_name(uint8_t state);

/* The state of that name; 0: none. */
uint8_t sock_state_find(const char *name);

/* The key of a number in JSON. */
const char *sock_field_name(enum sock_field f);

/* Writes r as a line of JSON, with its newline, to out, which has SOCK_JSON_MAX bytes. Returns its
 * length. */
size_t sock_row_json(const struct sock_row *r, char *out);

#endif
