/* caller.c - who hears whom. */
#include "chat/cmd/caller.h"

#include "chat/accounts/account_entry.h"
#include "chat/model/quota.h"
#include "chat/out/deliver.h"

#define TELL_EVERY (60 * NSEC_SEC)

enum {
	CLOSED = USER_CALLER_ID | USER_ACCOUNTS_ONLY, /* not all are heard */
};

void caller_write(struct request *q, const char *list, const char *text, const char *note, bool put)
{
	struct server *s = q->server;
	const struct account *a = q->user->account;
	struct account_entry e = {list, text, note, s->wall / NSEC_MSEC};
	enum store_status status;

	if (!a)
		return;
	status = (put ? account_entry_put : account_entry_delete)(&s->accounts, a, &e);
	if (status != STORE_OK)
		LOG(s->log, ERROR, "account.list-not-kept", log_str("account", a->name),
			log_str("reason", store_status_name(status)));
}

/* Drops who was accepted without an account and is gone. */
static void prune(struct request *q, struct guard *g)
{
	for (uint32_t i = g->accepted.count; i-- > 0;) {
		struct guard_accepted *a = &g->accepted.at[i];
		const struct user *u = registry_registered(q->server, a->nick);

		if (*guard_account(a) || (u && u->session == a->session))
			continue;
		guard_unaccept(g, a);
		if (!q->user->account)
			quota_user_release(q->user, QUOTA_ACCEPT);
	}
}

enum guard_result caller_accept(struct request *q, const struct guard_who *w)
{
	struct server *s = q->server;
	struct guard **g = user_guard(q->user);
	int64_t max = s->config->limits.accept;
	bool charged = !q->user->account;
	enum guard_result result;

	if (*g && (*g)->accepted.count >= max)
		prune(q, *g);
	if (charged && !quota_user_hold(s, q->user, QUOTA_ACCEPT))
		return guard_accepts(*g, w) ? GUARD_SAME : GUARD_FULL;
	result = guard_accept(g, w, max);
	if (result != GUARD_DONE && charged)
		quota_user_release(q->user, QUOTA_ACCEPT);
	if (result == GUARD_DONE && w->account)
		caller_write(q, ACCOUNT_ACCEPTED, w->account, w->nick, true);
	return result;
}

/* A user who writes with +g or +R must be able to read the answer. */
static bool may_be_answered(struct request *q, const struct user *to)
{
	struct guard_who w = user_who(to);

	return caller_accept(q, &w) != GUARD_FULL;
}

/* Tells `to` that q's user wrote, unless it has just read of a user. */
static bool tell(struct request *q, struct user *to)
{
	struct server *s = q->server;
	struct guard **g = user_guard(to);
	const struct user *u = q->user;
	struct line_out o = {.time = server_time(s)};
	struct delivery d;

	if (!*g)
		*g = calloc(1, sizeof(**g));
	if (!*g || !to->conn || ((*g)->told && s->now - (*g)->told < TELL_EVERY))
		return false;
	(*g)->told = s->now;
	line_add_all(&o, ":", s->config->server.name, " 718 ", user_nick(to), " ", user_nick(u),
		" ", user_name(u), "@", user_host(u), NULL);
	line_adds(&o, " :is messaging you, and you have user mode +g. Use /ACCEPT to allow it.");
	deliver_begin(&d, s, &o);
	deliver_user(&d, to, NULL);
	return true;
}

static void refuse(struct request *q, struct user *to, bool quiet)
{
	bool told;

	if (!(to->modes & USER_CALLER_ID)) {
		if (!quiet)
			reply(q, ERR_NEEDREGGEDNICK, "%s :hears only users who are logged in (+R)",
				user_nick(to));
		return;
	}
	told = tell(q, to);

	if (quiet)
		return;
	reply(q, ERR_TARGUMODEG, "%s :is in +g mode (server-side ignore)", user_nick(to));
	if (told)
		reply(q, RPL_TARGNOTIFY, "%s :has been informed that you messaged them",
			user_nick(to));
}

enum caller caller_of(struct server *s, const struct user *u, struct user *to)
{
	const struct guard *g = *user_guard(to);
	struct guard_who w;

	if (to == u || (!g && !(to->modes & CLOSED)))
		return CALLER_HEARD;
	w = user_who(u);
	if (guard_silences(g, &w, &s->work))
		return CALLER_UNHEARD;
	if (!(to->modes & CLOSED) || (u->modes & USER_OPER) || guard_accepts(g, &w) ||
		(u->account && u->account == to->account))
		return CALLER_HEARD;
	return u->account && !(to->modes & USER_CALLER_ID) ? CALLER_HEARD : CALLER_REFUSED;
}

enum caller caller_check(struct request *q, struct user *to, bool quiet)
{
	enum caller heard = caller_of(q->server, q->user, to);

	if (heard != CALLER_HEARD)
		server_count(q->server, heard == CALLER_UNHEARD ? COUNT_SILENCED : COUNT_CALLER_ID);
	if (heard == CALLER_REFUSED)
		refuse(q, to, quiet);
	if (heard != CALLER_HEARD || !(q->user->modes & CLOSED) || to == q->user ||
		may_be_answered(q, to))
		return heard;
	if (!quiet)
		reply(q, ERR_ACCEPTFULL, ":Accept list is full: %s could not answer you",
			user_nick(to));
	return CALLER_REFUSED;
}
