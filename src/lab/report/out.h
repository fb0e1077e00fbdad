/*
 * out.h - writing a report: buffered output to a sink, and text escaped for its context. Quoted
 * text may contain any bytes.
 */
#ifndef LAB_REPORT_OUT_H
#define LAB_REPORT_OUT_H

#include "lab/report/report.h"

enum {
	REPLACEMENT = 0xfffd, /* shown instead of a hidden character */
	OUT_BUFFER = 1 << 15,
	OUT_LINE_MAX = 1024, /* characters of one out_add(); longer output is cut */
};

struct out {
	report_sink sink;
	void *user;
	bool failed;
	size_t n; /* bytes in the buffer */
	char buffer[OUT_BUFFER];
};

/* True for a code point that must not be displayed as it is: not a character, a control,
 * zero-width, or one that changes the writing direction. */
bool is_hidden(uint32_t c);

/* Copies at most n code points of text into the size bytes at out; longer text ends in an ellipsis.
 * Returns out. */
char *out_shorten(char *out, size_t size, const char *text, size_t n);

/* An empty writer. */
void out_begin(struct out *o, report_sink sink, void *user);

/* Flushes the buffer; false if the sink has failed. */
bool out_end(struct out *o);

/* Appends bytes, a string, or formatted output, unescaped. */
void out_bytes(struct out *o, const void *bytes, size_t n);
void out_text(struct out *o, const char *text);
void out_add(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends text for a terminal: hidden characters become "?". */
void out_plain(struct out *o, const char *text);

/* Lines that are broken between words to fit a terminal. */
struct out_fill {
	unsigned at;      /* columns written of the present line */
	unsigned indent;  /* of the lines that continue it */
	unsigned columns; /* of the terminal; 0: REPORT_COLUMNS */
};

/* Appends text as out_plain() would, after a blank, or on a new line if it has no room; directly if
 * the line has only its indent. The second breaks it between words. */
void out_unit(struct out *o, struct out_fill *f, const char *text);
void out_words(struct out *o, struct out_fill *f, const char *text);

/* Appends text for XML: as content, or in an attribute between double quotes. */
void out_xml(struct out *o, const char *text);

/* Appends text as a JSON string with its quotes, safe inside an HTML script element: no "<". */
void out_json(struct out *o, const char *text);

/* The same for a script that displays the text: hidden characters are replaced. */
void out_json_shown(struct out *o, const char *text);

/* The number of characters that out_plain() or out_xml() display for text. */
size_t out_width(const char *text);

#endif
