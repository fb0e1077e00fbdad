/* cluster_world.c - nodes, their clients, and the time: cluster_world.h. */
#include "chat/test/cluster_world.h"

#include "base/test/test.h"
#include "chat/cluster.h"
#include "chat/test/cluster_hear.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WORLD_BEGIN (1000000000 * NSEC_SEC) /* in 2001 */
#define STOP_TIME   (50 * NSEC_MSEC)

/* --- clients: output --- */

static void take_output(struct world *w, int i)
{
	struct fake_net *net = &w->node[world_node_of(w, i)].net;
	struct fake_conn *c;
	char *at, *end;

	if (w->client[i].conn < 0)
		return;
	c = &net->conns[w->client[i].conn];
	for (at = c->out; (end = strstr(at, "\r\n")); at = end + 2)
		world_hear(w, i, at, (size_t)(end - at));
	fake_forget(net, w->client[i].conn);
	if (!c->open)
		w->client[i].conn = -1;
	if (*w->client[i].answer)
		world_line(w, i, w->client[i].answer);
	*w->client[i].answer = '\0';
}

/* --- time --- */

static void node_wake(void *arg)
{
	((struct world_node *)arg)->woken = true;
}

static nsec_t node_due(const struct world_node *n)
{
	nsec_t due = server_due(n->server), store = store_model_due(n->net.store);

	return n->woken || n->net.woken ? 0 : store < due ? store : due;
}

static bool node_runs(const struct world_node *n)
{
	return n->server && !n->frozen;
}

static void node_turn(struct world *w, int i)
{
	struct world_node *n = &w->node[i];

	n->net.now = w->now;
	if (node_due(n) > w->now)
		return;
	n->woken = n->net.woken = false;
	server_turn(n->server, 0);
	for (int c = i; c < WORLD_CLIENTS; c += w->nodes)
		take_output(w, c);
}

static nsec_t next_time(const struct world *w, nsec_t end)
{
	nsec_t next = bus_model_due(w->engine);

	for (int i = 0; i < w->nodes; i++)
		if (node_runs(&w->node[i]))
			next = node_due(&w->node[i]) < next ? node_due(&w->node[i]) : next;
	if (next < w->now + NSEC_MSEC)
		next = w->now + NSEC_MSEC;
	return next < end ? next : end;
}

void world_pass(struct world *w, nsec_t time)
{
	nsec_t end = w->now + time;

	while (w->now < end) {
		w->now = next_time(w, end);
		bus_model_step(w->engine, w->now);
		for (int i = 0; i < w->nodes; i++)
			if (node_runs(&w->node[i]))
				node_turn(w, i);
	}
}

/* --- clients --- */

int world_node_of(const struct world *w, int client)
{
	return client % w->nodes;
}

void world_line(struct world *w, int client, const char *line)
{
	struct world_node *n = &w->node[world_node_of(w, client)];
	char text[600];

	if (w->client[client].conn < 0)
		return;
	snprintf(text, sizeof(text), "%s\r\n", line);
	fake_say(&n->net, w->client[client].conn, text);
	n->woken = true;
}

void world_connect(struct world *w, int client, const char *nick)
{
	struct world_node *n = &w->node[world_node_of(w, client)];
	char line[200];

	if (w->client[client].conn >= 0 || !node_runs(n) || n->net.opened == FAKE_CONNS)
		return;
	w->client[client] = (struct world_client){.conn = fake_connect(&n->net)};
	n->woken = true;
	world_pass(w, 2 * NSEC_MSEC);
	snprintf(line, sizeof(line),
		"CAP REQ :echo-message message-tags batch%s\r\nCAP END\r\nNICK %s\r\nUSER u%d 0 * "
		":client %d",
		w->all ? " draft/multiline draft/message-redaction draft/read-marker" : "", nick,
		client, client);
	world_line(w, client, line);
}

void world_hang_up(struct world *w, int client)
{
	struct world_node *n = &w->node[world_node_of(w, client)];

	if (w->client[client].conn < 0 || !node_runs(n))
		return;
	n->net.conns[w->client[client].conn].eof = true;
	n->net.conns[w->client[client].conn].ready |= NET_IN;
	n->woken = true;
	world_pass(w, 2 * NSEC_MSEC);
}

static uint32_t all_wipes(const struct world *w)
{
	uint32_t sum = 0;

	for (int i = 0; i < w->nodes; i++)
		sum += w->node[i].wipes;
	return sum;
}

/* The next text, of a client that is there; NULL if there is none. */
static struct world_text *next_text(struct world *w, int client, const char *target)
{
	struct world_text *t = &w->text[w->texts];

