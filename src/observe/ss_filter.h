/*
 * ss_filter.h - the filter expressions of iproute2's ss over rows.
 *
 *     expression  condition | ( expression ) | not condition | expression [and | or] expression
 *     condition   dst HOST | src HOST | dport OP PORT | sport OP PORT | dev [= | !=] NAME
 *     HOST        [=] ADDRESS[/BITS][:PORT] | :PORT | *      an IPv6 address with a port in [ ]
 *     OP          = != < <= > >= or eq ne lt le gt ge, or nothing;  PORT  [:]NUMBER or a service
 *
 * As in ss, "and" may be left out, and a list is taken from left to right: "a or b and c" means
 * "(a or b) and c". Conditions on the kernel's own (fwmark, cgroup, autobound) are refused.
 */
#ifndef OBSERVE_SS_FILTER_H
#define OBSERVE_SS_FILTER_H

#include "observe/sock_row.h"

enum {
	SS_FILTER_NODES = 128, /* conditions and operators of one expression */
	SS_FILTER_DEPTH = 32,  /* of parentheses and nots */
	SS_FILTER_TEXT = 2048, /* characters */
	SS_FILTER_WHY = 160,   /* room for a reason */
};

enum ss_filter_kind {
	SS_AND,
	SS_OR,
	SS_NOT,
	SS_HOST, /* address, and port unless it is 0 */
	SS_PORT_EQ,
	SS_PORT_GE,
	SS_PORT_LE,
	SS_DEV,
};

struct ss_filter_node {
	enum ss_filter_kind kind;
	bool peer;     /* dst or dport; else src or sport */
	uint16_t a, b; /* operands of AND, OR, NOT */
	unsigned bits; /* of addr; 0: any */
	struct ip_addr addr;
	uint16_t port;
	bool any_port;
	char dev[SOCK_NAME];
};

struct ss_filter {
	/* The port of a service, or 0; for names. May be NULL. */
	uint16_t (*service)(const char *name);
	uint16_t count, root;
	struct ss_filter_node node[SS_FILTER_NODES];
};

/* Parses text; an empty one matches all rows. False, with the reason in why, which has
 * SS_FILTER_WHY bytes. f->service is set by the caller. */
bool ss_filter_parse(struct ss_filter *f, const char *text, char *why);

/* True if the row matches. */
bool ss_filter_match(const struct ss_filter *f, const struct sock_row *r);

#endif
