/* cluster_upgrade.c - a node of a world goes on as another server: cluster_upgrade.h. */
#include "chat/test/cluster_upgrade.h"

#include "base/test/test.h"
#include "chat/cluster_upgrade.h"
#include "chat/handover/handover.h"

#include <stdlib.h>

enum {
	TRIES = 10,
};

#define TRY_AGAIN (20 * NSEC_MSEC)

/* Whether nothing is half done. */
static bool settle(struct world *w, int node)
{
	const char *why = handover_settle(w->node[node].server);

	for (int i = 0; why && i < TRIES; i++) {
		world_pass(w, TRY_AGAIN);
		why = handover_settle(w->node[node].server);
	}
	return !why;
}

/* The process that ends: its connections are another's, and clients notice nothing. */
static void end_old(struct world *w, struct server *old)
{
	struct fake_net *dead = calloc(1, sizeof(*dead));

	assert_non_null(dead);
	dead->net.ops = old->net->ops;
	dead->now = w->now;
	for (int i = 0; i < FAKE_CONNS; i++)
		dead->conns[i] = (struct fake_conn){.open = true, .out = calloc(1, 1)};
	old->net = &dead->net;
	fake_end(dead, old);
	free(dead);
}

static void let_go(struct world_node *n)
{
	store_close(n->net.store);
	n->net.store = n->server->store = NULL;
}

static void go_on(struct world *w, int node, const struct handover *h)
{
	struct world_node *n = &w->node[node];
	struct server *old = n->server;
	uint32_t bus = n->bus_number;
	struct handover_in in;

	assert_null(handover_open(&in, h->bytes.at, h->bytes.len, h->handles.at, h->handles.count));
	world_open(w, node);
	handover_keys(&in, &n->server->key, &n->server->cloak_key);
	assert_null(handover_read(&in, n->server));
	bus_model_connect(w->engine, bus, false);
	end_old(w, old);
}

/* Nothing has come of it. */
static void take_back(struct world *w, struct world_node *n)
{
	n->net.store = store_model_open(&n->disk, WORLD_COMMIT);
	n->net.store->now = w->now;
	server_set_store(n->server, n->net.store);
	cluster_resume(n->server);
}

void world_upgrade(struct world *w, int node, bool fails)
{
	struct world_node *n = &w->node[node];
	struct handover h = {0};

	if (!n->server || n->frozen || !settle(w, node))
		return;
	assert_true(handover_write(&h, n->server));
	let_go(n);
	if (fails)
		take_back(w, n);
	else
		go_on(w, node, &h);
	handover_free(&h);
	n->woken = true;
}
