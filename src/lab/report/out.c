/* out.c - writing a report: out.h. */
#include "lab/report/out.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

bool report_to_file(void *user, const void *bytes, size_t n)
{
	return fwrite(bytes, 1, n, user) == n;
}

bool is_hidden(uint32_t c)
{
	return c != ' ' && char_is_hidden(c);
}

char *out_shorten(char *out, size_t size, const char *text, size_t n)
{
	const char *p = text;
	size_t points = 0, at = 0;

	for (; *p; points++)
		utf8_next(&p);
	n = points > n && n > 0 ? n - 1 : n;
	for (p = text; *p && n > 0 && at + 8 <= size; n--) /* with room for two more and the NUL */
		at += utf8_put(out + at, utf8_next(&p));
	if (*p && at + 4 <= size)
		at += utf8_put(out + at, 0x2026);
	out[at] = '\0';
	return out;
}

void out_begin(struct out *o, report_sink sink, void *user)
{
	o->sink = sink;
	o->user = user;
	o->failed = false;
	o->n = 0;
}

static void flush(struct out *o)
{
	if (!o->failed && o->n > 0)
		o->failed = !o->sink(o->user, o->buffer, o->n);
	o->n = 0;
}

bool out_end(struct out *o)
{
	flush(o);
	return !o->failed;
}

void out_bytes(struct out *o, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		size_t part = size_min(n, OUT_BUFFER - o->n);

		memcpy(o->buffer + o->n, p, part);
		o->n += part;
		p += part;
		n -= part;
		if (o->n == OUT_BUFFER)
			flush(o);
	}
}

void out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

void out_add(struct out *o, const char *format, ...)
{
	char line[OUT_LINE_MAX];
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n > 0)
		out_bytes(o, line, size_min((size_t)n, sizeof(line) - 1));
}

static void code_point(struct out *o, uint32_t cp)
{
	char utf8[4];

	out_bytes(o, utf8, utf8_put(utf8, cp));
}

void out_plain(struct out *o, const char *text)
{
	while (*text) {
		uint32_t cp = utf8_next(&text);

		code_point(o, is_hidden(cp) ? '?' : cp);
	}
}

void out_xml(struct out *o, const char *text)
{
	while (*text) {
		uint32_t cp = utf8_next(&text);

		switch (cp) {
		case '&': out_text(o, "&amp;"); break;
		case '<': out_text(o, "&lt;"); break;
		case '>': out_text(o, "&gt;"); break;
		case '"': out_text(o, "&quot;"); break;
		case '\'': out_text(o, "&#39;"); break;
		default: code_point(o, is_hidden(cp) ? REPLACEMENT : cp);
		}
	}
}

/* Escapes a character of a JSON string. */
static void json_char(struct out *o, uint32_t cp)
{
	if (cp == '"' || cp == '\\')
		out_add(o, "\\%c", (int)cp);
	else if (cp > 0xffff && is_hidden(cp)) /* as a surrogate pair */
		out_add(o, "\\u%04x\\u%04x", 0xd800 + (cp - 0x10000) / 1024, 0xdc00 + cp % 1024);
	else if (is_hidden(cp) || cp == '<' || cp == '>' || cp == '&')
		out_add(o, "\\u%04x", cp);
	else
		code_point(o, cp);
}

void out_json(struct out *o, const char *text)
{
	out_text(o, "\"");
	while (*text)
		json_char(o, utf8_next(&text));
	out_text(o, "\"");
}

void out_json_shown(struct out *o, const char *text)
{
	out_text(o, "\"");
	while (*text) {
		uint32_t cp = utf8_next(&text);

		json_char(o, is_hidden(cp) ? REPLACEMENT : cp);
	}
	out_text(o, "\"");
}

size_t out_width(const char *text)
{
	size_t n = 0;

	for (; *text; n++)
		utf8_next(&text);
	return n;
}

void out_unit(struct out *o, struct out_fill *f, const char *text)
{
	unsigned columns = f->columns ? f->columns : REPORT_COLUMNS;
	unsigned width = (unsigned)out_width(text);

	if (f->at > f->indent && f->at + 1 + width > columns) {
		out_add(o, "\n%*s", (int)f->indent, "");
		f->at = f->indent;
	} else if (f->at > f->indent) {
		out_text(o, " ");
		f->at++;
	}
	out_plain(o, text);
	f->at += width;
}

void out_words(struct out *o, struct out_fill *f, const char *text)
{
	char word[OUT_LINE_MAX];
	int n;

	for (; *(text += strspn(text, " ")); text += n) {
		n = (int)size_min(strcspn(text, " "), sizeof(word) - 1);
		snprintf(word, sizeof(word), "%.*s", n, text);
		out_unit(o, f, word);
	}
}
