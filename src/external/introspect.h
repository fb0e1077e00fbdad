/*
 * introspect.h - tokens that are checked by their issuer: introspection (RFC 7662).
 */
#ifndef EXTERNAL_INTROSPECT_H
#define EXTERNAL_INTROSPECT_H

#include "external/claims.h"
#include "external/curl.h"

enum {
	INTROSPECT_ANSWER_MAX = 16384, /* bytes with the NUL; longer: a failure */
};

struct introspect {
	const char *url, *client_id, *client_secret_file; /* client_id "": no authentication */
	struct claim_rules rules;
	nsec_t timeout;
	const volatile bool *stop;
};

/* Asks about a token of RFC 6750 section 2.1. reply: as of claims_check(); not ok: no answer. */
void introspect_ask(const struct curl *l, const struct introspect *i, const char *token,
	struct external_reply *reply);

/* Reads an answer, at `now`. */
void introspect_read(
	const struct claim_rules *r, const char *answer, int64_t now, struct external_reply *reply);

#endif
