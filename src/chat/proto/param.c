/* param.c - formatting of middle parameters: one word each, whatever a user typed. */
#include "chat/proto/param.h"

#include "base/decimal.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* A line being written. */
struct print {
	char *out;
	size_t size, len;
	va_list ap;
};

bool param_is_middle(const char *word, size_t n)
{
	return n > 0 && *word != ':' && !memchr(word, ' ', n);
}

static void put(struct print *p, const char *text, size_t n)
{
	n = utf8_cut(text, size_min(n, p->size - 1 - p->len));
	memcpy(p->out + p->len, text, n);
	p->len += n;
	p->out[p->len] = '\0';
}

/* A whole word if `starts`, else its continuation, which may be empty or begin with ':'. */
static void put_word(struct print *p, const char *word, size_t max, bool starts)
{
	size_t n = utf8_cut(word, max);

	if (starts ? param_is_middle(word, n) : !memchr(word, ' ', n))
		put(p, word, n);
	else
		put(p, "*", 1);
}

/* Takes the argument of a conversion, c, d, u, lld or llu at f, and writes it to text; returns the
 * end of the conversion, or NULL if it is another one. */
static const char *convert_number(struct print *p, const char *f, char text[DECIMAL_MAX + 1])
{
	bool wide = f[0] == 'l' && f[1] == 'l';
	size_t n = 1;

	f += wide ? 2 : 0;
	if (*f == 'd')
		n = decimal_signed(text, wide ? va_arg(p->ap, long long) : va_arg(p->ap, int));
	else if (*f == 'u')
		n = decimal(
			text, wide ? va_arg(p->ap, unsigned long long) : va_arg(p->ap, unsigned));
	else if (*f == 'c' && !wide)
		*text = (char)va_arg(p->ap, int);
	else
		return NULL;
	text[n] = '\0';
	return f + 1;
}

/* One conversion of a middle parameter, after its '%'; returns its end. */
static const char *convert(struct print *p, const char *f, bool starts)
{
	char text[DECIMAL_MAX + 1];
	size_t max = PARAM_MAX;
	const char *end;

	if (*f == '.')
		max = strtoul(f + 1, (char **)&f, 10);
	if (*f == 's') {
		put_word(p, va_arg(p->ap, const char *), max, starts);
		return f + 1;
	}
	end = convert_number(p, f, text);
	assert(end);
	*text = *text & 0x80 ? '*' : *text; /* half a character */
	put_word(p, text, sizeof(text), starts);
	return end;
}

/* Literal text of a format, which is ASCII. */
static void put_literal(struct print *p, const char *text, size_t n)
{
	n = size_min(n, p->size - 1 - p->len);
	memcpy(p->out + p->len, text, n);
	p->len += n;
	p->out[p->len] = '\0';
}

/* The last parameter: its usual conversions, then by vsnprintf() from the first rare one on. */
static void print_last(struct print *p, const char *format)
{
	char text[DECIMAL_MAX + 1];
	int n;

	for (;;) {
		size_t literal = strcspn(format, "%");
		const char *arg = text, *end;

		put_literal(p, format, literal);
		format += literal;
		if (!*format)
			return;
		end = format[1] == 's' ? format + 2 : convert_number(p, format + 1, text);
		if (!end)
			break;
		if (format[1] == 's')
			arg = va_arg(p->ap, const char *);
		put_literal(p, arg, strlen(arg));
		format = end;
	}
	n = vsnprintf(p->out + p->len, p->size - p->len, format, p->ap);
	p->len = size_min(p->len + (size_t)(n > 0 ? n : 0), p->size - 1);
}

size_t params_print(char *out, size_t size, const char *format, va_list ap)
{
	struct print p = {.out = out, .size = size};
	bool starts = true; /* a word */

	va_copy(p.ap, ap);
	out[0] = '\0';
	while (*format && !(starts && *format == ':')) {
		if (*format == '%') {
			format = convert(&p, format + 1, starts);
			starts = false;
		} else {
			starts = *format == ' ';
			put_literal(&p, format++, 1);
		}
	}
	print_last(&p, format);
	va_end(p.ap);
	return p.len;
}

bool params_add(char line[LINE_BODY_MAX], const char *word)
{
	size_t len = strlen(line);
	struct print p = {.out = line, .size = LINE_BODY_MAX, .len = len};

	if (len + 1 + size_min(strlen(word), PARAM_MAX) >= LINE_BODY_MAX)
		return false;
	if (len)
		put(&p, " ", 1);
	put_word(&p, word, PARAM_MAX, true);
	return true;
}

int64_t param_number(const char *s, int64_t max)
{
	long long n = strtoll(s, NULL, 10); /* clamped to its own range */

	return n > max ? max : n < -max ? -max : n;
}
