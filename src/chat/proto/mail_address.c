/* mail_address.c - the syntax of mail addresses. */
#include "chat/proto/mail_address.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char local_bytes[] = ALNUM "!#$%&'*+-/=?^_`{|}~";
static const char domain_bytes[] = ALNUM "-";

/* The number of parts of n bytes, one dot apart; 0: one is empty, too long or has other bytes. */
static size_t parts(const char *p, size_t n, const char *bytes, size_t most)
{
	size_t count = 0;

	for (const char *end = p + n;; p++) {
		size_t len = strspn(p, bytes);

		if (p + len > end || len == 0 || len > most)
			return 0;
		count++;
		p += len;
		if (p == end)
			return count;
		if (*p != '.')
			return 0;
	}
}

/* No label begins or ends with '-'. */
static bool domain_valid(const char *p)
{
	return parts(p, strlen(p), domain_bytes, MAIL_LABEL_MAX) >= 2 && *p != '-' &&
	       p[strlen(p) - 1] != '-' && !strstr(p, "-.") && !strstr(p, ".-");
}

bool mail_address_valid(const char *text)
{
	const char *at = strchr(text, '@');

	return at && strlen(text) <= MAIL_ADDRESS_MAX && at - text <= MAIL_LOCAL_MAX &&
	       parts(text, (size_t)(at - text), local_bytes, MAIL_LOCAL_MAX) &&
	       domain_valid(at + 1);
}
