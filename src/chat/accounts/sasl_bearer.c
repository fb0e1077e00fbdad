/* sasl_bearer.c - GS2 header, then pairs: RFC 7628 section 3.1. */
#include "chat/accounts/sasl_bearer.h"

#include <strings.h>

static const char scheme[] = "Bearer ";

/* b64token of RFC 6750. */
static bool token_valid(const char *t)
{
	size_t n = strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			     "0123456789-._~+/");

	return n > 0 && t[n + strspn(t + n, "=")] == '\0';
}

/* The header of RFC 5801, of which the last comma is cut off: no channel binding. */
static bool header(struct sasl_bearer *b, char *text)
{
	size_t n = strlen(text);

	b->acting = "";
	if (n < 3 || !strchr("ny", text[0]) || text[1] != ',' || text[n - 1] != ',')
		return false;
	text[n - 1] = '\0';
	if (n == 3)
		return true;
	b->acting = text + 4;
	return strncmp(text + 2, "a=", 2) == 0 && text[4] && !strpbrk(text + 4, ",=");
}

/* A pair: letters, '=', and anything. */
static bool pair(struct sasl_bearer *b, char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (n == 0 || text[n] != '=')
		return false;
	if (strncmp(text, "auth=", 5) != 0)
		return true;
	text += 5;
	if (*b->token || strncasecmp(text, scheme, sizeof(scheme) - 1) != 0)
		return false;
	b->token = text + sizeof(scheme) - 1;
	while (*b->token == ' ')
		b->token++;
	return token_valid(b->token);
}

bool sasl_bearer_parse(struct sasl_bearer *b, char *message, size_t n)
{
	char *rest = message, *part;

	*b = (struct sasl_bearer){"", ""};
	if (strlen(message) != n)
		return false;
	part = strsep(&rest, "\x01");
	if (!rest || !header(b, part))
		return false;
	while ((part = strsep(&rest, "\x01")) && *part)
		if (!rest || !pair(b, part))
			return false;
	return part && rest && !*rest; /* it ends with an empty pair */
}
