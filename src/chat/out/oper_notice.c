/*
 * oper_notice.c - the connections on which a user became an operator, and notices to them. Those
 * that are gone drop out when another one is added.
 */
#include "chat/out/oper_notice.h"

#include "chat/out/deliver.h"

/* The operator on the connection of a tag, or NULL. */
static struct user *oper_of(const struct server *s, uint64_t tag)
{
	const struct conn *c = server_conn(s, tag);

	return c && c->user && (c->user->modes & USER_OPER) ? c->user : NULL;
}

void oper_listed(struct server *s, const struct conn *c)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->opers.count; i++)
		if (oper_of(s, s->opers.at[i]) && s->opers.at[i] != conn_tag(c))
			s->opers.at[kept++] = s->opers.at[i];
	s->opers.count = kept;
	if (!VEC_PUSH(&s->opers, conn_tag(c), CONNS_MAX))
		server_count(s, COUNT_NO_MEMORY);
}

void oper_notice(struct server *s, enum oper_cap need, const char *text)
{
	uint32_t mark = server_mark(s);

	for (uint32_t i = 0; i < s->opers.count; i++) {
		struct user *u = oper_of(s, s->opers.at[i]);
		struct line_out o = {.time = server_time(s)};
		struct delivery d;

		if (!u || !user_may(u, need) || u->conn->mark == mark)
			continue;
		u->conn->mark = mark; /* the first connection stands for all */
		line_add_all(&o, ":", s->config->server.name, " NOTICE ", user_nick(u), " :*** ",
			text, NULL);
		deliver_begin(&d, s, &o);
		deliver_user(&d, u, NULL);
	}
}
