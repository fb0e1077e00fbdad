/*
 * claims.h - what a token claims (RFC 7519 section 4, RFC 7662 section 2.2), checked by the rules
 * of the configuration.
 */
#ifndef EXTERNAL_CLAIMS_H
#define EXTERNAL_CLAIMS_H

#include "chat/external.h"

#include <jansson.h>

enum {
	CLAIMS_LEEWAY = 60, /* seconds that the clocks of issuer and server may differ */
};

struct claim_rules {
	const char *issuer;   /* iss must be it; "": not looked at */
	const char *audience; /* aud must be or contain it; "": likewise */
	const char *account;  /* the claim that has the account's name */
	bool expires;         /* exp must be there */
};

/* Checks claims at `now`, in seconds since 1970. reply: ok, and right with the account's name or
 * not, with the reason in why. */
void claims_check(const struct claim_rules *r, const json_t *claims, int64_t now,
	struct external_reply *reply);

/* Refuses a token: ok, not right. */
void claims_refuse(struct external_reply *reply, const char *why);

#endif
