/* dnsbl.c - a registration and the DNS lists. */
#include "chat/cmd/dnsbl.h"

#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/later.h"
#include "chat/external.h"
#include "chat/model/conn_limit.h"
#include "chat/out/oper_notice.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>
#include <stdlib.h>

struct waiting {
	struct later later;
};

static void tell_operators(struct request *q, const char *zone, const char *address)
{
	char text[LINE_BODY_MAX];

	snprintf(text, sizeof(text), "DNSBL: %s (%s) is listed in %.128s", user_mask(q->user),
		address, zone);
	oper_notice(q->server, OPER_BAN, text);
}

static void cut(struct request *q, const char *zone)
{
	char why[EXTERNAL_WHY_MAX];

	snprintf(why, sizeof(why), "Your address is listed in %.128s", zone);
	conn_cut(q->server, q->conn, COUNT_DNSBL_REFUSED, why);
}

static void demand_account(struct request *q, const char *zone)
{
	if (q->user->account)
		return;
	server_count(q->server, COUNT_DNSBL_ACCOUNT);
	reply_note(q, &(struct reply_note){"FAIL", "*", "ACCOUNT_REQUIRED_TO_CONNECT", NULL,
			      "Your address is on a list: log in to an account by SASL to "
			      "connect"});
	conn_leave(q->server, q->conn, "An account is required");
}

static void act(struct request *q, const char *zone)
{
	const struct config_dnsbl *c = &q->server->config->dnsbl;
	char address[ADDR_TEXT_MAX];

	addr_print(&q->conn->peer, address);
	LOG(q->server->log, INFO, "dnsbl.listed", log_str("zone", zone),
		log_str("address", address));
	if (config_lists(c->refuse, zone)) {
		cut(q, zone);
	} else if (config_lists(c->account, zone)) {
		demand_account(q, zone);
	} else {
		server_count(q->server, COUNT_DNSBL_WARNED);
		tell_operators(q, zone, address);
	}
}

static void answered(void *arg, const struct external_reply *reply)
{
	struct waiting *w = arg;
	struct server *s = w->later.server;
	struct request q;

	if (!reply->ok) {
		server_count(s, COUNT_DNSBL_UNANSWERED);
		LOG(s->log, WARN, "dnsbl.unanswered", log_str("reason", reply->why));
	}
	if (later_resume(&w->later, &q)) {
		if (reply->right)
			act(&q, reply->account);
		registration_check(&q);
		later_end(&q);
	}
	free(w);
}

/* False if it cannot be asked for now. */
static bool ask(struct request *q)
{
	struct external *x = q->server->external;
	struct external_lookup lookup = {.six = q->conn->peer.family == 6};
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w)
		return false;
	memcpy(lookup.address, q->conn->peer.ip, sizeof(lookup.address));
	later_init(q, &w->later);
	if (!x->ops->lookup(x, &lookup, conn_limit_list_round(q->conn),
		    (struct external_then){answered, w})) {
		free(w);
		return false;
	}
	later_begin(q, &w->later);
	return true;
}

bool dnsbl_waits(struct request *q)
{
	const struct external *x = q->server->external;
	struct conn *c = q->conn;

	if (!x || !x->lookups || c->dnsbl_asked ||
		config_covers(q->server->config->dnsbl.exempt, &c->peer))
		return false;
	c->dnsbl_asked = true;
	if (ask(q))
		return true;
	server_count(q->server, COUNT_DNSBL_UNANSWERED);
	return false;
}
