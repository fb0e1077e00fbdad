/*
 * parse.h - parser of packet scripts.
 */
#ifndef LAB_PKT_PARSE_H
#define LAB_PKT_PARSE_H

#include "lab/pkt/ast.h"

struct pkt_lex;

enum {
	PKT_ERROR_MAX = 512,
	PKT_SCRIPT_MAX = 4 << 20, /* bytes; a longer script is rejected */
	PKT_NEST_MAX = 32,        /* nesting depth of expressions */
};

struct pkt_source {
	const char *file; /* name in messages */
	const char *text;
	size_t len;
	const char *const *defines; /* NAME=VALUE, terminated by NULL; or NULL */
};

/*
 * Parses a script; the text is borrowed during the call only. On a syntax error returns false with
 * "file:line:column: message" in error, of PKT_ERROR_MAX bytes. s must be freed in either case.
 */
bool pkt_parse(struct pkt_script *s, const struct pkt_source *source, char *error);

/* Frees everything that s refers to. */
void pkt_script_free(struct pkt_script *s);

/* --- between the files of the parser: errors are left in l ------------------------------------ */

/* Parses a packet, from "<" or ">" on. */
void parse_packet(struct pkt_lex *l, struct pkt_packet *p);

/* Parses "1:1001(1000)" into seq and len. */
void parse_range(struct pkt_lex *l, struct pkt_packet *p);

/* Parses TCP options, from "<" on, into the bytes of the segment. */
void parse_opt_list(struct pkt_lex *l, struct pkt_packet *p);

/* Parses an ICMP message, after the word "icmp". */
void parse_icmp(struct pkt_lex *l, struct pkt_packet *p);

#endif
