/*
 * cmd_register.c - REGISTER and VERIFY (IRCv3 draft/account-registration).
 *
 *     REGISTER name|* email|* password    ->    REGISTER SUCCESS name :..., then 900
 *
 * Mail addresses are stored and not verified, so there is nothing to VERIFY.
 */
#include "chat/cmd/cmd_register.h"

#include "chat/cmd/command.h"
#include "chat/cmd/register.h"

void register_command_told(struct request *q, const char *name, const char *code, const char *text)
{
	if (code)
		reply_note(q, &(struct reply_note){"FAIL", "REGISTER", code, name, text});
	else
		reply_text(q, ":%s REGISTER SUCCESS %s :%s", q->server->config->server.name, name,
			text);
}

static void cmd_register(struct request *q)
{
	register_begin(
		q, REGISTER_COMMAND, q->msg->params[0], q->msg->params[1], q->msg->params[2]);
}

static void cmd_verify(struct request *q)
{
	reply_note(q, &(struct reply_note){"FAIL", "VERIFY", "INVALID_CODE", q->msg->params[0],
			      "That account does not wait for a code"});
}

static const struct command rows[] = {
	{"REGISTER", 3, COMMAND_EARLY, 4, cmd_register},
	{"VERIFY", 2, COMMAND_EARLY, 4, cmd_verify},
};

const struct command_group commands_register = {rows, ARRAY_SIZE(rows)};
