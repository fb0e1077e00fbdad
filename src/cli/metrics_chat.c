/*
 * metrics_chat.c - metrics of the chat server. Each of its counters is a row of the table, as a
 * family of its own or as a reason within a family.
 */
#include "cli/metrics.h"

#include "chat/cluster.h"
#include "chat/proto/addr_text.h"
#include "chat/server.h"

#include <stdio.h>

/* Counters of one family follow each other; its help is that of the first. */
static const struct row {
	enum server_counter counter;
	const char *family, *reason, *help;
} rows[] = {
	{COUNT_ACCEPTED, "burble_chat_connections_accepted_total", NULL,
		"Connections accepted, with those that were then refused."},
	{COUNT_REFUSED_FULL, "burble_chat_connections_refused_total", "full",
		"Connections refused, by reason: limits.clients, per_address, connect_rate, a "
		"ban."},
	{COUNT_REFUSED_ADDRESS, "burble_chat_connections_refused_total", "address", NULL},
	{COUNT_REFUSED_RATE, "burble_chat_connections_refused_total", "rate", NULL},
	{COUNT_REFUSED_BAN, "burble_chat_connections_refused_total", "ban", NULL},
	{COUNT_SENDQ_EXCEEDED, "burble_chat_connections_cut_total", "sendq_exceeded",
		"Connections cut by the server, by reason."},
	{COUNT_PING_TIMEOUT, "burble_chat_connections_cut_total", "ping_timeout", NULL},
	{COUNT_REGISTRATION_TIMEOUT, "burble_chat_connections_cut_total", "registration_timeout",
		NULL},
	{COUNT_NOT_IRC, "burble_chat_connections_cut_total", "not_irc", NULL},
	{COUNT_PASSWORD_TRIES, "burble_chat_connections_cut_total", "password_tries", NULL},
	{COUNT_WEBIRC_REFUSED, "burble_chat_connections_cut_total", "webirc", NULL},
	{COUNT_NO_MEMORY, "burble_chat_no_memory_total", NULL,
		"Connections, lines and requests given up because memory was short."},
	{COUNT_ACCEPT_PAUSED, "burble_chat_accept_pauses_total", NULL,
		"Times that accepting paused: the system ran out of descriptors or memory."},
	{COUNT_LINES_IN, "burble_chat_lines_received_total", NULL, "Lines received and executed."},
	{COUNT_BYTES_IN, "burble_chat_received_bytes_total", NULL, "Bytes received from clients."},
	{COUNT_LINE_NUL, "burble_chat_lines_refused_total", "nul",
		"Lines received and refused, by reason."},
	{COUNT_LINE_TOO_LONG, "burble_chat_lines_refused_total", "too_long", NULL},
	{COUNT_LINE_NOT_UTF8, "burble_chat_lines_refused_total", "not_utf8", NULL},
	{COUNT_UNKNOWN_COMMAND, "burble_chat_lines_refused_total", "unknown_command", NULL},
	{COUNT_SLOWED, "burble_chat_flood_delays_total", NULL,
		"Times that the lines of a connection had to wait: limits.flood_rate."},
	{COUNT_MESSAGES, "burble_chat_messages_total", NULL,
		"PRIVMSG, NOTICE and TAGMSG accepted."},
	{COUNT_NOT_KEPT, "burble_chat_messages_refused_total", NULL,
		"Messages refused because the history cannot keep them."},
	{COUNT_MEMORY_REFUSED, "burble_chat_requests_refused_total", "memory",
		"Requests refused, by reason: memory of a user or address, a wrong password, "
		"limits.password_rate, accounts.register_rate, a nick that an account owns."},
	{COUNT_PASSWORD_WRONG, "burble_chat_requests_refused_total", "password_wrong", NULL},
	{COUNT_PASSWORD_REFUSED, "burble_chat_requests_refused_total", "password_rate", NULL},
	{COUNT_REGISTER_REFUSED, "burble_chat_requests_refused_total", "register_rate", NULL},
	{COUNT_NICK_RESERVED, "burble_chat_requests_refused_total", "nick_reserved", NULL},
	{COUNT_MAILS, "burble_chat_mails_total", NULL, "Mails sent to the owners of accounts."},
	{COUNT_MAIL_FAILED, "burble_chat_mail_failures_total", NULL,
		"Mails that could not be sent."},
	{COUNT_PUSHES, "burble_chat_pushes_total", NULL,
		"Messages to devices that their push services took."},
	{COUNT_PUSH_FAILED, "burble_chat_push_failures_total", "failed",
		"Messages to devices that were not sent: failed, or beyond a bound."},
	{COUNT_PUSH_DROPPED, "burble_chat_push_failures_total", "dropped", NULL},
	{COUNT_SILENCED, "burble_chat_messages_unheard_total", "silence",
		"Messages that did not arrive, by reason: SILENCE or mode g of the user, mode f of "
		"the channel."},
	{COUNT_CALLER_ID, "burble_chat_messages_unheard_total", "caller_id", NULL},
	{COUNT_CHANNEL_FLOOD, "burble_chat_messages_unheard_total", "flood", NULL},
	{COUNT_FILTER_WARNED, "burble_chat_filter_hits_total", "warn",
		"Texts that a filter matched, by its action; and matches given up because they "
		"took too many steps."},
	{COUNT_FILTER_BLOCKED, "burble_chat_filter_hits_total", "block", NULL},
	{COUNT_FILTER_KILLED, "burble_chat_filter_hits_total", "kill", NULL},
	{COUNT_FILTER_GIVEN_UP, "burble_chat_filter_hits_total", "given_up", NULL},
	{COUNT_DNSBL_REFUSED, "burble_chat_dnsbl_total", "refuse",
		"Addresses on DNS lists, by what followed; and those let in without an answer."},
	{COUNT_DNSBL_ACCOUNT, "burble_chat_dnsbl_total", "account", NULL},
	{COUNT_DNSBL_WARNED, "burble_chat_dnsbl_total", "warn", NULL},
	{COUNT_DNSBL_UNANSWERED, "burble_chat_dnsbl_total", "unanswered", NULL},
	{COUNT_LOGIN_CHECKS, "burble_chat_login_checks_total", NULL,
		"Logins decided by a program or server outside."},
	{COUNT_LOGIN_CHECK_FAILED, "burble_chat_login_check_failures_total", NULL,
		"Logins refused because none of them answered."},
	{COUNT_LOGINS, "burble_chat_logins_total", NULL, "Logins to accounts."},
	{COUNT_REGISTERED, "burble_chat_accounts_registered_total", NULL, "Accounts registered."},
	{COUNT_DELIVERIES, "burble_chat_deliveries_total", NULL,
		"Lines queued for one of the recipients of a message or event."},
	{COUNT_REPLIES, "burble_chat_replies_total", NULL,
		"Lines queued for one client: replies and PINGs."},
	{COUNT_BYTES_OUT, "burble_chat_sent_bytes_total", NULL,
		"Bytes of lines that the sockets have taken."},
	{COUNT_SENDS, "burble_chat_sends_total", NULL, "Gathered sends."},
	{COUNT_SENDS_BLOCKED, "burble_chat_sends_blocked_total", NULL,
		"Sends that a full socket did not take whole: the reader is slow."},
};

