/* nick_owner.c - enforcement of the ownership of nicks. */
#include "chat/cmd/nick_owner.h"

#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/nickserv.h"
#include "chat/model/lookalike.h"
#include "chat/model/registry.h"
#include "chat/out/caps.h"

#include <stdio.h>

enum {
	GUESTS = 100000,
	WARNED_MAX = 100000, /* users who were warned; further ones are renamed at once */
};

bool nick_is_others(const struct server *s, const struct user *u, const char *nick)
{
	const struct account *owner = accounts_of_nick(&s->accounts, nick);

	return owner && owner != (u ? u->account : NULL);
}

bool nick_looks_owned(const struct server *s, const char *name, const struct account *own)
{
	return s->config->accounts.confusables && accounts_resembling(&s->accounts, name, own);
}

/* Why q's user must not take the nick; NULL: it may. */
static const char *refusal(const struct request *q, const char *nick)
{
	struct server *s = q->server;
	const struct account *own = q->user->account;
	bool strict = s->config->accounts.nick_enforcement == ENFORCE_STRICT;

	if (own && accounts_of_nick(&s->accounts, nick) == own)
		return NULL;
	if (strict && nick_is_others(s, q->user, nick))
		return "Nickname is reserved by a different account";
	if (strict && nick_looks_owned(s, nick, own))
		return "Nickname looks like one that an account has reserved";
	if (s->config->accounts.confusables && lookalike_find(s, nick, q->user))
		return "Nickname looks like one in use";
	return NULL;
}

bool nick_refused(struct request *q, const char *nick)
{
	const char *why = refusal(q, nick);

	if (!why)
		return false;
	server_count(q->server, COUNT_NICK_RESERVED);
	reply(q, ERR_NICKNAMEINUSE, "%s :%s", nick, why);
	if (q->conn->caps & CAP_STANDARD_REPLIES)
		reply_note(q, &(struct reply_note){"FAIL", "NICK", "NICKNAME_RESERVED", nick, why});
	return true;
}

void nick_make_guest(struct server *s, struct user *u)
{
	struct request q = {.server = s, .conn = u->conn, .user = u};
	char nick[32];

	do
		snprintf(nick, sizeof(nick), "Guest-%05u", (unsigned)prng_below(&s->prng, GUESTS));
	while (registry_user(s, nick));
	if (!u->conn) {
		nick_set(s, u, nick);
		return;
	}
	reply_begin(&q);
	nick_change(&q, nick);
	reply_end(&q);
}

void nick_enforce(struct request *q)
{
	struct server *s = q->server;
	const struct config_accounts *c = &s->config->accounts;
	struct nick_warned w = {conn_tag(q->conn), s->now + c->nick_time};

	if (!user_registered(q->user) || c->nick_enforcement == ENFORCE_OFF ||
		!nick_is_others(s, q->user, user_nick(q->user)))
		return;
	if (c->nick_enforcement == ENFORCE_STRICT || !VEC_PUSH(&s->warned, w, WARNED_MAX)) {
		nick_make_guest(s, q->user);
		return;
	}
	service_say(q, &nickserv,
		"This nick belongs to an account. Log in within %lld seconds (IDENTIFY), or you "
		"will "
		"be renamed.",
		(long long)(c->nick_time / NSEC_SEC));
}

static void rename_if_due(struct server *s, const struct nick_warned *w)
{
	struct conn *c = server_conn(s, w->tag);

	if (c && c->user && !(c->flags & CONN_LEAVING) &&
		s->config->accounts.nick_enforcement != ENFORCE_OFF &&
		nick_is_others(s, c->user, user_nick(c->user)))
		nick_make_guest(s, c->user);
}

/* In the order in which they are due, unless nick_time has changed since. */
void nick_owner_tick(struct server *s)
{
	uint32_t n = 0;

	while (n < s->warned.count && s->warned.at[n].due <= s->now)
		rename_if_due(s, &s->warned.at[n++]);
	if (n == 0)
		return;
	memmove(s->warned.at, s->warned.at + n, (s->warned.count - n) * sizeof(*s->warned.at));
	s->warned.count -= n;
}
