/*
 * compare.h - two runs of one scenario beside each other, as one host saw them: run a in virtual
 * time, run b with the host on a real kernel. The packets of each connection and direction are
 * aligned by what they say; numbers are relative to the start of the connection, and a port that
 * the active side chose is not compared.
 *
 *     same      in both, with the same window, as long after the one before it
 *     time      the same, but later or earlier than TIME_SLACK and an eighth of the silence before
 *     window    the same but for the window
 *     only a, only b
 *
 * An eighth: the timers of Linux are late by up to that (kernel/time/timer.c).
 */
#ifndef LAB_REPORT_COMPARE_H
#define LAB_REPORT_COMPARE_H

#include "base/arena.h"
#include "lab/report/report.h"
#include "lab/world/trace.h"

enum compare_mark {
	COMPARE_SAME,
	COMPARE_TIME,
	COMPARE_WINDOW,
	COMPARE_ONLY_A,
	COMPARE_ONLY_B,
	COMPARE_MARKS,
};

enum {
	COMPARE_RUNS = 2,
	COMPARE_ROWS = 200, /* of the text, unless told otherwise */
};

#define COMPARE_TIME_SLACK  (10 * NSEC_MSEC)
#define COMPARE_TIME_EIGHTH 8

/* A packet at the host's interfaces. */
struct compare_packet {
	nsec_t at; /* since the start of its run */
	bool out;  /* the host sends it */
	uint32_t flow;
	uint32_t win; /* bytes; 0 if it is no TCP segment */
	const char *text;
};

/* In one run or in both. */
struct compare_row {
	const struct compare_packet *packet[COMPARE_RUNS]; /* NULL: not in that run */
	uint8_t mark;                                      /* enum compare_mark */
	nsec_t order;
	uint32_t number; /* rows of the same time keep their order */
};

/* The states of a connection, or a counter. */
struct compare_pair {
	const char *name;
	const char *text[COMPARE_RUNS]; /* states: "SYN-SENT ESTABLISHED"; "" if there are none */
	uint64_t count[COMPARE_RUNS];   /* counters */
	bool same;
};

struct comparison {
	struct arena arena;
	struct compare_packet *packet[COMPARE_RUNS];
	struct compare_row *row;
	uint32_t rows, marked[COMPARE_MARKS], flows;
	struct compare_pair *state, *counter;
	uint32_t states, counters;
	uint32_t states_differ, counters_differ;
};

/* The number of the nth host (from 1) of that name; t->nodes: there is none. */
uint32_t compare_node(const struct trace *t, const char *host, unsigned nth);

/* Compares what that node of both saw. Both records must outlive the comparison. */
void compare(struct comparison *c, const struct trace *a, const struct trace *b, uint32_t node);
void compare_free(struct comparison *c);

/* Heads of the two columns. */
struct compare_heads {
	const char *host, *run[COMPARE_RUNS];
};

/* Writes it as text, folding packets that agree if there are more than o->rows (0: COMPARE_ROWS).
 */
bool report_side_by_side(const struct comparison *c, const struct compare_heads *h,
	const struct report_options *o, report_sink sink, void *user);

/* Writes it as members of a JSON object: packets, states, counters. */
bool report_compared(const struct comparison *c, report_sink sink, void *user);

#endif