_Static_assert(ARRAY_SIZE(rows) == SERVER_COUNTERS, "each counter once");

static void counters(struct prom *p, const struct server *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (r->help)
			prom_family(p, r->family, PROM_COUNTER, r->help);
		prom_sample(p, r->reason ? "reason" : NULL, r->reason, s->counters[r->counter]);
	}
}

/* As in --listen. */
static void print_end(char *out, const struct net_addr *at)
{
	char text[ADDR_TEXT_MAX];

	addr_print(at, text);
	sprintf(out, at->family == 6 ? "[%s]:%u" : "%s:%u", text, at->port);
}

static void population(struct prom *p, const struct server *s)
{
	char at[ADDR_TEXT_MAX + sizeof("[]:65535")];

	prom_number(p, "burble_chat_users", PROM_GAUGE, "Registered users.", s->user_count);
	prom_number(p, "burble_chat_users_peak", PROM_GAUGE,
		"The most registered users at a time since the start.", s->user_peak);
	prom_number(p, "burble_chat_opers", PROM_GAUGE, "Users that are operators.", s->oper_count);
	prom_number(p, "burble_chat_channels", PROM_GAUGE, "Channels.", s->channels.count);
	prom_number(p, "burble_chat_connections_limit", PROM_GAUGE,
		"limits.clients: more connections are refused.",
		(uint64_t)s->config->limits.clients);
	prom_number(p, "burble_chat_accepting", PROM_GAUGE,
		"Whether connections are accepted: 0 while accepting pauses.", s->accepting);
	prom_family(p, "burble_chat_connections", PROM_GAUGE,
		"Connections, registered or not, by the address that they came to.");
	for (size_t i = 0; i < s->listener_count; i++) {
		print_end(at, &s->listeners[i].at);
		prom_sample(p, "listener", at, s->listeners[i].conns);
	}
}