	if (w->client[client].conn < 0 || w->texts == WORLD_TEXTS)
		return NULL;
	*t = (struct world_text){.client = client,
		.wipes = w->node[world_node_of(w, client)].wipes,
		.all_wipes = all_wipes(w),
		.redactor = -1};
	snprintf(t->target, sizeof(t->target), "%s", target);
	w->texts++;
	return t;
}

void world_say(struct world *w, int client, const char *target)
{
	struct world_text *t = next_text(w, client, target);
	char line[100];

	if (!t)
		return;
	snprintf(line, sizeof(line), "PRIVMSG %s :m%u", target, (unsigned)(t - w->text));
	world_line(w, client, line);
}

void world_say_lines(struct world *w, int client, const char *target)
{
	struct world_text *t = next_text(w, client, target);
	char line[WORLD_LINE];

	if (!t)
		return;
	snprintf(line, sizeof(line),
		"BATCH +1 draft/multiline %s\r\n@batch=1 PRIVMSG %s :m%u\r\n"
		"@batch=1 PRIVMSG %s :and more\r\nBATCH -1",
		target, target, (unsigned)(t - w->text), target);
	world_line(w, client, line);
}

void world_redact(struct world *w, int client, uint32_t number)
{
	struct world_text *t = w->texts ? &w->text[number % w->texts] : NULL;
	char line[WORLD_LINE];

	if (!t || !*t->msgid || t->redactor >= 0)
		return;
	if (number % 4)
		client = t->client;
	if (w->client[client].conn < 0)
		return;
	t->redactor = client;
	snprintf(line, sizeof(line), "REDACT %s %s", t->target, t->msgid);
	world_line(w, client, line);
}

void world_drop(struct world *w, int client, const char *name)
{
	char line[WORLD_LINE];

	for (uint32_t i = 0; i < w->accounts; i++)
		if (strcmp(w->account[i].name, name) == 0)
			w->account[i].dropped = true;
	snprintf(line, sizeof(line), "NS DROP %s", name);
	world_line(w, client, line);
}

void world_read(struct world *w, int client, const char *target, nsec_t ago)
{
	const struct world_node *n = &w->node[world_node_of(w, client)];
	time_t at = (time_t)((w->now + n->clock_step - ago) / NSEC_SEC);
	struct world_marker *m = &w->marker[w->markers];
	char line[WORLD_LINE], stamp[32], key[sizeof(m->key)];
	struct tm tm;

	if (w->client[client].conn < 0 || w->markers == WORLD_MARKERS)
		return;
	w->markers++;
	*m = (struct world_marker){.client = client};
	snprintf(key, sizeof(key), "%s %s", w->client[client].nick, target);
	memcpy(m->key, key, sizeof(key));
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S.000Z", gmtime_r(&at, &tm));
	snprintf(line, sizeof(line), "MARKREAD %s timestamp=%s", target, stamp);
	world_line(w, client, line);
}

/* --- nodes --- */

/* Tells the engine who reaches whom. */
static void set_engine(struct world *w)
{
	uint64_t side = 0;

	for (int i = 0; i < w->nodes; i++) {
		const struct world_node *n = &w->node[i];

		if (w->side & 1u << i)
			side |= 1ull << n->bus_number;
		bus_model_connect(w->engine, n->bus_number, !w->engine_gone && !n->engine_away);
	}
	bus_model_cut(w->engine, side);
}

void world_open(struct world *w, int node)
{
	struct world_node *n = &w->node[node];
	char name[64];
	const char *settings[] = {name, "limits.flood_burst=1000", "net.ping_interval=24h",
		"history.events=yes", "history.on_join=0",
		w->quorum ? "cluster.quorum=yes" : "cluster.quorum=no", "accounts.hash_memory=8k",
		"accounts.hash_passes=1", "accounts.register_rate=0",
		w->all ? "server.data=/nowhere" : NULL, NULL};

	snprintf(name, sizeof(name), "server.name=n%d.example", node + 1);
	n->net.store = store_model_open(&n->disk, WORLD_COMMIT);
	n->net.store->now = w->now;
	n->server = fake_server_on(&n->net, settings);
	prng_seed(&n->server->prng, w->seed ^ (uint64_t)w->now ^ (uint64_t)node);
	n->bus = bus_model_join(w->engine, node_wake, n);
	n->bus_number = w->buses++;
	assert_true(cluster_start(n->server, n->bus, (uint16_t)(node + 1)));
	set_engine(w);
	n->woken = true;
}

void world_start(struct world *w, int node)
{
	struct world_node *n = &w->node[node];

	if (n->server)
		return;
	memset(&n->net, 0, sizeof(n->net));
	n->net.now = w->now;
	n->net.clock_step = n->clock_step;
	n->frozen = false;
	world_open(w, node);
}

