/*
 * lex.c - scanner of packet scripts, see lex.h.
 */
#include "lab/pkt/lex.h"

#include "lab/pkt/parse.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LEX_STRING_MAX = 4096,
	LEX_SECONDS_MAX = 100000000,
};

void lex_fail(struct pkt_lex *l, const char *format, ...)
{
	va_list ap;
	int n;

	if (!lex_failed(l)) {
		n = snprintf(l->error, PKT_ERROR_MAX, "%.200s:%d:%d: ", l->file, l->line,
			(int)(l->p - l->line_start) + 1);
		va_start(ap, format);
		vsnprintf(l->error + n, PKT_ERROR_MAX - (size_t)n, format, ap);
		va_end(ap);
	}
	l->p = l->end;
}

bool lex_failed(const struct pkt_lex *l)
{
	return l->error[0] != '\0';
}

static void step(struct pkt_lex *l)
{
	assert(l->p < l->end);
	if (*l->p++ == '\n') {
		l->line++;
		l->line_start = l->p;
	}
}

static bool at(const struct pkt_lex *l, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(l->end - l->p) >= n && memcmp(l->p, text, n) == 0;
}

bool lex_end(struct pkt_lex *l)
{
	for (;;) {
		if (l->p == l->end)
			return true;
		if (isspace((unsigned char)*l->p)) {
			step(l);
		} else if (at(l, "//")) {
			while (l->p < l->end && *l->p != '\n')
				l->p++;
		} else if (at(l, "/*")) {
			while (l->p < l->end && !at(l, "*/"))
				step(l);
			if (l->p == l->end)
				lex_fail(l, "unterminated comment");
			else
				l->p += 2;
		} else {
			return false;
		}
	}
}

