/*
 * user.c - user names, packed in one allocation.
 */
#include "chat/model/user.h"

#include "chat/conn.h"
#include "chat/model/metadata.h"
#include "chat/model/quota.h"

#include <stdlib.h>

struct user *user_new(struct conn *conn, const char *host)
{
	struct user *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->conn = conn;
	if (!user_set_names(u, &(struct user_names){"*", "", host, ""})) {
		free(u);
		return NULL;
	}
	return u;
}

void user_free(struct user *u)
{
	assert(u->channel_count == 0);
	free(u->channels);
	free(u->text);
	metadata_free(u->metadata);
	guard_free(u->guard);
	quota_user_gone(u);
	free(u->away);
	assert(!u->account);
	free(u);
}

/* Copies s with its NUL; *at is its offset. */
static char *pack(char *p, const char *s, const char *text, uint16_t *at)
{
	*at = (uint16_t)(p - text);
	return stpcpy(p, s) + 1;
}

bool user_set_names(struct user *u, const struct user_names *t)
{
	const char *nick = t->nick ? t->nick : user_nick(u);
	const char *name = t->name ? t->name : user_name(u);
	const char *host = t->host ? t->host : user_host(u);
	const char *real = t->real ? t->real : user_real(u);
	size_t size = 2 * (strlen(nick) + strlen(name)) + strlen(host) + strlen(real) + 6;
	char *text = size <= UINT16_MAX ? malloc(size) : NULL;
	char *p;

	if (!text)
		return false;
	p = pack(text, nick, text, &u->nick_at);
	u->mask_at = (uint16_t)(p - text);
	p = stpcpy(stpcpy(p, nick), "!");
	p = stpcpy(stpcpy(p, name), "@");
	p = pack(p, host, text, &u->host_at); /* the end of the mask is the host */
	p = pack(p, name, text, &u->name_at);
	p = pack(p, real, text, &u->real_at);
	assert((size_t)(p - text) == size);
	free(u->text);
	u->text = text;
	return true;
}

const char *user_away(const struct user *u)
{
	if (u->node)
		return u->away;
	if (!u->conn)
		return u->away ? u->away : "Not connected";
	for (const struct conn *c = u->away ? u->conn : NULL; c; c = c->sibling)
		if (!c->away)
			return NULL;
	return u->away;
}

void user_forget_nick(struct user *u)
{
	strcpy(u->text + u->nick_at, "*");
}
