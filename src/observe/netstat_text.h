/*
 * netstat_text.h - counters and sockets in the words of net-tools' netstat.
 */
#ifndef OBSERVE_NETSTAT_TEXT_H
#define OBSERVE_NETSTAT_TEXT_H

#include "observe/counter_list.h"
#include "observe/sock_row.h"
#include "wire/text.h"

enum {
	NETSTAT_STATS_MAX = 65536, /* room for the text of all counters */
	NETSTAT_LINE_MAX = 512,    /* of one socket */
};

/* The groups of counters that netstat -s shows. */
struct netstat_groups {
	bool v4, v6;   /* netstat -s; -s -6 */
	bool tcp, udp; /* -t, -u: only these, and those that belong to no protocol; none: all */
};

/* Appends netstat -s. */
void netstat_text_stats(
	struct text *t, const struct counter_list *l, const struct netstat_groups *groups);

struct netstat_options {
	bool numeric, wide, timers, processes;
	const char *(*service)(uint16_t port, bool udp); /* may be NULL */
	const char *command;
	int pid;
};

/* Appends the line above the sockets. */
void netstat_text_header(struct text *t, const struct netstat_options *o);

/* Appends the line of a socket. */
void netstat_text_row(struct text *t, const struct sock_row *r, const struct netstat_options *o);

#endif
