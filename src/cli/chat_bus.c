/* chat_bus.c - the settings of the engine: chat_bus.h. */
#include "cli/chat_bus.h"

#include <stdio.h>

static void wake_loop(void *arg)
{
	struct net *net = arg;

	net->ops->wake(net);
}

bool chat_bus_open(struct chat_bus *b, const struct config *c, struct log *log, struct net *net)
{
	struct bus_nats_options o = {
		.servers = c->cluster.engine,
		.network = b->network,
		.name = b->name,
		.user = c->cluster.user,
		.password_file = c->cluster.password_file,
		.creds = c->cluster.creds,
		.ca = c->cluster.ca,
		.wake = wake_loop,
		.wake_arg = net,
	};

	if (!config_has_cluster(c))
		return true;
	bus_token(b->network, c->server.network);
	snprintf(b->name, sizeof(b->name), "burble %.200s", c->server.name);
	b->bus = bus_nats_new(&o);
	if (b->bus)
		LOG(log, INFO, "cluster.engine", log_str("servers", c->cluster.engine),
			log_int("node", c->cluster.node), log_str("state", b->bus->why));
	return b->bus != NULL;
}

void chat_bus_close(struct chat_bus *b)
{
	if (b->bus)
		b->bus->ops->stop(b->bus);
	bus_nats_free(b->bus);
	b->bus = NULL;
}
