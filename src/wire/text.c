/* text.c - bounded text writer. */
#include "wire/text.h"

#include <stdarg.h>
#include <stdio.h>

struct text text_in(char *out, size_t size)
{
	if (size > 0)
		out[0] = '\0';
	return (struct text){out, size, 0};
}

void text_add(struct text *t, const char *format, ...)
{
	size_t at = size_min(t->len, t->size);
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(at < t->size ? t->out + at : NULL, t->size - at, format, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
}
