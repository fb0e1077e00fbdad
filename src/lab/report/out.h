/*
 * out.h - writing a report: buffered output to a sink, and text escaped for its context. Quoted
 * text may contain any bytes.
 */
#ifndef LAB_REPORT_OUT_H
#define LAB_REPORT_OUT_H

#include "lab/report/report.h"

enum {
	REPLACEMENT = 0xfffd, /* what stands for a character that must not be shown */
	OUT_BUFFER = 1 << 15,
	OUT_LINE_MAX = 1024, /* characters of one out_add(); longer ones are cut */
};

struct out {
	report_sink sink;
	void *user;
	bool failed;
	size_t n; /* bytes in the buffer */
	char buffer[OUT_BUFFER];
};

/* True for a code point that must not reach a reader's screen as it is: no character, a control,
 * what has no width or turns the direction of writing around. */
bool is_hidden(uint32_t c);

/* Copies at most n code points of text into the size bytes at out; what is longer ends in an
 * ellipsis. Returns out. */
char *out_shorten(char *out, size_t size, const char *text, size_t n);

/* An empty writer. */
void out_begin(struct out *o, report_sink sink, void *user);

/* Hands over what is left; false if the sink has refused anything. */
bool out_end(struct out *o);

/* Appends bytes, a string, or what printf would write, as they are. */
void out_bytes(struct out *o, const void *bytes, size_t n);
void out_text(struct out *o, const char *text);
void out_add(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends text for a terminal: whatever is not to be shown as it is comes out as "?". */
void out_plain(struct out *o, const char *text);

/* Appends text for XML: as content, or in an attribute between double quotes. */
void out_xml(struct out *o, const char *text);

/* Appends text as a JSON string with its quotes, fit to stand in an HTML script element: no "<". */
void out_json(struct out *o, const char *text);

/* The same for a script that shows the text: without what must not be shown. */
void out_json_shown(struct out *o, const char *text);

/* Characters that out_plain() or out_xml() show for text. */
size_t out_width(const char *text);

#endif
