/*
 * rows.h - the rows of a ladder, in the order of time: a story as displayed, with long silences and
 * long runs of ordinary packets folded into one row each.
 */
#ifndef LAB_REPORT_ROWS_H
#define LAB_REPORT_ROWS_H

#include "lab/report/story.h"

enum row_kind {
	ROW_PACKET,  /* is sent; a copy made by the network: reaches its end */
	ROW_ARRIVAL, /* or the end, of a packet; only if requested */
	ROW_CALL,    /* event; other: its RETURN, if it returns at once */
	ROW_RETURN,  /* event; other: its CALL, if known */
	ROW_STATE,   /* event */
	ROW_NOTE,    /* event */
	ROW_SILENCE, /* between at and until */
	ROW_FOLD,    /* count packets with bytes of payload, and calls, between at and until */
	ROW_READY,   /* event; only if requested */
};

/* Rows omitted from the text ladder. */
enum rows_with {
	ROWS_ARRIVALS = 1 << 0,
	ROWS_READY = 1 << 1,
};

struct row {
	uint8_t kind; /* enum row_kind */
	nsec_t at, until;
	uint32_t conn; /* number; 0: of none, or of all */
	const struct story_packet *packet;
	const struct trace_event *event, *other;
	uint64_t count, bytes, calls;
};

struct rows {
	struct row *row;
	size_t count, room;
};

enum {
	ROWS_RUN = 16,     /* consecutive plain rows: longer runs are folded ... */
	ROWS_RUN_ENDS = 4, /* except this many at either end */
};

/* A gap at least this long is shown as a row. */
#define ROWS_SILENCE (10 * NSEC_SEC)

/* Makes the rows of a story selected by o; with: a set of enum rows_with. */
void rows_make(
	struct rows *r, const struct story *s, const struct report_options *o, unsigned with);
void rows_free(struct rows *r);

/* Appends the text of a row without a packet: "connect(3, 10.0.0.2:80) = 0", "~ 2 h of silence
 * ~". */
void rows_text(struct text *t, const struct story *s, const struct row *r);

/* The effect of a NOTE on its host: -1 powers it off, 1 powers it on again; 0: neither. */
int rows_power(const struct story *s, const struct row *r);

/* Appends a time as seconds and microseconds: "0.250000". */
void rows_time(struct text *t, nsec_t at);

/* Appends a duration in readable form: "2 h 3 min", "1.5 s". */
void rows_span(struct text *t, nsec_t span);

#endif
