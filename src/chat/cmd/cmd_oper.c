/*
 * cmd_oper.c - OPER KILL WALLOPS REHASH: commands of operators.
 */
#include "chat/cmd/cmd_oper.h"

#include "base/utf8.h"
#include "chat/cmd/command.h"
#include "chat/cmd/login.h"
#include "chat/cmd/oper_list.h"
#include "chat/cmd/password_attempt.h"
#include "chat/cmd/presence.h"
#include "chat/history/ban_enforce.h"

#include <stdio.h>

/* The hosts are user@host masks, as for K-lines. */
static bool host_allowed(const struct request *q, const struct config_oper *o)
{
	struct ban_subject subject = ban_enforce_subject(q->server, q->conn);
	char real[HOST_BYTES_MAX], mask[CONFIG_WORD_MAX];

	conn_host(q->conn, real);
	subject.host = real; /* a host set by CHGHOST grants nothing */
	for (const char *p = o->hosts; config_word(&p, mask);)
		if (ban_mask_covers(mask, &subject))
			return true;
	return false;
}

/* The account and the certificate, if any is required. */
static bool is_the_one(const struct request *q, const struct config_oper *o)
{
	char own[LOGIN_FINGERPRINT_MAX], word[CONFIG_WORD_MAX];
	const char *account = user_account(q->user);
	bool has = login_fingerprint(q, own);

	if (o->account[0] && (!account || !case_equal(account, o->account)))
		return false;
	if (!o->fingerprint[0])
		return true;
	for (const char *p = o->fingerprint; has && config_word(&p, word);)
		if (case_equal(word, own))
			return true;
	return false;
}

void oper_override(const struct request *q, const struct channel *ch)
{
	LOG(q->server->log, INFO, "oper.override", log_str("who", user_mask(q->user)),
		log_str("command", q->msg->command), log_str("channel", ch->name));
}

/* Completes OPER; the configuration may have changed in the meantime. */
static void oper_known(struct request *q, const char *name, bool right)
{
	struct server *s = q->server;
	const struct config_oper *o = config_oper(q->server->config, name);
	bool was;

	right = right && o && is_the_one(q, o);
	if (!right || !host_allowed(q, o)) {
		LOG(s->log, WARN, "oper.refused", log_str("name", name),
			log_str("who", user_mask(q->user)));
		oper_notify(s, NOTICE_OPERS, "%s was refused OPER %.64s", user_mask(q->user), name);
		if (right)
			reply(q, ERR_NOOPERHOST, ":No O-lines for your host");
		else
			reply(q, ERR_PASSWDMISMATCH, ":Password incorrect");
		return;
	}
	was = q->user->modes & USER_OPER;
	if (!oper_begin(s, q->user, name)) {
		reply(q, RPL_TRYAGAIN, "OPER :Out of memory");
		return;
	}
	q->conn->tries = 0;
	LOG(s->log, INFO, "oper.login", log_str("name", o->name),
		log_str("who", user_mask(q->user)));
	oper_notify(
		s, NOTICE_OPERS, "%s is an operator by the name %s", user_mask(q->user), o->name);
	reply(q, RPL_YOUREOPER, ":You are now an IRC operator");
	if (was)
		return;
	reply_text(q, ":%s MODE %s :+o", user_mask(q->user), user_nick(q->user));
}

/* An unknown name is checked against the password of an existing one, always the same for the same
 * name, so that timing does not reveal which names exist. */
static const char *password_of(const struct request *q, const char *name)
{
	const struct config *c = q->server->config;
	const struct config_oper *o = config_oper(q->server->config, name);

	if (!o && c->opers.count)
		o = &c->opers.at[siphash(name, strlen(name), &q->server->key) % c->opers.count];
	return o && o->password[0] ? o->password : "plain:";
}

static void cmd_oper(struct request *q)
{
	const char *name = q->msg->params[0], *given = msg_param(q->msg, 1);

	password_attempt_begin(q, &(struct password_attempt){.stored = password_of(q, name),
					  .given = given,
					  .name = name,
					  .end = oper_known});
}

void oper_kill(struct server *s, struct user *u, const struct oper_kill *k)
{
	struct line_out line = {.time = server_time(s), .account = k->account};
	char why[CLOSING_LINE_MAX];

	line_add_all(&line, ":", k->mask, " KILL ", user_nick(u), " :", k->reason, NULL);
	for (struct conn *c = u->conn; c; c = c->sibling)
		conn_line(s, c, &line);
	oper_notify(s, NOTICE_KILLS, "%s was killed by %s: %s", user_mask(u), k->mask, k->reason);
	snprintf(why, sizeof(why), "Killed (%s (%.*s))", k->nick, (int)utf8_cut(k->reason, 300),
		k->reason);
	presence_end(s, u, why);
}

static void cmd_kill(struct request *q)
{
	struct user *u = registry_registered(q->server, q->msg->params[0]);
	const char *reason = *msg_param(q->msg, 1) ? msg_param(q->msg, 1) : "No reason given";

	if (!u) {
		reply(q, ERR_NOSUCHNICK, "%s :No such nick", q->msg->params[0]);
		return;
	}
	LOG(q->server->log, INFO, "oper.kill", log_str("by", user_mask(q->user)),
		log_str("who", user_mask(u)), log_str("reason", reason));
	oper_kill(q->server, u,
		&(struct oper_kill){
			user_mask(q->user), user_nick(q->user), user_account(q->user), reason});
}

static void cmd_wallops(struct request *q)
{
	struct server *s = q->server;
	struct line_out line = {.time = server_time(s), .account = user_account(q->user)};
	struct hash_iter it = hash_walk(&s->nicks);
	struct hash_node *n;
	struct delivery d;

	line_add_all(&line, ":", user_mask(q->user), " WALLOPS :", q->msg->params[0], NULL);
	deliver_begin(&d, s, &line);
	while ((n = hash_next(&it))) {
		struct user *u = container_of(n, struct user, by_nick);

		if (user_registered(u) && u != q->user && (u->modes & USER_WALLOPS))
			deliver_user(&d, u, NULL);
	}
	if (q->user->modes & USER_WALLOPS)
		reply_line(q, &line);
}

static void cmd_rehash(struct request *q)
{
	struct server *s = q->server;
	struct config_error e = {"no configuration can be read here"};
	const char *said = NULL;

	reply(q, RPL_REHASHING, "%s :Rehashing", s->config_file ? s->config_file : "-");
	LOG(s->log, INFO, "oper.rehash", log_str("by", user_mask(q->user)));
	if (!s->reload || !s->reload(s->reload_arg, &e))
		said = "REHASH failed, nothing has changed";
	else if (e.text[0])
		said = "REHASH done; these need a restart and keep their values";
	if (said)
		reply_text(q, ":%s NOTICE %s :%s: %s", s->config->server.name, user_nick(q->user),
			said, e.text);
}

static const struct command rows[] = {
	{"OPER", 1, 0, 4, cmd_oper},
	{"KILL", 1, COMMAND_NEEDS(OPER_KILL), 1, cmd_kill},
	{"WALLOPS", 1, COMMAND_NEEDS(OPER_WALLOPS), 1, cmd_wallops},
	{"REHASH", 0, COMMAND_NEEDS(OPER_REHASH), 4, cmd_rehash},
};

const struct command_group commands_oper = {rows, ARRAY_SIZE(rows)};
