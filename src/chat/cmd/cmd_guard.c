/*
 * cmd_guard.c - SILENCE and ACCEPT: the lists of caller.h.
 *
 *     SILENCE              271 each mask, 272         (as InspIRCd, UnrealIRCd)
 *     SILENCE +mask        :nick!user@host SILENCE +mask, to all of the user's clients
 *     ACCEPT *             281 each nick, 282         (as solanum, InspIRCd)
 *     ACCEPT nick,-nick
 */
#include "chat/accounts/account_entry.h"
#include "chat/cmd/caller.h"
#include "chat/model/banlist.h"
#include "chat/model/quota.h"
#include "chat/out/deliver.h"

/* --- SILENCE --- */

static void show_silenced(struct request *q)
{
	const struct guard *g = *user_guard(q->user);

	for (uint32_t i = 0; g && i < g->silenced.count; i++)
		reply(q, RPL_SILELIST, "%s %s", user_nick(q->user), g->silenced.at[i]);
	reply(q, RPL_ENDOFSILELIST, ":End of Silence List");
}

/* Bytes charged for a mask. */
static size_t size_of(const char *mask)
{
	return strlen(mask) + QUOTA_PIECE;
}

static enum guard_result silence(struct request *q, const char *mask)
{
	struct server *s = q->server;
	bool charged = !q->user->account;
	enum guard_result result;

	if (charged && !quota_user_hold(s, q->user, size_of(mask)))
		return GUARD_FULL;
	result = guard_silence(user_guard(q->user), mask, s->config->limits.silence);
	if (result != GUARD_DONE && charged)
		quota_user_release(q->user, size_of(mask));
	return result;
}

static enum guard_result unsilence(struct request *q, const char *mask)
{
	enum guard_result result = guard_unsilence(*user_guard(q->user), mask);

	if (result == GUARD_DONE && !q->user->account)
		quota_user_release(q->user, size_of(mask));
	return result;
}

static void tell_silence(struct request *q, const char *sign, const char *mask)
{
	struct line_out o = {.time = server_time(q->server)};
	struct delivery d;

	line_add_all(&o, ":", user_mask(q->user), " SILENCE ", sign, mask, NULL);
	reply_line(q, &o);
	deliver_begin(&d, q->server, &o);
	deliver_user(&d, q->user, q->conn);
}

static void cmd_silence(struct request *q)
{
	const char *typed = msg_param(q->msg, 0);
	bool removes = *typed == '-';
	char mask[MASK_MAX];
	enum guard_result result;

	typed += *typed == '+' || *typed == '-';
	if (!*typed) {
		show_silenced(q);
		return;
	}
	if (!mask_complete(mask, typed) || (mask[0] == 'm' && mask[1] == ':')) {
		reply(q, ERR_INVALIDMODEPARAM, "%s s %.200s :Invalid mask", user_nick(q->user),
			typed);
		return;
	}
	q->server->work += (uint64_t)q->server->config->limits.silence * WORK_LOOK;
	result = removes ? unsilence(q, mask) : silence(q, mask);
	if (result == GUARD_FULL)
		reply(q, ERR_SILELISTFULL, "%s :Your silence list is full", mask);
	if (result != GUARD_DONE)
		return;
	caller_write(q, ACCOUNT_SILENCED, mask, NULL, !removes);
	tell_silence(q, removes ? "-" : "+", mask);
}

/* --- ACCEPT --- */

static void show_accepted(struct request *q)
{
	const struct guard *g = *user_guard(q->user);

	for (uint32_t i = 0; g && i < g->accepted.count; i++)
		reply(q, RPL_ACCEPTLIST, "%s", g->accepted.at[i].nick);
	reply(q, RPL_ENDOFACCEPT, ":End of /ACCEPT list");
}

static void accept_one(struct request *q, const char *nick)
{
	const struct user *u = registry_registered(q->server, nick);
	struct guard_who w;
	enum guard_result result;

	if (!u) {
		reply(q, ERR_NOSUCHNICK, "%.64s :No such nick", nick);
		return;
	}
	w = user_who(u);
	result = caller_accept(q, &w);
	if (result == GUARD_FULL)
		reply(q, ERR_ACCEPTFULL, ":Accept list is full");
	if (result == GUARD_SAME)
		reply(q, ERR_ACCEPTEXIST, "%s :is already on your accept list", user_nick(u));
}

static void unaccept_one(struct request *q, const char *nick)
{
	const struct user *u = registry_registered(q->server, nick);
	struct guard *g = *user_guard(q->user);
	struct guard_who w = u ? user_who(u) : (struct guard_who){.nick = nick};
	struct guard_accepted *a = guard_find(g, &w);

	if (!a) {
		reply(q, ERR_ACCEPTNOT, "%.64s :is not on your accept list", nick);
		return;
	}
	if (*guard_account(a))
		caller_write(q, ACCOUNT_ACCEPTED, guard_account(a), NULL, false);
	guard_unaccept(g, a);
	if (!q->user->account)
		quota_user_release(q->user, QUOTA_ACCEPT);
}

static void cmd_accept(struct request *q)
{
	char *list = q->msg->count ? q->msg->params[0] : "*", *nick;

	if (strcmp(list, "*") == 0) {
		show_accepted(q);
		return;
	}
	while ((nick = strsep(&list, ","))) {
		q->server->work += (uint64_t)q->server->config->limits.accept * WORK_LOOK;
		if (*nick == '-')
			unaccept_one(q, nick + 1);
		else if (*nick)
			accept_one(q, nick);
	}
}

static const struct command rows[] = {
	{"ACCEPT", 0, 0, 1, cmd_accept},
	{"SILENCE", 0, 0, 1, cmd_silence},
};

const struct command_group commands_guard = {rows, ARRAY_SIZE(rows)};