static void history(struct prom *p, const struct store *st)
{
	prom_number(p, "burble_chat_history_usable", PROM_GAUGE,
		"Whether messages can be kept: 0 while the disk is full or the file unusable.",
		st->seen.health == STORE_OK);
	prom_number(p, "burble_chat_history_messages_total", PROM_COUNTER,
		"Messages written to the history.", st->seen.appended);
	prom_number(p, "burble_chat_history_expired_total", PROM_COUNTER,
		"Messages deleted because of history.max_age or max_size.", st->seen.expired);
	prom_number(p, "burble_chat_history_commits_total", PROM_COUNTER, "Commits of the history.",
		st->seen.commits);
	prom_number(p, "burble_chat_history_queries_total", PROM_COUNTER, "Queries of the history.",
		st->seen.queries);
	prom_number(p, "burble_chat_history_requests_refused_total", PROM_COUNTER,
		"Requests that the history refused: its queue was full, or memory short.",
		st->refused);
	prom_number(p, "burble_chat_history_queue_requests", PROM_GAUGE,
		"Requests that wait for the disk.", st->queued);
	prom_number(p, "burble_chat_history_queue_bytes", PROM_GAUGE,
		"Bytes of requests that wait for the disk.", st->queued_bytes);
	prom_histogram(p, "burble_chat_history_commit_seconds",
		"Time from the arrival of a message until it is on the disk.", &st->append_time);
}

static void cluster(struct prom *p, struct cluster *c)
{
	struct cluster_self self;
	struct cluster_node node;
	uint32_t nodes = 0;
	const char *name;
	uint64_t value;

	if (!c)
		return;
	c->ops->self(c, &self);
	for (uint32_t i = 0; c->ops->node(c, i, &node); i++)
		nodes += node.up;
	prom_number(p, "burble_cluster_engine_up", PROM_GAUGE,
		"Whether the engine of the cluster is there: 0, this node is on its own.",
		self.engine);
	prom_number(p, "burble_cluster_nodes", PROM_GAUGE, "Other nodes that are there.", nodes);
	prom_number(p, "burble_cluster_users", PROM_GAUGE, "Users of other nodes.", c->users);
	prom_family(p, "burble_cluster_events_total", PROM_COUNTER,
		"Messages and entries of the cluster, and what was refused or missed.");
	for (uint32_t i = 0; (name = c->ops->counter(c, i, &value)); i++)
		prom_sample(p, "event", name, value);
}

void metrics_chat(struct prom *p, const struct server *s)
{
	cluster(p, s->cluster);
	population(p, s);
	counters(p, s);
	prom_number(p, "burble_chat_sendq_bytes", PROM_GAUGE,
		"Bytes in the send queues of all connections.", s->queued);
	prom_histogram(p, "burble_chat_turn_seconds",
		"Time of a turn of the event loop, without the wait for events.", &s->turn_time);
	if (s->store)
		history(p, s->store);
}
