/* admin_show.c - status: what the server is, has and has counted. */
#include "chat/admin/admin_command.h"
#include "chat/cluster.h"
#include "chat/out/conn_table.h"

/* Those of the server, and of its network. */
static void counters(const struct server *s, struct admin_text *out)
{
	struct net *n = s->net;
	const char *name;
	uint64_t value;

	json_open(out, "counters", '{');
	for (int c = 0; c < SERVER_COUNTERS; c++)
		json_number(
			out, server_counter_name((enum server_counter)c), (int64_t)s->counters[c]);
	for (unsigned i = 0; n->ops->counter && n->ops->counter(n, i, &name, &value); i++)
		json_number(out, name, (int64_t)value);
	json_close(out, '{');
}

static void storage(const struct store *st, struct admin_text *out)
{
	json_open(out, "store", '{');
	json_text(out, "health", store_status_name(st->seen.health));
	json_text(out, "detail", st->seen.detail[0] ? st->seen.detail : NULL);
	json_number(out, "waiting", (int64_t)st->queued);
	json_number(out, "written", (int64_t)st->seen.appended);
	json_number(out, "expired", (int64_t)st->seen.expired);
	json_number(out, "commits", (int64_t)st->seen.commits);
	json_number(out, "queries", (int64_t)st->seen.queries);
	json_number(out, "refused", (int64_t)st->refused);
	json_close(out, '{');
}

static bool status(struct admin *a, struct admin_text *out)
{
	const struct server *s = a->server;

	json_begin(out);
	json_text(out, "server", s->config->server.name);
	json_text(out, "network", s->config->server.network);
	json_text(out, "version", BURBLE_VERSION);
	json_number(out, "started", s->started / NSEC_SEC);
	json_number(out, "uptime", (s->now - s->began) / NSEC_SEC);
	json_number(out, "connections", s->conn_count);
	json_number(out, "users", s->user_count);
	json_number(out, "peak", s->user_peak);
	json_number(out, "opers", s->oper_count);
	json_number(out, "channels", s->channels.count);
	json_number(out, "accounts", s->accounts.names.count);
	json_number(out, "bans", s->bans.count);
	json_number(out, "sendq", (int64_t)s->queued);
	json_flag(out, "accepting", s->accepting);
	if (s->store)
		storage(s->store, out);
	counters(s, out);
	json_end(out);
	return false;
}

static const char *cluster_begin(struct admin *a)
{
	return a->server->cluster ? NULL : "this server is in no cluster";
}

static void nodes(const struct server *s, struct admin_text *out)
{
	struct cluster_node node;

	json_open(out, "nodes", '[');
	for (uint32_t i = 0; cluster_other(s, i, &node); i++) {
		json_open(out, NULL, '{');
		json_number(out, "node", node.number);
		json_text(out, "name", node.name);
		json_text(out, "state", node.state);
		json_number(out, "users", node.users);
		json_number(out, "behind", (int64_t)node.behind);
		json_number(out, "started", (int64_t)(node.begun / 1000000));
		json_close(out, '{');
	}
	json_close(out, '[');
}

static bool cluster(struct admin *a, struct admin_text *out)
{
	struct cluster *c = a->server->cluster;
	struct cluster_self self;
	const char *name;
	uint64_t value;

	json_begin(out);
	if (c) {
		c->ops->self(c, &self);
		json_number(out, "node", self.number);
		json_flag(out, "engine", self.engine);
		json_text(out, "detail", *self.why ? self.why : NULL);
		json_number(out, "users", a->server->user_count);
		json_number(out, "users elsewhere", c->users);
		nodes(a->server, out);
		json_open(out, "counters", '{');
		for (uint32_t i = 0; (name = c->ops->counter(c, i, &value)); i++)
			json_number(out, name, (int64_t)value);
		json_close(out, '{');
	}
	json_end(out);
	return false;
}

static const struct admin_command rows[] = {
	{"", "cluster", 0, 0, cluster_begin, NULL, cluster},
	{"", "status", 0, 0, NULL, NULL, status},
};

const struct admin_group admin_show = {rows, ARRAY_SIZE(rows)};
