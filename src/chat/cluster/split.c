/* split.c - batches of netsplits and netjoins (IRCv3). */
#include "chat/cluster/split.h"

#include "chat/out/caps.h"
#include "chat/out/deliver.h"

#include <stdio.h>

void split_begin(struct network *n, struct split *b, const char *type, const struct node *o)
{
	*b = (struct split){.type = type, .mark = server_mark(n->server)};
	snprintf(b->names, sizeof(b->names), " %s %s", n->server->config->server.name, o->name);
	server_batch_ref(n->server, b->ref);
	n->cluster.batch = b->ref;
}

static void begin_for(struct network *n, struct split *b, struct conn *c)
{
	const char *own = n->server->config->server.name;
	struct line_out o = {.time = server_time(n->server)};

	if (!(c->caps & CAP_BATCH) || !VEC_PUSH(&b->told, c, CONNS_MAX))
		return;
	line_add_batch_begin(&o, own, strlen(own), b->ref, b->type);
	line_adds(&o, b->names);
	conn_line(n->server, c, &o);
}

void split_add_channel(struct network *n, struct split *b, const struct channel *ch)
{
	if (!n->cluster.batch)
		return;
	n->server->work += ch->count * (uint64_t)WORK_LOOK;
	for (uint32_t i = 0; i < ch->count; i++) {
		struct conn *first = ch->members[i].conn;

		if (!first || first->mark == b->mark)
			continue;
		first->mark = b->mark; /* it stands for its siblings */
		for (struct conn *c = first; c; c = c->sibling)
			begin_for(n, b, c);
	}
}

void split_add(struct network *n, struct split *b, const struct user *u)
{
	const struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(u, &i)))
		split_add_channel(n, b, ch);
}

void split_end(struct network *n, struct split *b)
{
	const char *own = n->server->config->server.name;

	if (!n->cluster.batch)
		return;
	n->cluster.batch = NULL;
	for (uint32_t i = 0; i < b->told.count; i++) {
		struct line_out o = {.time = server_time(n->server)};

		line_add_batch_end(&o, own, strlen(own), b->ref);
		if (!(b->told.at[i]->flags & CONN_LEAVING))
			conn_line(n->server, b->told.at[i], &o);
	}
	VEC_FREE(&b->told);
}
