/*
 * sasl_plain.h - the message of SASL PLAIN (RFC 4616): [acting] NUL name NUL password.
 */
#ifndef CHAT_ACCOUNTS_SASL_PLAIN_H
#define CHAT_ACCOUNTS_SASL_PLAIN_H

#include "base/base.h"

/* Strings inside the message. */
struct sasl_plain {
	const char *acting, *name, *password;
};

/* Splits a message of n bytes, which is followed by a NUL; false if malformed or without name or
 * password. */
bool sasl_plain_parse(struct sasl_plain *p, const char *message, size_t n);

#endif
