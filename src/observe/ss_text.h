/*
 * ss_text.h - sockets in the words of iproute2's ss: the cells of a row, and what -o, -e, -p, -m
 * and -i add to it.
 *
 *     ESTAB 0      0      192.0.2.1:6667 192.0.2.9:40010 timer:(keepalive,1min59sec,0)
 *             ts sack cubic wscale:10,10 rto:204 ...
 */
#ifndef OBSERVE_SS_TEXT_H
#define OBSERVE_SS_TEXT_H

#include "observe/sock_row.h"
#include "wire/text.h"

enum {
	SS_CELLS = 8,       /* netid, state, queues, two addresses, each with a port */
	SS_CELL_MAX = 272,  /* room for the text of one: a host name */
	SS_MORE_MAX = 2048, /* room for what -o, -e, -p, -m, -i add */
};

struct ss_options {
	bool numeric;      /* -n: ports and rates as numbers */
	bool timers;       /* -o */
	bool details;      /* -e */
	bool processes;    /* -p */
	bool mem;          /* -m */
	bool info;         /* -i */
	bool oneline;      /* -O */
	bool header;       /* not -H */
	bool netid, state; /* these columns are shown */
	/* The name of a port, or NULL; for ports that are not numeric. */
	const char *(*service)(uint16_t port, bool udp);
	/* The name of a host, or NULL: -r; NULL: addresses are numbers. */
	const char *(*host)(void *arg, const struct ip_addr *a);
	void *hosts;         /* its arg */
	const char *command; /* -p: of the process, */
	int pid;
	/* and the descriptor of the socket with this number; -1: it has none. */
	int (*descriptor)(const void *arg, uint64_t ino);
	const void *descriptors; /* its arg */
};

/* One row, not yet laid out. */
struct ss_cells {
	char text[SS_CELLS][SS_CELL_MAX];
};

/* Writes the cells of a row. */
void ss_cells(struct ss_cells *out, const struct sock_row *r, const struct ss_options *o);

/* Appends what follows the peer's address on the same line: process, timer, details. */
void ss_more(struct text *t, const struct sock_row *r, const struct ss_options *o);

/* Appends what -m and -i show, on a line of its own unless -O. */
void ss_info(struct text *t, const struct sock_row *r, const struct ss_options *o);

#endif
