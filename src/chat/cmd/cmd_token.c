/*
 * cmd_token.c - TOKEN (draft/authtoken): who is logged in gets a proof of it for a service beside
 * the server, so far for uploads only, which the server takes itself.
 *
 *     TOKEN SERVICELIST            :server TOKEN SERVICE FILEHOST https://... :Uploads
 *     TOKEN GENERATE FILEHOST      :server TOKEN GENERATE * AAAB...
 */
#include "chat/cmd/command.h"

#include "chat/accounts/auth_token.h"
#include "chat/cmd/service_token.h"
#include "chat/out/caps.h"
#include "chat/proto/casemap.h"

#define TOKEN_TIME (5 * 60 * 1000) /* ms that a token is valid */
#define BATCH      "draft/authtoken"

static void fail(struct request *q, const char *code, const char *context, const char *text)
{
	reply_note(q, &(struct reply_note){"FAIL", "TOKEN", code, context, text});
}

static void service_list(struct request *q)
{
	const struct server *s = q->server;

	if (!config_takes_files(s->config)) {
		reply_note(q, &(struct reply_note){"NOTE", "TOKEN", "NO_SERVICES", NULL,
				      "There are no services"});
		return;
	}
	reply_batch_begin(q, BATCH, "*");
	reply_text(q, ":%s TOKEN SERVICE %s %s/files :Uploads", s->config->server.name,
		SERVICE_FILEHOST, s->config->web.url);
	reply_batch_end(q);
}

static void generate(struct request *q)
{
	const struct server *s = q->server;
	const struct account *a = q->user->account;
	struct auth_token_key key = service_token_key(s);
	char token[AUTH_TOKEN_MAX];

	if (!(q->conn->caps & CAP_BATCH)) {
		fail(q, "NEED_CAPABILITY", "batch", "A token needs the capability batch");
	} else if (!a) {
		fail(q, "ACCOUNT_REQUIRED", NULL, "Log in to an account first");
	} else if (q->msg->count < 2) {
		fail(q, "INVALID_PARAMS", "GENERATE", "Which service?");
	} else if (!config_takes_files(s->config) ||
		   !case_equal(q->msg->params[1], SERVICE_FILEHOST)) {
		fail(q, "UNKNOWN_SERVICE", NULL, "There is no such service");
	} else {
		auth_token_make(
			token, &key, SERVICE_FILEHOST, a->name, s->wall / NSEC_MSEC + TOKEN_TIME);
		reply_batch_begin(q, BATCH, SERVICE_FILEHOST);
		reply_text(q, ":%s TOKEN GENERATE * %s", s->config->server.name, token);
		reply_batch_end(q);
		explicit_bzero(token, sizeof(token));
	}
}

static void cmd_token(struct request *q)
{
	const char *what = q->msg->params[0];

	if (case_equal(what, "SERVICELIST"))
		service_list(q);
	else if (case_equal(what, "GENERATE"))
		generate(q);
	else if (case_equal(what, "VALIDATE"))
		fail(q, "NO_PERMISSIONS", "*", "The server checks its tokens itself");
	else
		fail(q, "UNKNOWN_COMMAND", NULL, "TOKEN has SERVICELIST and GENERATE");
}

static const struct command rows[] = {
	{"TOKEN", 1, 0, 2, cmd_token},
};

const struct command_group commands_token = {rows, ARRAY_SIZE(rows)};
