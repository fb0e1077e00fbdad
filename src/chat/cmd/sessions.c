/*
 * sessions.c - the clients of an account, each with a number by which its owner can end it: the
 * slot of its connection, which stays while it is connected.
 */
#include "chat/cmd/sessions.h"

#include "chat/cmd/login.h"
#include "chat/cmd/nickserv.h"
#include "chat/proto/param.h"

#include <stdio.h>

/* Calls each() for every client of the caller's account; the sum of what it returns. */
static uint32_t each_client(struct service_call *c, int64_t number,
	uint32_t (*each)(struct service_call *c, struct conn *conn, int64_t number))
{
	const struct account *a = c->q->user->account;
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->sessions.count; i++)
		for (struct conn *conn = a->sessions.at[i]->conn; conn; conn = conn->sibling)
			n += each(c, conn, number);
	return n;
}

static uint32_t show(struct service_call *c, struct conn *conn, int64_t number)
{
	const struct server *s = c->q->server;
	const struct request other = {.server = c->q->server, .conn = conn, .user = conn->user};
	char host[HOST_BYTES_MAX], since[TIME_TEXT_MAX], print[LOGIN_FINGERPRINT_MAX];
	bool certificate = login_fingerprint(&other, print);

	conn_host(conn, host);
	time_text(since, (s->wall - (s->now - conn->opened)) / NSEC_MSEC);
	since[19] = '\0'; /* without the fraction */
	service_say(c->q, &nickserv, "%u: %s %s%s%s%s, since %s UTC%s%s", conn->slot + 1,
		user_nick(conn->user), host, conn->flags & CONN_SECURE ? " (TLS)" : "",
		certificate ? ", certificate " : "", certificate ? print : "", since,
		conn->away ? ", away" : "", conn == c->q->conn ? " (this one)" : "");
	return 1;
}

static uint32_t end(struct service_call *c, struct conn *conn, int64_t number)
{
	char why[CLOSING_LINE_MAX];

	if ((conn->flags & CONN_LEAVING) ||
		(number ? conn->slot + 1 != number : conn == c->q->conn))
		return 0;
	snprintf(why, sizeof(why), "Ended by %s", user_nick(c->q->user));
	conn_leave(c->q->server, conn, why);
	return 1;
}

void sessions_command(struct service_call *c)
{
	bool others = case_equal(c->word[2], "OTHERS");
	int64_t number = param_number(c->word[2], UINT32_MAX);
	uint32_t ended;

	if (c->count < 2) {
		each_client(c, 0, show);
		return;
	}
	if (!case_equal(c->word[1], "END") || (!others && number <= 0)) {
		service_say(c->q, &nickserv, "Usage: SESSIONS [END number|OTHERS]");
		return;
	}
	if (service_by_app(c))
		return;
	ended = each_client(c, others ? 0 : number, end);
	service_say(c->q, &nickserv, "Ended: %u.", ended);
}
