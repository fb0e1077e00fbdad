/*
 * report.h - the forms of a report, derived from the story of a run (story.h) alone: the same
 * record yields the same bytes.
 *
 *     report_ladder   text for a terminal                a row for each packet, call and state
 *     report_svg      the same as a picture              arrows slant with the time they take
 *     report_html     a page with ladder, plots, counters, that needs no network
 *     report_json     everything, for programs           docs/lab-json.md
 *     report_pcapng   the packets of one host            Wireshark; drop reasons are comments
 *
 * Each writes to a sink and returns false if the sink did. Texts in a record (notes, calls,
 * reasons) may contain any bytes; each form escapes them as needed.
 */
#ifndef LAB_REPORT_REPORT_H
#define LAB_REPORT_REPORT_H

#include "base/base.h"

struct story;

/* Takes n bytes of a report; false on failure: it is not called again then. */
typedef bool (*report_sink)(void *user, const void *bytes, size_t n);

struct report_options {
	const char *title;   /* of a picture or page; NULL: none */
	const char *story;   /* a paragraph below the title of a page; NULL: none */
	const char *failure; /* why the run failed, for a page; NULL: it passed */
	nsec_t start;        /* shown as time 0, such as WORLD_START */
	unsigned columns;    /* of a terminal; 0: REPORT_COLUMNS */
	uint32_t rows; /* of a picture, which ends there and says so; 0: REPORT_SVG_ROWS_MAX */
	uint32_t connection; /* only this one, by its number in reports (from 1); 0: all */
	bool absolute;       /* sequence numbers as on the wire, not from the connection's start */
	bool colour;         /* ANSI escapes */
	bool all;            /* a row for every packet: long runs of ordinary ones are not folded */
};

enum {
	REPORT_COLUMNS = 80,
	REPORT_COLUMNS_MIN = 60,
	REPORT_COLUMNS_MAX = 250,
	REPORT_HOSTS_MAX = 6, /* columns of a ladder; a last line counts the hosts left out */
	REPORT_SVG_ROWS_MAX = 2000,
};

/* A sink that appends to a FILE; user is the FILE. */
bool report_to_file(void *user, const void *bytes, size_t n);

/* Writes the ladder as text. */
bool report_ladder(
	const struct story *s, const struct report_options *o, report_sink sink, void *user);

/* Writes the ladder as an SVG with a light and a dark theme. */
bool report_svg(
	const struct story *s, const struct report_options *o, report_sink sink, void *user);

/* Writes the page. */
bool report_html(
	const struct story *s, const struct report_options *o, report_sink sink, void *user);

/* Writes the JSON document; uses only the options title and start. */
bool report_json(
	const struct story *s, const struct report_options *o, report_sink sink, void *user);

/* Writes the packets sent and received by a host as a capture, with the fate of each as a comment.
 * Times are relative to o->start. */
bool report_pcapng(const struct story *s, const struct report_options *o, uint32_t node,
	report_sink sink, void *user);

#endif
