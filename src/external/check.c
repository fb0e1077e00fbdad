/* check.c - passwords checked outside: check.h. */
#include "external/check.h"

#include "external/http.h"
#include "external/program.h"

#include <jansson.h>
#include <stdio.h>

static bool fail(struct external_reply *reply, const char *why)
{
	snprintf(reply->why, sizeof(reply->why), "%s", why);
	return false;
}

/* A line; false if it is too long, or the text is not UTF-8. */
static bool print_question(char out[CHECK_QUESTION_MAX], const struct external_login *q)
{
	json_t *j = json_pack("{s:s, s:s, s:s*, s:s}", "accountName", q->account, "passphrase",
		q->password, "certfp", q->certfp, "ip", q->ip);
	size_t n = j ? json_dumpb(j, out, CHECK_QUESTION_MAX - 2, JSON_COMPACT) : 0;

	json_decref(j);
	if (n == 0 || n > CHECK_QUESTION_MAX - 2)
		return false;
	memcpy(out + n, "\n", 2);
	return true;
}

/* A text of the answer, or "": absent, or null. False if it is no text. */
static bool text_of(const json_t *answer, const char *key, const char **text)
{
	const json_t *j = json_object_get(answer, key);

	*text = json_is_string(j) ? json_string_value(j) : "";
	return !j || json_is_string(j) || json_is_null(j);
}

static bool read_object(const json_t *answer, struct external_reply *reply)
{
	const json_t *success = json_object_get(answer, "success");
	const char *account, *error;

	if (!json_is_boolean(success) || !text_of(answer, "accountName", &account) ||
		!text_of(answer, "error", &error))
		return fail(reply, "the answer has not the members of the protocol");
	if (*error)
		return fail(reply, error);
	if (strlen(account) >= sizeof(reply->account))
		return fail(reply, "the account's name is too long");
	reply->right = json_is_true(success);
	strcpy(reply->account, account);
	return true;
}

void check_read(const char *answer, struct external_reply *reply)
{
	json_error_t error;
	json_t *j = json_loads(answer, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(j))
		reply->ok = read_object(j, reply);
	else
		fail(reply, "the answer is no JSON object");
	json_decref(j);
}

static bool by_command(
	const struct check *c, const char *question, char *answer, struct external_reply *reply)
{
	struct program_run r = {
		.words = c->options->check_command,
		.in = question,
		.in_len = strlen(question),
		.out = answer,
		.out_size = CHECK_ANSWER_MAX,
		.timeout = c->options->check_timeout,
		.stop = c->stop_fd,
	};

	return !program_run(&r, reply->why, sizeof(reply->why));
}

static bool by_url(
	const struct check *c, const char *question, char *answer, struct external_reply *reply)
{
	struct http_post p = {
		.url = c->options->check_url,
		.type = "application/json",
		.body = question,
		.timeout = c->options->check_timeout,
		.stop = c->stop,
		.out = answer,
		.out_size = CHECK_ANSWER_MAX,
	};

	return http_post(c->curl, &p, reply);
}

void check_ask(const struct check *c, const struct external_login *q, struct external_reply *reply)
{
	char question[CHECK_QUESTION_MAX], answer[CHECK_ANSWER_MAX];

	if (!print_question(question, q))
		fail(reply, "the name or password is too long, or not UTF-8");
	else if ((*c->options->check_url ? by_url : by_command)(c, question, answer, reply))
		check_read(answer, reply);
	explicit_bzero(question, sizeof(question));
}
