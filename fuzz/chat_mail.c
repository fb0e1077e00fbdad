/*
 * chat_mail.c - what people type, or a file holds, of mail: an address, which is never more than
 * one word of a header; and a code, which never is right unless it was made.
 */
#include "chat/accounts/account_code.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void address(const char *text)
{
	if (mail_address_valid(text) &&
		(strlen(text) > MAIL_ADDRESS_MAX || strpbrk(text, " \t\r\n<>,;:()[]\\\"") ||
			strchr(text, '@') != strrchr(text, '@')))
		abort();
}

static void code(const char *kept)
{
	char out[MAIL_ADDRESS_MAX + 1];

	if (account_code_right(kept, CODE_VERIFY, "aaaaaaaaaaaaaaaa", 0))
		abort();
	account_code_address(kept, out);
	if (*out && !mail_address_valid(out))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	address(text);
	code(text);
	free(text);
	return 0;
}
