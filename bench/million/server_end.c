/* server_end.c - see server_end.h. */
#include "million/server_end.h"

#include "chat/conn.h"
#include "chat/loop/accept.h"
#include "chat/model/channel.h"
#include "chat/model/registry.h"
#include "chat/server.h"
#include "chat/store/store_null.h"
#include "million/must.h"

#define ALL "#all"

static struct server_end *of(struct net_instance *i)
{
	return container_of(i, struct server_end, net);
}

static nsec_t world_now(struct net_instance *i)
{
	return of(i)->world.now(of(i)->world.ctx);
}

static nsec_t world_wall(struct net_instance *i)
{
	return world_now(i) + 1700000000 * NSEC_SEC;
}

static bool world_sleep(struct net_instance *i, nsec_t until)
{
	return of(i)->world.sleep(of(i)->world.ctx, until);
}

/* There is no thread but the server's own, which is awake. */
static void world_wake(struct net_instance *i)
{
}

static const struct net_clock world_clock = {world_now, world_wall, world_sleep, world_wake};

/* Defaults, but for the limits on how many may come from an address. */
static struct config *load_config(void)
{
	static const char *const settings[] = {"limits.clients=10000000", "limits.per_address=0",
		"limits.connect_rate=0", "limits.channels=100000", "limits.address_memory=1G",
		"log.level=error"};
	struct config_source from = {.settings = settings,
		.setting_count = ARRAY_SIZE(settings),
		.listen = "10.0.0.1:6667"};
	struct config_error e;
	struct config *c = config_load(&from, &e);

	must(c != NULL, e.text);
	return c;
}

static void nothing(void *arg)
{
}

void server_end_open(
	struct server_end *e, const struct server_world *w, struct ring *out, struct ring *in)
{
	struct net_addr at = {.family = 4, .port = SERVER_PORT, .ip = {10, 0, 0, 1}};
	struct server_parts parts = {.net = &e->net.net, .config = load_config(), .seed = 1};

	e->world = *w;
	e->wire.out = out;
	e->wire.in = in;
	e->wire.full = w->full;
	e->wire.flush = w->flush;
	e->wire.ctx = w->ctx;
	wire_open(&e->wire, SERVER_ADDR, w->now(w->ctx));
	must(net_instance_open(&e->net, e->wire.bs, &world_clock) == 0, "no epoll set");
	parts.store = e->store = store_null_open(nothing, NULL);
	e->server = server_new(&parts);
	must(e->store && e->server, "out of memory for the server");
	must(server_listen(e->server, &at) == 0, "cannot listen");
}

void server_end_turn(struct server_end *e, nsec_t max_wait)
{
	server_turn(e->server, max_wait);
}

nsec_t server_end_due(struct server_end *e)
{
	nsec_t stack = stack_next(e->wire.stack), chat = server_due(e->server);

	if (stack_dirty(e->wire.stack))
		return 0;
	return stack < chat ? stack : chat;
}

static void put_in(struct channel *ch, struct user *u, bool in)
{
	if (in)
		must(channel_join(ch, u, 0) != NULL, "out of memory for " ALL);
	else if (channel_member(ch, u))
		channel_part(ch, u);
}

void server_end_all(struct server_end *e, bool in)
{
	struct server *s = e->server;
	struct channel *ch = in ? registry_make_channel(s, ALL) : registry_channel(s, ALL);

	must(ch != NULL, "no " ALL);
	for (uint32_t i = 0; i < s->slots.count; i++)
		if (s->slots.at[i].conn && user_registered(s->slots.at[i].conn->user))
			put_in(ch, s->slots.at[i].conn->user, in);
	if (!in)
		registry_drop_empty(s, ch);
}

void server_end_close(struct server_end *e)
{
	e->wire.out = NULL; /* its last words go nowhere */
	e->wire.flush = NULL;
	server_free(e->server);
	store_close(e->store);
	net_instance_close(&e->net);
	wire_close(&e->wire);
}
