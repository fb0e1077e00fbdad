/* claims.c - rules for claims: claims.h. */
#include "external/claims.h"

#include <stdio.h>

void claims_refuse(struct external_reply *reply, const char *why)
{
	reply->ok = true;
	reply->right = false;
	snprintf(reply->why, sizeof(reply->why), "%s", why);
}

static bool is_text(const json_t *j, const char *text)
{
	return json_is_string(j) && json_string_length(j) == strlen(text) &&
	       strcmp(json_string_value(j), text) == 0;
}

/* aud: a text or a list of texts. */
static bool names_audience(const json_t *aud, const char *audience)
{
	bool found = is_text(aud, audience);

	for (size_t i = 0; i < json_array_size(aud); i++)
		found = found || is_text(json_array_get(aud, i), audience);
	return found;
}

/* A time that is absent passes; one that is no number does not. */
static bool not_expired(const json_t *exp, int64_t now)
{
	return !exp ||
	       (json_is_number(exp) && json_number_value(exp) + CLAIMS_LEEWAY > (double)now);
}

static bool has_begun(const json_t *nbf, int64_t now)
{
	return !nbf ||
	       (json_is_number(nbf) && json_number_value(nbf) - CLAIMS_LEEWAY <= (double)now);
}

/* Why the claims are refused; NULL: they are not. */
static const char *refusal(const struct claim_rules *r, const json_t *claims, int64_t now)
{
	const json_t *exp = json_object_get(claims, "exp");

	if (!json_is_object(claims))
		return "the claims are no object";
	if (r->expires && !exp)
		return "it does not expire (exp)";
	if (!not_expired(exp, now))
		return "it has expired (exp)";
	if (!has_begun(json_object_get(claims, "nbf"), now))
		return "it is not valid yet (nbf)";
	if (*r->issuer && !is_text(json_object_get(claims, "iss"), r->issuer))
		return "it is of another issuer (iss)";
	if (*r->audience && !names_audience(json_object_get(claims, "aud"), r->audience))
		return "it is for another audience (aud)";
	return NULL;
}

void claims_check(const struct claim_rules *r, const json_t *claims, int64_t now,
	struct external_reply *reply)
{
	const char *why = refusal(r, claims, now);
	const json_t *account = json_object_get(claims, r->account);

	if (!why && !(json_is_string(account) && json_string_length(account) > 0 &&
			    json_string_length(account) < sizeof(reply->account)))
		why = "it names no account (accounts.oauth_claim)";
	if (why) {
		claims_refuse(reply, why);
		return;
	}
	reply->ok = reply->right = true;
	strcpy(reply->account, json_string_value(account));
}