char lex_peek(struct pkt_lex *l)
{
	return lex_end(l) ? '\0' : *l->p;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool lex_accept(struct pkt_lex *l, const char *text)
{
	size_t n = strlen(text);

	if (lex_end(l) || !at(l, text))
		return false;
	if (is_word(text[n - 1]) && l->p + n < l->end && is_word(l->p[n]))
		return false;
	l->p += n;
	return true;
}

bool lex_expect(struct pkt_lex *l, const char *text)
{
	bool got = lex_accept(l, text);

	if (!got && lex_end(l))
		lex_fail(l, "expected '%s' at the end of the script", text);
	else if (!got)
		lex_fail(l, "expected '%s' before '%.*s'", text,
			(int)size_min(16, strcspn(l->p, "\r\n")), l->p);
	return got;
}

bool lex_at_word(struct pkt_lex *l)
{
	return !lex_end(l) && is_word(*l->p) && !isdigit((unsigned char)*l->p);
}

const char *lex_span(struct pkt_lex *l, const char *set)
{
	const char *from;

	if (lex_end(l))
		return "";
	for (from = l->p; l->p < l->end && *l->p && strchr(set, *l->p);)
		l->p++;
	return pkt_copy_text(l->arena, from, (size_t)(l->p - from));
}

/* The value of a define NAME=VALUE, if word is NAME. */
static const char *value_of(const char *define, const char *word)
{
	size_t n = strlen(word);

	return strncmp(define, word, n) == 0 && define[n] == '=' ? define + n + 1 : NULL;
}

/* The value that a word is defined as, or the word. The command line overrides the script. */
static const char *defined(const struct pkt_lex *l, const char *word)
{
	const char *v;

	for (const char *const *d = l->defines; d && *d; d++)
		if ((v = value_of(*d, word)))
			return v;
	for (const struct pkt_option *o = l->options; o; o = o->next)
		if (strcmp(o->name, "define") == 0 && (v = value_of(o->value, word)))
			return v;
	return word;
}

const char *lex_alnum(struct pkt_lex *l)
{
	const char *from;

	lex_end(l);
	for (from = l->p; l->p < l->end && is_word(*l->p);)
		l->p++;
	return defined(l, pkt_copy_text(l->arena, from, (size_t)(l->p - from)));
}

const char *lex_word(struct pkt_lex *l)
{
	if (lex_at_word(l))
		return lex_alnum(l);
	lex_fail(l, "expected a word");
	return "";
}

int64_t lex_int(struct pkt_lex *l, int64_t min, int64_t max)
{
	const char *text = lex_at_word(l) ? lex_word(l) : lex_span(l, "+-0123456789abcdefABCDEFxX");
	char *stop = NULL;
	bool hex = strchr(text, 'x') || strchr(text, 'X');
	unsigned long long u;
	int64_t v;

	u = strtoull(text + (*text == '-'), &stop, hex ? 16 : 10);
	v = *text == '-' ? -(int64_t)u : (int64_t)u;
	if (*text == '\0' || *stop != '\0')
		lex_fail(l, "expected a number");
	else if (v < min || v > max || (u >> 63))
		lex_fail(
			l, "%s is not between %lld and %lld", text, (long long)min, (long long)max);
	return lex_failed(l) ? min : v;
}

nsec_t lex_seconds(struct pkt_lex *l)
{
	nsec_t v = 0, unit = NSEC_SEC;
	int digits = 0;

	lex_end(l);
	for (; l->p < l->end && isdigit((unsigned char)*l->p); l->p++, digits++)
		if (v < NSEC_MAX / 100)
			v = v * 10 + (*l->p - '0') * NSEC_SEC;
	if (l->p < l->end && *l->p == '.' && !at(l, "...")) {
		for (l->p++; l->p < l->end && isdigit((unsigned char)*l->p); l->p++, digits++) {
			unit /= 10;
			v += (*l->p - '0') * unit;
		}
	}
	if (digits == 0)
		lex_fail(l, "expected seconds");
	else if (v > LEX_SECONDS_MAX * NSEC_SEC)
		lex_fail(l, "a time later than %d seconds", LEX_SECONDS_MAX);
	return v;
}

/* The character after a backslash. */
static char escaped(struct pkt_lex *l)
{
	static const char from[] = "abfnrtv0", to[] = "\a\b\f\n\r\t\v";
	const char *which;
	int v = 0, n = 0;

	if (l->p == l->end)
		return '\0';
	if (*l->p == 'x') {
		for (l->p++; n < 2 && l->p < l->end && isxdigit((unsigned char)*l->p); l->p++, n++)
			v = v * 16 + (isdigit((unsigned char)*l->p)
						     ? *l->p - '0'
						     : tolower((unsigned char)*l->p) - 'a' + 10);
		return (char)v;
	}
	which = strchr(from, *l->p);
	return which && *l->p ? (l->p++, to[which - from]) : *l->p++;
}

const char *lex_string(struct pkt_lex *l, size_t *len)
{
	size_t room, n = 0;
	char *out;

	if (lex_peek(l) != '"')
		lex_fail(l, "expected a string");
	room = size_min((size_t)(l->end - l->p), LEX_STRING_MAX);
	out = pkt_alloc(l->arena, room + 1);
	while (lex_accept(l, "\"")) {
		while (l->p < l->end && *l->p != '"') {
			char c = *l->p;

			step(l);
			c = c == '\\' ? escaped(l) : c;
			if (n == room)
				lex_fail(l, "a string longer than %d bytes", LEX_STRING_MAX);
			else
				out[n++] = c;
		}
		if (l->p == l->end)
			lex_fail(l, "unterminated string");
		else
			l->p++;
	}
	*len = n;
	return out;
}

const char *lex_until(struct pkt_lex *l, const char *close)
{
	const char *from = l->p;
	const char *text;

	while (l->p < l->end && !at(l, close))
		step(l);
	text = pkt_copy_text(l->arena, from, (size_t)(l->p - from));
	if (l->p == l->end)
		lex_fail(l, "expected '%s' before the end of the script", close);
	else
		l->p += strlen(close);
	return text;
}
