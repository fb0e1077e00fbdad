/* introspect.c - RFC 7662: introspect.h. */
#include "external/introspect.h"

#include "external/http.h"
#include "external/secret_file.h"

#include <stdio.h>
#include <time.h>

enum {
	FORM_MAX = 3 * EXTERNAL_TOKEN_MAX + 64,
};

void introspect_read(
	const struct claim_rules *r, const char *answer, int64_t now, struct external_reply *reply)
{
	json_error_t error;
	json_t *j = json_loads(answer, JSON_REJECT_DUPLICATES, &error);
	const json_t *active = json_object_get(j, "active");

	if (!json_is_boolean(active))
		snprintf(reply->why, sizeof(reply->why), "the answer has no boolean 'active'");
	else if (json_is_true(active))
		claims_check(r, j, now, reply);
	else
		claims_refuse(reply, "it is not active");
	json_decref(j);
}

/* The form of section 2.1. Of a token's characters three are not themselves in one. */
static void print_form(char out[FORM_MAX], const char *token)
{
	size_t n = (size_t)snprintf(out, FORM_MAX, "token_type_hint=access_token&token=");

	for (; *token && n + 4 < FORM_MAX; token++)
		if (strchr("+/=", *token))
			n += (size_t)snprintf(out + n, FORM_MAX - n, "%%%02X", (unsigned)*token);
		else
			out[n++] = *token;
	out[n] = '\0';
}

void introspect_ask(const struct curl *l, const struct introspect *i, const char *token,
	struct external_reply *reply)
{
	char form[FORM_MAX], secret[SECRET_MAX], answer[INTROSPECT_ANSWER_MAX];
	struct http_post p = {
		.url = i->url,
		.type = "application/x-www-form-urlencoded",
		.body = form,
		.user = *i->client_id ? i->client_id : NULL,
		.password = secret,
		.timeout = i->timeout,
		.stop = i->stop,
		.out = answer,
		.out_size = sizeof(answer),
	};

	print_form(form, token);
	if ((!p.user || secret_file_read(i->client_secret_file, secret, reply)) &&
		http_post(l, &p, reply))
		introspect_read(&i->rules, answer, time(NULL), reply);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(form, sizeof(form));
}
