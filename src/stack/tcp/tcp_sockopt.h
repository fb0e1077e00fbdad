/*
 * tcp_sockopt.h - socket options of a connection, under this room's names; the socket room maps
 * libc's numbers to them. Each has an effect (law 2).
 */
#ifndef STACK_TCP_TCP_SOCKOPT_H
#define STACK_TCP_TCP_SOCKOPT_H

#include "stack/tcp/tcp.h"

/* Times in the unit of the socket option, sizes in bytes. -1 is read as "not set". */
enum tcp_opt_name {
	TCPO_NODELAY,
	TCPO_CORK,
	TCPO_QUICKACK,
	TCPO_MAXSEG,
	TCPO_KEEPALIVE, /* SO_KEEPALIVE */
	TCPO_KEEPIDLE,  /* s */
	TCPO_KEEPINTVL, /* s */
	TCPO_KEEPCNT,
	TCPO_SYNCNT,
	TCPO_LINGER2,      /* s */
	TCPO_DEFER_ACCEPT, /* s */
	TCPO_WINDOW_CLAMP,
	TCPO_USER_TIMEOUT, /* ms */
	TCPO_UTO,          /* RFC 5482 option on the wire: s; 0 off (BURBLE_TCP_UTO) */
	TCPO_FASTOPEN,     /* queue length of a listener */
	TCPO_FASTOPEN_CONNECT,
	TCPO_FASTOPEN_NO_COOKIE,
	TCPO_NOTSENT_LOWAT,
	TCPO_THIN_LINEAR,
	TCPO_OOBINLINE, /* SO_OOBINLINE */
	TCPO_SAVE_SYN,
	TCPO_TIMESTAMP, /* offset read-only */
	TCPO_SNDBUF,    /* the value of SO_SNDBUF as read: already doubled; setting it locks it */
	TCPO_RCVBUF,
	TCPO_MAX_PACING, /* bytes/s, SO_MAX_PACING_RATE; 0x7fffffffffffffff none */
	TCPO_TOS,        /* IP_TOS */
	TCPO_TCLASS,     /* IPV6_TCLASS */
	TCPO_TTL,        /* IP_TTL; 0 default */
	TCPO_HOPS,       /* IPV6_UNICAST_HOPS; 0 default */
	TCPO_PMTUDISC,   /* IP_MTU_DISCOVER */
	TCPO_PMTUDISC6,  /* IPV6_MTU_DISCOVER */
	TCPO_IFINDEX,    /* SO_BINDTODEVICE */
	TCPO_RECVERR,    /* IP_RECVERR: ICMP errors are reported and queued */
	TCPO_RECVERR6,   /* IPV6_RECVERR */
	TCPO_MINTTL,     /* IP_MINTTL: lowest TTL accepted; 0 any */
	TCPO_PORT_RANGE, /* IP_LOCAL_PORT_RANGE: lowest, and highest << 16; 0: ip_local_port_range
			  */
	TCPO_MINHOPS,    /* IPV6_MINHOPCOUNT */
	TCPO_COUNT
};

/* Sets an option. -EINVAL: out of range, or not in this state; -ENOPROTOOPT: read-only;
 * -EOPNOTSUPP: tcp_fastopen; -ENOBUFS, -ENOMEM: out of memory. */
int tcp_set_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t v);

/* Reads an option. 0; -ENOBUFS: out of memory. */
int tcp_get_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t *v);

/* TCP_CONGESTION: -ENOENT, or -EPERM by tcp_allowed_congestion_control. */
int tcp_set_cc(struct stack *s, struct tcp_conn *c, const char *name);
const char *tcp_cc_name(const struct stack *s, const struct tcp_conn *c);

/* TCP_INFO: fills as much of libc's struct tcp_info (linux/tcp.h) as n allows; returns bytes. */
size_t tcp_info(struct stack *s, struct tcp_conn *c, void *out, size_t n);

/* TCP_CC_INFO: fills in union tcp_cc_info (linux/inet_diag.h); returns bytes. */
size_t tcp_cc_info(struct stack *s, struct tcp_conn *c, void *out);

/* TCP_MD5SIG: the key for a peer, or a network of them. */
struct tcp_md5_set {
	struct ip_addr addr;
	uint8_t prefix; /* bits: up to 32, or 128 */
	const uint8_t *key;
	size_t len; /* up to 80; 0: delete it */
};

/* -ENOENT: no key to delete; -ENOMEM: too many. */
int tcp_set_md5(struct stack *s, struct tcp_conn *c, const struct tcp_md5_set *set);

/* SO_MEMINFO: nine words. */
void tcp_meminfo(struct stack *s, struct tcp_conn *c, uint32_t out[9]);

/* TCP_SAVED_SYN: the headers of the SYN of c, from the IP header on, if its listener had
 * TCPO_SAVE_SYN; returned once. *n: size of out, then bytes, 0: none saved. -EINVAL: *n are
 * needed. */
int tcp_take_saved_syn(struct stack *s, struct tcp_conn *c, void *out, size_t *n);

/* TCP_FASTOPEN_KEY of a listener: 16 or 32 bytes. */
int tcp_set_fastopen_key(struct stack *s, struct tcp_conn *c, const uint8_t *key, size_t n);

/* The values of TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT for c. */
nsec_t tcp_keepidle(const struct stack *s, const struct tcp_conn *c);
nsec_t tcp_keepintvl(const struct stack *s, const struct tcp_conn *c);
int tcp_keepcnt(const struct stack *s, const struct tcp_conn *c);

#endif
