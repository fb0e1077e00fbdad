/*
 * account_code.h - codes that are mailed to the owner of an account, and typed back: each for one
 * use, until it expires. Only its hash is kept:
 *
 *     KIND EXPIRES_MS HASH [ADDRESS]
 *
 * A code has 80 random bits, so that neither guessing nor the hash from a stolen file finds it
 * before it expires.
 */
#ifndef CHAT_ACCOUNTS_ACCOUNT_CODE_H
#define CHAT_ACCOUNTS_ACCOUNT_CODE_H

#include "chat/proto/mail_address.h"

enum {
	ACCOUNT_CODE = 16,           /* characters */
	ACCOUNT_CODE_KEPT_MAX = 400, /* bytes of what is kept, with the NUL */
};

/* The purpose of a code. The letters are stored: do not change them. */
enum account_code_kind {
	CODE_VERIFY = 'v',  /* the address of a new account */
	CODE_ADDRESS = 'a', /* a new address of an account */
	CODE_RESET = 'r',   /* a new password */
};

struct account_code {
	enum account_code_kind kind;
	int64_t expires_ms;  /* since 1970 */
	const char *address; /* of CODE_ADDRESS: the new one; else "" */
};

/* Makes a code, and prints what is to be kept of it. */
void account_code_make(const struct account_code *c, char code[ACCOUNT_CODE + 1],
	char kept[ACCOUNT_CODE_KEPT_MAX]);

/* Whether `given` is the code of that kind that was kept, and has not expired. */
bool account_code_right(
	const char *kept, enum account_code_kind kind, const char *given, int64_t now_ms);

/* Copies the address that was kept; "" if there is none. */
void account_code_address(const char *kept, char out[MAIL_ADDRESS_MAX + 1]);

#endif
