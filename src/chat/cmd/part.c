/*
 * part.c - a user leaves a channel: its last operator has a successor, an empty channel ends.
 */
#include "chat/cmd/part.h"

#include "chat/model/history_scope.h"
#include "chat/model/modes.h"
#include "chat/model/registry.h"
#include "chat/out/deliver.h"

/* The last operator has left: who is first among the others is one from now on. */
static void hand_on(struct server *s, struct channel *ch)
{
	struct member *heir = s->ending ? NULL : channel_first(ch);
	struct line_out o = {.time = server_time(s)};
	struct delivery d;

	if (!heir || (heir->modes & MEMBER_FULL_OP))
		return;
	heir->modes |= MEMBER_OP;
	line_add_all(&o, ":", s->config->server.name, " MODE ", ch->name, " +o ",
		user_nick(heir->user), NULL);
	deliver_begin(&d, s, &o);
	deliver_channel(&d, ch, NULL);
}

void part_channel(struct server *s, struct channel *ch, struct user *u)
{
	const struct member *m = channel_member(ch, u);
	bool was_op = m && (m->modes & MEMBER_FULL_OP);

	history_scope_leave(s, ch, u);
	channel_part(ch, u);
	if (ch->count == 0)
		registry_drop_empty(s, ch);
	else if (was_op)
		hand_on(s, ch);
}
