/*
 * cmd_register.c - REGISTER and VERIFY (IRCv3 draft/account-registration).
 *
 *     REGISTER name|* email|* password    ->    REGISTER SUCCESS name :..., then 900
 *                                         or    REGISTER VERIFICATION_REQUIRED name :...
 *     VERIFY name code                    ->    VERIFY SUCCESS name :..., then 900
 */
#include "chat/cmd/cmd_register.h"

#include "chat/cmd/command.h"
#include "chat/cmd/verify.h"

static void told(struct request *q, const char *command, const char *result, const char *name,
	const char *text)
{
	reply_text(
		q, ":%s %s %s %s :%s", q->server->config->server.name, command, result, name, text);
}

void register_command_told(struct request *q, const char *name, const char *code, const char *text)
{
	if (code && strcmp(code, REGISTER_WAITS) != 0)
		reply_note(q, &(struct reply_note){"FAIL", "REGISTER", code, name, text});
	else
		told(q, "REGISTER", code ? code : "SUCCESS", name, text);
}

void verify_command_told(struct request *q, const char *name, const char *code, const char *text)
{
	if (code)
		reply_note(q, &(struct reply_note){"FAIL", "VERIFY", code, name, text});
	else
		told(q, "VERIFY", "SUCCESS", name, text);
}

static void cmd_register(struct request *q)
{
	register_begin(
		q, REGISTER_COMMAND, q->msg->params[0], q->msg->params[1], q->msg->params[2]);
}

static void cmd_verify(struct request *q)
{
	verify_begin(q, REGISTER_COMMAND, q->msg->params[0], q->msg->params[1]);
}

static const struct command rows[] = {
	{"REGISTER", 3, COMMAND_EARLY, 4, cmd_register},
	{"VERIFY", 2, COMMAND_EARLY, 4, cmd_verify},
};

const struct command_group commands_register = {rows, ARRAY_SIZE(rows)};
