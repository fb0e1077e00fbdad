/*
 * cmd_webirc.c - WEBIRC: a gateway, such as a web client's, names the address of its user, before
 * anything else on the connection.
 *
 *     WEBIRC password gateway hostname address [:options]
 *
 * The gateway is one of [webirc NAME], by its network and its password or certificate. The host
 * name is not used: the server shows addresses. The option `secure` says that the user's connection
 * to the gateway is encrypted; it counts if the gateway's own one is, or does not leave the
 * machine.
 */
#include "chat/cmd/command.h"
#include "chat/cmd/login.h"
#include "chat/cmd/password_attempt.h"
#include "chat/history/ban_enforce.h"
#include "chat/model/conn_limit.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>

static void refuse(struct request *q, const char *why)
{
	char peer[ADDR_TEXT_MAX];

	addr_print(&q->conn->peer, peer);
	LOG(q->server->log, WARN, "webirc.refused", log_str("reason", why),
		log_str("address", peer));
	conn_cut(q->server, q->conn, COUNT_WEBIRC_REFUSED, why);
}

/* The gateway of the connection, by its address and, if required, its certificate. */
static const struct config_webirc *gateway_of(const struct request *q)
{
	const struct config *c = q->server->config;
	char own[LOGIN_FINGERPRINT_MAX];

	for (size_t i = 0; i < c->webircs.count; i++) {
		const struct config_webirc *w = &c->webircs.at[i];

		if (config_covers(w->from, &q->conn->peer) &&
			(!w->fingerprint[0] ||
				(login_fingerprint(q, own) && config_lists(w->fingerprint, own))))
			return w;
	}
	return NULL;
}

/* The connection is that of a user at another address from now on. Its limits are, too. */
static void become(struct request *q, const struct net_addr *addr, bool secure)
{
	struct server *s = q->server;
	struct conn *c = q->conn;
	bool private = (c->flags & CONN_SECURE) || addr_is_loopback(&c->peer);
	char text[CLOSING_LINE_MAX / 2];
	const char *why;

	conn_limit_leave(s, c);
	c->peer = *addr;
	c->gateway = true;
	c->flags = (uint16_t)(secure && private ? c->flags | CONN_SECURE : c->flags & ~CONN_SECURE);
	why = conn_limit_join(s, c);
	if (why)
		refuse(q, why);
	else if (ban_enforce_address(s, &c->peer, text))
		conn_cut(s, c, COUNT_REFUSED_BAN, text);
}

/* words: "address option option..." */
static void known(struct request *q, const char *words, bool right)
{
	struct net_addr addr;
	uint32_t bits;
	char address[CONFIG_WORD_MAX];
	const char *options = words;
	bool good = config_word(&options, address) && addr_parse_cidr(&addr, &bits, address) &&
		    !strchr(address, '/');

	if (!right)
		refuse(q, "Invalid WEBIRC password");
	else if (!good)
		refuse(q, "Invalid address in WEBIRC");
	else
		become(q, &addr, config_lists(options, "secure"));
}

static void cmd_webirc(struct request *q)
{
	const struct config_webirc *w = gateway_of(q);
	char words[LINE_BODY_MAX];

	if (q->user || q->conn->gateway) {
		refuse(q, "WEBIRC must come first");
		return;
	}
	if (!w) {
		refuse(q, "No gateway is known at this address");
		return;
	}
	snprintf(words, sizeof(words), "%s %s", q->msg->params[3], msg_param(q->msg, 4));
	if (w->password[0])
		password_attempt_begin(q, &(struct password_attempt){.stored = w->password,
						  .given = q->msg->params[0],
						  .name = words,
						  .end = known,
						  .refused = refuse});
	else
		known(q, words, true);
}

static const struct command rows[] = {
	{"WEBIRC", 4, COMMAND_EARLY, 1, cmd_webirc},
};

const struct command_group commands_webirc = {rows, ARRAY_SIZE(rows)};
