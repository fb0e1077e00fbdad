/* oper_notice.c - notices to all operators who may act on them. */
#include "chat/out/oper_notice.h"

#include "chat/out/deliver.h"

void oper_notice(struct server *s, enum oper_cap need, const char *text)
{
	for (uint32_t i = 0; i < s->opers.count; i++) {
		struct user *u = s->opers.at[i].user;
		struct line_out o = {.time = server_time(s)};
		struct delivery d;

		if (!user_may(u, need))
			continue;
		line_add_all(&o, ":", s->config->server.name, " NOTICE ", user_nick(u), " :*** ",
			text, NULL);
		deliver_begin(&d, s, &o);
		deliver_user(&d, u, NULL);
	}
}
