/* correspondent.c - accounts and nicks as sides of a conversation. */
#include "chat/model/correspondent.h"

#include "chat/model/history_scope.h"
#include "chat/model/registry.h"

#include <stdio.h>

static struct store_text of_account(const struct account *a, char out[CORRESPONDENT_MAX])
{
	out[0] = '*';
	for (size_t n = 0; (out[n + 1] = case_fold(a->name[n])); n++)
		continue;
	return (struct store_text){out, strlen(out)};
}

struct store_text correspondent_of(const struct user *u, char out[CORRESPONDENT_MAX])
{
	return u->account ? of_account(u->account, out) : store_name(user_nick(u), out);
}

struct store_text correspondent_named(
	const struct server *s, const char *nick, char out[CORRESPONDENT_MAX])
{
	const struct user *u = registry_registered(s, nick);
	const struct account *a = u ? u->account : accounts_of_nick(&s->accounts, nick);

	return a ? of_account(a, out) : store_name(nick, out);
}

/* The nick of a user who is logged in, the one that is the account's name if possible; else that
 * name. */
static const char *nick_of_account(const struct server *s, const char *name)
{
	const struct account *a = accounts_find(&s->accounts, name);
	const char *nick = a ? a->name : name;

	for (uint32_t i = 0; a && i < a->sessions.count; i++) {
		const struct user *u = a->sessions.at[i];

		if (user_registered(u) && (nick == a->name || case_equal(user_nick(u), a->name)))
			nick = user_nick(u);
	}
	return nick;
}

bool correspondent_nick(
	const struct server *s, struct store_text stored, char nick[CORRESPONDENT_MAX])
{
	char text[CORRESPONDENT_MAX], back[CORRESPONDENT_MAX];
	struct store_text found;

	snprintf(text, sizeof(text), "%.*s", (int)stored.len, stored.p);
	snprintf(nick, CORRESPONDENT_MAX, "%s",
		text[0] == '*' ? nick_of_account(s, text + 1) : registry_spelling(s, text));
	found = correspondent_named(s, nick, back);
	return found.len == stored.len && memcmp(found.p, stored.p, stored.len) == 0;
}
