/* later.c - replies in a later turn. */
#include "chat/cmd/later.h"

#include "chat/out/conn_table.h"

#include <stdio.h>

void later_init(const struct request *q, struct later *l)
{
	l->server = q->server;
	l->tag = conn_tag(q->conn);
	if (q->label != l->label)
		snprintf(l->label, sizeof(l->label), "%s", q->label ? q->label : "");
}

void later_begin(struct request *q, struct later *l)
{
	later_init(q, l);
	q->conn->flags |= CONN_CHECKING;
	q->deferred = true;
}

static struct conn *asker(const struct later *l)
{
	struct conn *c = server_conn(l->server, l->tag);

	return c && !(c->flags & CONN_LEAVING) ? c : NULL;
}

bool later_wanted(const struct later *l)
{
	return asker(l) != NULL;
}

bool later_resume(struct later *l, struct request *q)
{
	struct conn *c = asker(l);

	if (!c)
		return false;
	l->none.command = "*";
	c->flags &= (uint16_t)~CONN_CHECKING;
	*q = (struct request){.server = l->server, .conn = c, .user = c->user, .msg = &l->none};
	q->label = l->label[0] ? l->label : NULL;
	reply_begin(q);
	return true;
}

void later_end(struct request *q)
{
	reply_end(q);
	server_ready(q->server, q->conn);
}
