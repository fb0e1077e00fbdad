/*
 * ast.h - syntax tree of a packet script. All of it is allocated from the script's arena.
 *
 *     script -> options | events
 *     event  -> when + (packet | call | command | code)
 *     call   -> name, arguments, result: trees of struct pkt_expr
 */
#ifndef LAB_PKT_AST_H
#define LAB_PKT_AST_H

#include "lab/pkt/alloc.h"
#include "wire/tcp_opt.h"

/* --- expressions of system calls -------------------------------------------------------------- */

enum pkt_expr_kind {
	PKT_ELLIPSIS, /* ... */
	PKT_INT,
	PKT_WORD,
	PKT_STRING,
	PKT_OR,     /* a | b | c: kids */
	PKT_LIST,   /* [a, b]: kids */
	PKT_STRUCT, /* {name = value, value}: kids, each with its name or NULL */
	PKT_CALL,   /* name(kids) */
};

struct pkt_expr {
	enum pkt_expr_kind kind;
	int64_t num;          /* PKT_INT */
	const char *text;     /* PKT_WORD, PKT_STRING, PKT_CALL */
	size_t len;           /* of a string */
	const char *name;     /* of a member of a structure */
	struct pkt_expr *arg; /* msg_name(arg) = ... */
	struct pkt_expr *kid; /* first; NULL: none */
	struct pkt_expr *next;
	uint32_t kids;
};

/* Returns the member of a structure, or NULL. */
static inline const struct pkt_expr *pkt_member(const struct pkt_expr *e, const char *name)
{
	for (const struct pkt_expr *k = e->kid; k; k = k->next)
		if (k->name && strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

/* --- events ----------------------------------------------------------------------------------- */

enum pkt_time_kind {
	PKT_ABSOLUTE,
	PKT_RELATIVE,
	PKT_ANY_TIME,
};

struct pkt_when {
	enum pkt_time_kind kind;
	nsec_t at;
	nsec_t end; /* of a range or of a blocking call */
	bool range, blocking;
};

enum pkt_proto {
	PKT_TCP,
	PKT_UDP,
	PKT_ICMP,
};

enum pkt_ecn {
	PKT_ECN_UNSET, /* not specified: 0 when sent, not compared when expected */
	PKT_ECN_NONE,
	PKT_ECN_ECT0,
	PKT_ECN_ECT1,
	PKT_ECN_CE,
	PKT_ECN_ECT01, /* ECT(0) or ECT(1) */
	PKT_ECN_TOS,   /* the whole byte is in tos */
};

/* A packet. As parsed, its numbers are the script's; flow.h converts them. */
struct pkt_packet {
	bool inbound;
	enum pkt_proto proto;
	enum pkt_ecn ecn;
	uint8_t tos;
	bool bad_sum; /* invalid transport checksum */
	bool has_ttl, has_flow;
	uint8_t ttl;
	uint32_t flow;
	bool has_ports;
	uint16_t sport, dport;
	/* TCP */
	uint16_t flags; /* SEG_... */
	bool has_ack, has_win, has_urg;
	bool any_opts; /* <...> */
	uint32_t seq, len, ack;
	uint16_t win, urg;
	uint8_t opt_len, opt[TCP_OPTS_MAX];
	const char *md5_key; /* <md5 "key">: the key to sign with; else NULL */
	size_t md5_key_len;
	/* ICMP */
	const char *icmp_type, *icmp_code; /* icmp_code NULL: 0 */
	uint8_t code;                      /* of a sent packet */
	uint32_t mtu;
	uint16_t id;
	enum pkt_proto quoted; /* PKT_ICMP: zeros only */
	bool has_quote;
};

enum pkt_event_kind {
	PKT_EVENT_PACKET,
	PKT_EVENT_CALL,
	PKT_EVENT_COMMAND,
	PKT_EVENT_CODE,
};

struct pkt_call {
	const char *name;
	struct pkt_expr *arg; /* first */
	uint32_t args;
	struct pkt_expr *result; /* NULL: not compared */
	const char *err;         /* "EAGAIN"; NULL: none */
};

struct pkt_event {
	struct pkt_event *next;
	enum pkt_event_kind kind;
	int line;
	struct pkt_when when;
	struct pkt_packet packet;
	struct pkt_call call;
	const char *text; /* of a command or of code */
};

struct pkt_option {
	struct pkt_option *next;
	const char *name, *value; /* value "": none */
	int line;
};

struct pkt_script {
	const char *file;
	struct pkt_option *options;
	struct pkt_event *events;
	const char *init, *cleanup; /* commands before and after the events; NULL: none */
	int init_line, cleanup_line;
	struct arena arena;
};

#endif
