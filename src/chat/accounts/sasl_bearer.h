/*
 * sasl_bearer.h - the message of SASL OAUTHBEARER (RFC 7628 section 3.1), where ^A is a byte 1:
 *
 *     n,a=name,^Ahost=irc.example.com^Aport=6697^Aauth=Bearer TOKEN^A^A
 */
#ifndef CHAT_ACCOUNTS_SASL_BEARER_H
#define CHAT_ACCOUNTS_SASL_BEARER_H

#include "base/base.h"

/* Strings inside the message. */
struct sasl_bearer {
	const char *acting; /* ""; or the name of the account that is wanted */
	const char *token;  /* ""; or of RFC 6750 section 2.1 */
};

/* Splits a message of n bytes, followed by a NUL, and changes it; false if malformed. A name with
 * an encoded comma or equals sign (RFC 5801 section 4) is no nick, so it is malformed here. */
bool sasl_bearer_parse(struct sasl_bearer *b, char *message, size_t n);

#endif