/* The last message of its own that a node has committed. */
static uint64_t last_kept(const struct world *w, int node)
{
	const struct disk *d = &w->node[node].disk;
	uint64_t last = 0;

	for (uint32_t i = 0; i < d->messages.count; i++) {
		uint64_t id = d->messages.at[i].id;

		if ((int)(id & ((1u << MSGID_NODE_BITS) - 1)) == node + 1 && id > last)
			last = id;
	}
	return last;
}

static void lose(struct world *w, int node, struct world_ids ids)
{
	assert_true(VEC_PUSH(&w->node[node].lost, ids, WORLD_LOST));
}

/* A node loses what its users have deleted and read: what was receipted only if its disk is lost.
 * Others may have got it, and do not give it to each other. */
static void lose_changes(struct world *w, int node, bool disk)
{
	for (uint32_t i = 0; i < w->texts; i++) {
		struct world_text *t = &w->text[i];

		if (t->redactor >= 0 && world_node_of(w, t->redactor) == node &&
			(disk || !t->redacted))
			t->loose = true;
	}
	for (uint32_t i = 0; i < w->markers; i++) {
		struct world_marker *m = &w->marker[i];

		if (world_node_of(w, m->client) == node && (disk || !m->receipted))
			m->loose = true;
	}
}

/* The end of a node, and of its clients. */
static void end_node(struct world *w, int node)
{
	struct world_node *n = &w->node[node];

	fake_end(&n->net, n->server);
	store_close(n->net.store);
	n->server = NULL;
	n->net.store = NULL;
	for (int i = node; i < WORLD_CLIENTS; i += w->nodes)
		w->client[i].conn = -1;
}

void world_kill(struct world *w, int node)
{
	struct world_node *n = &w->node[node];

	if (!n->server)
		return;
	bus_model_connect(w->engine, n->bus_number, false);
	store_model_kill(n->net.store);
	lose(w, node, (struct world_ids){last_kept(w, node), n->server->ids.last});
	lose_changes(w, node, false);
	end_node(w, node);
}

void world_stop(struct world *w, int node)
{
	if (!w->node[node].server || w->node[node].frozen)
		return;
	server_stop(w->node[node].server, "Restart");
	w->node[node].woken = true;
	world_pass(w, STOP_TIME);
	end_node(w, node);
}

void world_wipe(struct world *w, int node)
{
	if (w->node[node].server)
		return;
	lose(w, node, (struct world_ids){0, last_kept(w, node)});
	lose_changes(w, node, true);
	disk_clear(&w->node[node].disk);
	w->node[node].wipes++;
}

void world_freeze(struct world *w, int node, bool frozen)
{
	w->node[node].frozen = frozen;
	w->node[node].woken = true;
}

void world_engine(struct world *w, int node, bool there)
{
	if (node < 0)
		w->engine_gone = !there;
	else
		w->node[node].engine_away = !there;
	set_engine(w);
}

void world_lose_engine(struct world *w)
{
	bus_model_lose(w->engine);
	w->lost = true;
}

void world_lose_messages(struct world *w, uint32_t per_thousand)
{
	bus_model_loss(w->engine, per_thousand);
	w->lossy |= per_thousand > 0;
}

void world_cut(struct world *w, uint32_t side)
{
	w->side = side;
	set_engine(w);
}

void world_clock(struct world *w, int node, nsec_t step)
{
	w->node[node].clock_step = WORLD_BEGIN + step;
	w->node[node].net.clock_step = w->node[node].clock_step;
}

void world_heal(struct world *w)
{
	w->side = 0;
	w->engine_gone = false;
	bus_model_loss(w->engine, 0);
	bus_model_elect(w->engine, 0);
	for (int i = 0; i < w->nodes; i++) {
		w->node[i].engine_away = false;
		world_freeze(w, i, false);
		world_start(w, i);
	}
	set_engine(w);
}

/* --- the world --- */

struct world *world_new(uint64_t seed, int nodes, bool all)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	assert(nodes <= WORLD_NODES);
	w->seed = seed;
	w->all = all;
	w->quorum = all && seed % 2;
	w->nodes = nodes;
	w->now = 1000 * NSEC_SEC;
	w->engine = bus_model_new(&(struct bus_model_options){.seed = seed,
		.delay_min = NSEC_MSEC,
		.delay_max = 3 * NSEC_MSEC,
		.patience = 2 * NSEC_SEC});
	for (int i = 0; i < WORLD_CLIENTS; i++)
		w->client[i].conn = -1;
	for (int i = 0; i < nodes; i++) {
		world_clock(w, i, 0);
		world_start(w, i);
	}
	world_pass(w, 2 * NSEC_SEC);
	return w;
}

void world_free(struct world *w)
{
	for (int i = 0; i < w->nodes; i++) {
		if (w->node[i].server)
			end_node(w, i);
		disk_clear(&w->node[i].disk);
		VEC_FREE(&w->node[i].lost);
	}
	bus_model_free(w->engine);
	free(w);
}
