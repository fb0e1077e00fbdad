/* param.c - formatting of middle parameters: one word each, whatever a user typed. */
#include "chat/proto/param.h"

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

/* One conversion of a middle parameter, after its '%'; returns its end. */
static const char *convert(struct print *p, const char *f, bool starts)
{
	size_t max = PARAM_MAX;
	char text[24] = "";

	if (*f == '.')
		max = strtoul(f + 1, (char **)&f, 10);
	switch (*f) {
	case 's': put_word(p, va_arg(p->ap, const char *), max, starts); return f + 1;
	case 'c':
		text[0] = (char)va_arg(p->ap, int);
		text[0] = text[0] & 0x80 ? '*' : text[0]; /* half a character */
		break;
	case 'd': snprintf(text, sizeof(text), "%d", va_arg(p->ap, int)); break;
	case 'u': snprintf(text, sizeof(text), "%u", va_arg(p->ap, unsigned)); break;
	default:
		assert(f[0] == 'l' && f[1] == 'l' && (f[2] == 'd' || f[2] == 'u'));
		f += 2;
		if (*f == 'd')
			snprintf(text, sizeof(text), "%lld", va_arg(p->ap, long long));
		else
			snprintf(text, sizeof(text), "%llu", va_arg(p->ap, unsigned long long));
	}
	put_word(p, text, sizeof(text), starts);
	return f + 1;
}

size_t params_print(char *out, size_t size, const char *format, va_list ap)
{
	struct print p = {.out = out, .size = size};
	bool starts = true; /* a word */
	int n;

	va_copy(p.ap, ap);
	out[0] = '\0';
	while (*format && !(starts && *format == ':')) {
		if (*format == '%') {
			format = convert(&p, format + 1, starts);
			starts = false;
		} else {
			starts = *format == ' ';
			put(&p, format++, 1);
		}
	}
	n = vsnprintf(out + p.len, size - p.len, format, p.ap);
	va_end(p.ap);
	return size_min(p.len + (size_t)(n > 0 ? n : 0), size - 1);
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
