/*
 * ast.h - a packet script as a tree. Everything hangs on one arena and goes with it.
 *
 *     script -> options | events
 *     event  -> when + (packet | call | command | code)
 *     call   -> name, arguments, result: trees of struct pkt_expr
 */
#ifndef LAB_PKT_AST_H
#define LAB_PKT_AST_H

#include "base/base.h"
#include "wire/tcp_opt.h"

#include <stdio.h>

/* --- memory ----------------------------------------------------------------------------------- */

struct pkt_block;

struct pkt_arena {
	struct pkt_block *blocks;
	size_t used; /* of the newest block */
};

/* n zeroed bytes that live as long as the arena. Never NULL: aborts when memory is out. */
void *pkt_alloc(struct pkt_arena *a, size_t n);

/* A copy of len bytes with a NUL behind. */
char *pkt_copy_text(struct pkt_arena *a, const char *from, size_t len);

void pkt_arena_free(struct pkt_arena *a);

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
	int line;
	int64_t num;          /* PKT_INT */
	const char *text;     /* PKT_WORD, PKT_STRING, PKT_CALL */
	size_t len;           /* of a string */
	const char *name;     /* of a member of a structure */
	struct pkt_expr *arg; /* msg_name(arg) = ... */
	struct pkt_expr *kid; /* first; NULL: none */
	struct pkt_expr *next;
	uint32_t kids;
};

/* Member `name` of a structure, or NULL. */
const struct pkt_expr *pkt_member(const struct pkt_expr *e, const char *name);

/* --- events ----------------------------------------------------------------------------------- */

enum pkt_time_kind {
	PKT_ABSOLUTE,
	PKT_RELATIVE,
	PKT_ANY_TIME,
};

struct pkt_when {
	enum pkt_time_kind kind;
	nsec_t at;
	nsec_t end; /* of a range or a blocking call */
	bool range, blocking;
};

enum pkt_proto {
	PKT_TCP,
	PKT_UDP,
	PKT_ICMP,
};

enum pkt_ecn {
	PKT_ECN_UNSET, /* not said: 0 in what is sent, not looked at in what is expected */
	PKT_ECN_NONE,
	PKT_ECN_ECT0,
	PKT_ECN_ECT1,
	PKT_ECN_CE,
	PKT_ECN_ECT01, /* either */
	PKT_ECN_TOS,   /* the whole byte, in tos */
};

/* One packet as a script writes it; numbers are the script's. */
struct pkt_packet {
	bool inbound;
	enum pkt_proto proto;
	enum pkt_ecn ecn;
	uint8_t tos;
	bool bad_sum; /* sent with a wrong transport checksum */
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
	const char *md5_key; /* <md5 "key">: the digest is to be computed with it; else NULL */
	size_t md5_key_len;
	/* ICMP */
	const char *icmp_type, *icmp_code; /* code NULL: 0 */
	uint8_t code;                      /* of a packet that was sent */
	uint32_t mtu;
	uint16_t id;
	enum pkt_proto quoted; /* PKT_ICMP: nothing but zeros */
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
	struct pkt_expr *result; /* NULL: none given */
	const char *err;         /* "EAGAIN"; NULL: none */
};

struct pkt_event {
	struct pkt_event *next;
	enum pkt_event_kind kind;
	int line;
	struct pkt_when when;
	struct pkt_packet packet;
	struct pkt_call call;
	const char *text; /* of a command or code */
};

struct pkt_option {
	struct pkt_option *next;
	const char *name, *value; /* value "" if none was given */
	int line;
};

struct pkt_script {
	const char *file;
	struct pkt_option *options;
	struct pkt_event *events;
	const char *init, *cleanup; /* commands without a time; NULL: none */
	int init_line, cleanup_line;
	struct pkt_arena arena;
};

enum {
	PKT_ERROR_MAX = 512,
	PKT_SCRIPT_MAX = 4 << 20, /* bytes; a longer script is refused */
	PKT_NEST_MAX = 32,        /* expressions inside expressions */
};

struct pkt_source {
	const char *file;
	const char *text;
	size_t len;
	const char *const *defines; /* NAME=VALUE, up to a NULL; NULL: none */
};

/*
 * Reads a script. The text is borrowed during the call only. Returns false with "file:line:column:
 * what" in error, of PKT_ERROR_MAX bytes; the script must be freed in either case.
 */
bool pkt_parse(struct pkt_script *s, const struct pkt_source *source, char *error);

void pkt_script_free(struct pkt_script *s);

/* Writes a packet as a script would. Returns the length as snprintf() does. */
int packet_text(char *out, size_t n, const struct pkt_packet *p);

#endif
