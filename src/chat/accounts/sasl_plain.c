/* sasl_plain.c - three strings, of which the first may be empty. */
#include "chat/accounts/sasl_plain.h"

bool sasl_plain_parse(struct sasl_plain *p, const char *message, size_t n)
{
	const char *first = memchr(message, '\0', n), *end = message + n;
	const char *second = first ? memchr(first + 1, '\0', (size_t)(end - first - 1)) : NULL;

	if (!second || memchr(second + 1, '\0', (size_t)(end - second - 1)))
		return false;
	p->acting = message;
	p->name = first + 1;
	p->password = second + 1;
	return *p->name && *p->password;
}
