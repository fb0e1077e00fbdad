/*
 * report.h - the picture of a run, made from its record (lab/world/trace.h) and nothing else: the
 * same record gives the same bytes.
 *
 *     report_ladder   text for a terminal                a row for each packet, call and state
 *
 * Each writes to a sink and returns false if the sink did. What a record quotes (notes, calls,
 * reasons) may be any bytes: they come out escaped as each form needs it.
 */
#ifndef LAB_REPORT_REPORT_H
#define LAB_REPORT_REPORT_H

#include "lab/world/trace.h"

/* Takes n bytes of a report; false if they could not be kept: nothing more is written then. */
typedef bool (*report_sink)(void *user, const void *bytes, size_t n);

struct report_options {
	const char *title;   /* of a picture or page; NULL: none */
	nsec_t start;        /* what counts as time 0, such as WORLD_START */
	unsigned columns;    /* of a terminal; 0: REPORT_COLUMNS */
	uint32_t connection; /* only this one, numbered from 1 as reports do; 0: all */
	bool absolute;       /* sequence numbers as on the wire, not from the connection's start */
	bool colour;         /* ANSI escapes */
	bool all;            /* a row for every packet: long runs of plain ones are not folded */
};

enum {
	REPORT_COLUMNS = 80,
	REPORT_COLUMNS_MIN = 60,
	REPORT_COLUMNS_MAX = 250,
	REPORT_HOSTS_MAX = 6, /* columns of a ladder; a last line counts the hosts left out */
};

/* A sink that appends to a FILE; user is the FILE. */
bool report_to_file(void *user, const void *bytes, size_t n);

/* Writes the ladder as text. */
bool report_ladder(
	const struct trace *t, const struct report_options *o, report_sink sink, void *user);

#endif
