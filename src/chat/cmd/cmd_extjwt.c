/*
 * cmd_extjwt.c - EXTJWT: a token that tells a service on the web who a user is, and what it may do
 * in a channel. The service shares a secret with the server: [extjwt NAME]; "*" is the one for
 * requests that name none.
 *
 *     EXTJWT #channel forum      :server EXTJWT #channel forum * eyJhbGciOi...
 *                                :server EXTJWT #channel forum W1N0cmluZ...
 */
#include "chat/cmd/command.h"

#include "chat/accounts/jwt_sign.h"
#include "chat/model/modes.h"

enum {
	CHUNK = 200, /* characters of a token in one line: of one parameter */
	JOINED = 1,  /* in the channel, since when is not known */
};

_Static_assert(CHUNK == 200 && PARAM_MAX == 200, "the formats have it as a literal");

static void fail(struct request *q, const char *code, const char *text)
{
	reply_note(q, &(struct reply_note){"FAIL", "EXTJWT", code, NULL, text});
}

static bool is_visible(const struct channel *ch, const struct user *u)
{
	return !(ch->modes & CHANNEL_SECRET) || channel_member(ch, u);
}

/* The letters of a member's ranks. */
static void rank_letters(const struct member *m, char out[8])
{
	static const char letters[] = "qaohv"; /* in the order of enum member_mode */
	size_t n = 0;

	for (size_t i = 0; i < strlen(letters); i++)
		if (m->modes & (1u << i))
			out[n++] = letters[i];
	out[n] = '\0';
}

static void add_channel(struct jwt_claims *c, const struct channel *ch, const struct user *u)
{
	const struct member *m = channel_member(ch, u);
	char letters[8] = "";

	if (m)
		rank_letters(m, letters);
	jwt_text(c, "channel", ch->name);
	jwt_number(c, "joined", m ? JOINED : 0);
	jwt_letters(c, "cmodes", letters);
}

static void add_user(struct jwt_claims *c, const struct request *q, nsec_t lifetime)
{
	const struct user *u = q->user;
	const char *account = user_account(u);

	jwt_number(c, "exp", (q->server->wall + lifetime) / NSEC_SEC);
	jwt_text(c, "iss", q->server->config->server.name);
	jwt_text(c, "sub", user_nick(u));
	jwt_text(c, "account", account ? account : "");
	jwt_letters(c, "umodes", u->modes & USER_OPER ? "o" : "");
}

static void send_token(
	struct request *q, const char *target, const char *service, const char *token)
{
	const char *name = q->server->config->server.name;

	for (; strlen(token) > CHUNK; token += CHUNK)
		reply_text(q, ":%s EXTJWT %s %s * %.200s", name, target, service, token);
	reply_text(q, ":%s EXTJWT %s %s %s", name, target, service, token);
}

static void cmd_extjwt(struct request *q)
{
	const char *target = q->msg->params[0];
	const char *name = q->msg->count > 1 ? q->msg->params[1] : "*";
	const struct config_extjwt *service = config_extjwt(q->server->config, name);
	const struct channel *ch = NULL;
	struct jwt_claims claims = {0};
	char token[JWT_MAX];

	if (!service) {
		fail(q, "NO_SUCH_SERVICE", "There is no such service");
		return;
	}
	if (strcmp(target, "*") != 0) {
		ch = registry_channel(q->server, target);
		if (!ch || !is_visible(ch, q->user)) {
			reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", target);
			return;
		}
	}
	add_user(&claims, q, service->lifetime);
	if (q->msg->count > 1)
		jwt_text(&claims, "service", service->name);
	if (ch)
		add_channel(&claims, ch, q->user);
	if (jwt_sign(token, &claims, service->secret, strlen(service->secret)))
		send_token(q, ch ? ch->name : "*", name, token);
	else
		fail(q, "UNKNOWN_ERROR", "The token would be too long");
	explicit_bzero(token, sizeof(token));
}

static const struct command rows[] = {
	{"EXTJWT", 1, 0, 1, cmd_extjwt},
};

const struct command_group commands_extjwt = {rows, ARRAY_SIZE(rows)};
