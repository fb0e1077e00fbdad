/* chat_program.c - the chat server as a program of a host: chat_program.h. */
#include "lab/chat/chat_program.h"

#include "burble/blocking.h"
#include "chat/history/store_health.h"
#include "chat/loop/accept.h"
#include "chat/out/conn_table.h"
#include "chat/proto/addr_text.h"
#include "chat/server.h"
#include "chat/store/store_sqlite.h"
#include "lab/chat/disk_vfs.h"
#include "lab/world/need.h"
#include "net/net_instance.h"

#include <errno.h>
#include <poll.h>

enum {
	PATH_BYTES = 1024,
};

#define STOP_PATIENCE (5 * NSEC_SEC) /* for clients to read their last line */

struct chat_program {
	struct node node;
	struct host *host;
	const double *clock; /* the host's, at the start of the world, in seconds since 1970 */
	struct net_instance net;
	struct server *server; /* NULL: not running */
	struct store *store;
	struct log *log;
	struct disk *disk; /* the host's */
	struct disk_vfs *vfs;
	struct chat_options options; /* of this run of the program; settings are NULL */
	nsec_t commit_at;            /* when the disk completes its commit; NSEC_MAX: idle */
	nsec_t give_up;              /* when stopping */
	struct burble_call call;     /* waits for the epoll set */
	struct pollfd poll;
	bool frozen;
	struct prng prng; /* seeds of its runs */
};

/* --- time ------------------------------------------------------------------------------------- */

static struct chat_program *of(struct net_instance *i)
{
	return container_of(i, struct chat_program, net);
}

static nsec_t world_now(struct net_instance *i)
{
	return of(i)->node.world->now;
}

static nsec_t world_wall(struct net_instance *i)
{
	return (nsec_t)(*of(i)->clock * 1e9) + of(i)->node.world->now - WORLD_START;
}

/* Time is advanced by the world. */
static bool no_sleep(struct net_instance *i, nsec_t until)
{
	return false;
}

static void wake(struct net_instance *i)
{
	node_due(&of(i)->node, of(i)->node.world->now);
}

static const struct net_clock world_clock = {world_now, world_wall, no_sleep, wake};

/* --- the log ---------------------------------------------------------------------------------- */

/* A log line is recorded as a note of the host, without its time: the record has that. */
static void write_log(void *arg, const char *line, size_t len)
{
	struct chat_program *p = arg;
	const char *event = memmem(line, len, "event=", 6);
	char text[256];

	if (!event)
		return;
	event += 6;
	snprintf(text, sizeof(text), "chat: %.*s", (int)(line + len - event - 1), event);
	node_record(host_node(p->host), (struct trace_event){.kind = TRACE_NOTE, .text = text});
}

static nsec_t log_wall(void *arg)
{
	struct chat_program *p = arg;

	return world_wall(&p->net);
}

static struct log *new_log(struct chat_program *p, const struct config *c)
{
	struct log_options o = {.level = (enum log_level)c->log.level,
		.burst = (uint32_t)c->log.burst,
		.interval = c->log.interval};
	struct log_world w = {write_log, log_wall, p};

	return p->node.world->trace ? need(log_new(&o, &w)) : NULL;
}

/* --- a turn ----------------------------------------------------------------------------------- */

static void become_ready(struct burble_call *c)
{
	struct chat_program *p = container_of(c, struct chat_program, call);

	node_due(&p->node, p->node.world->now);
}

/* Schedules the next turn. */
static void plan(struct chat_program *p)
{
	nsec_t now = p->node.world->now;

	if (p->commit_at == NSEC_MAX && store_sqlite_has_work(p->store))
		p->commit_at = now + p->options.commit;
	node_due(&p->node, p->commit_at);
	node_due(&p->node, p->give_up);
	node_due(&p->node, server_due(p->server));
	p->call = burble_call_start();
	p->call.wake = become_ready;
	p->poll = (struct pollfd){p->net.epoll, POLLIN, 0};
	if (burble_poll_call(p->net.b, &p->poll, 1, &p->call) != -BURBLE_BLOCKED)
		node_due(&p->node, now);
}

static void end(struct chat_program *p)
{
	server_free(p->server);
	store_close(p->store);
	log_free(p->log);
	net_instance_close(&p->net);
	p->server = NULL;
	p->store = NULL;
	p->log = NULL;
	p->commit_at = p->give_up = NSEC_MAX;
}

static void run(struct node *n)
{
	struct chat_program *p = container_of(n, struct chat_program, node);
	nsec_t now = n->world->now;

	if (!p->server || p->frozen)
		return;
	burble_interrupt(&p->call);
	if (p->commit_at <= now) {
		p->commit_at = NSEC_MAX;
		store_sqlite_work(p->store);
	}
	server_turn(p->server, 0);
	if (server_stopped(p->server) || p->give_up <= now)
		end(p);
	else
		plan(p);
	host_wake(p->host);
}

static void forward(struct node *n, int port, struct packet *packet)
{
	packet_drop(n, packet, "no host");
}

/* Its disk is freed by chat_program_free(). */
static void free_node(struct node *n)
{
	free(container_of(n, struct chat_program, node));
}

static const struct node_ops program_ops = {forward, run, free_node};

struct chat_program *chat_program_new(struct host *h, const double *clock)
{
	struct chat_program *p = need(calloc(1, sizeof(*p)));
	struct world *w = host_node(h)->world;

	p->node.ops = &program_ops;
	p->host = h;
	p->clock = clock;
	p->commit_at = p->give_up = NSEC_MAX;
	world_add(w, &p->node, "chat", false);
	node_prng(&p->node, &p->prng);
	p->disk = disk_new(0);
	p->vfs = need(disk_vfs_new(p->disk, prng_u64(&p->prng)));
	return p;
}

/* --- start and end ---------------------------------------------------------------------------- */

static bool failed(char *error, const char *what)
{
	snprintf(error, CHAT_ERROR_MAX, "%s", what);
	return false;
}

/* Settings that read or create files of this system are not allowed in scenarios. */
static bool names_a_file(const char *setting)
{
	return strncmp(setting, "server.motd=", 12) == 0 ||
	       strncmp(setting, "server.data=", 12) == 0;
}

/* Loads the configuration; history is on, since there is a disk. */
static struct config *load(const struct chat_options *o, char *error)
{
	struct config_source from = {
		.settings = o->settings, .setting_count = o->count, .data = "disk"};
	struct config_error e;
	struct config *c;
	bool cloaks = false;

	for (size_t i = 0; i < o->count; i++) {
		cloaks |= strncmp(o->settings[i], "cloak.", 6) == 0;
		if (!names_a_file(o->settings[i]))
			continue;
		snprintf(error, CHAT_ERROR_MAX, "%.11s is a file, which a scenario has not",
			o->settings[i]);
		return NULL;
	}
	c = config_load(&from, &e);
	if (!c) /* errors of a command line say "--set KEY=VALUE: why" */
		snprintf(error, CHAT_ERROR_MAX, "%s",
			strncmp(e.text, "--set ", 6) == 0 ? e.text + 6 : e.text);
	else if (!cloaks)
		c->cloak.enabled = false; /* a scenario shows addresses */
	return c;
}

/* DIR/HOST.db. A host's name is the scenario's: characters other than letters, digits and '-'
 * become '_'. */
static void path_of(const struct chat_program *p, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/", p->options.directory);
	char *at = path + n;

	snprintf(at, size - (size_t)n, "%s", host_node(p->host)->name);
	for (; *at; at++)
		if (!(*at >= 'a' && *at <= 'z') && !(*at >= 'A' && *at <= 'Z') &&
			!(*at >= '0' && *at <= '9') && *at != '-')
			*at = '_';
	snprintf(at, size - (size_t)(at - path), ".db");
}

static struct store *open_store(struct chat_program *p, const struct config *c)
{
	char path[PATH_BYTES] = "chat.db";
	struct store_sqlite_options o = {
		.path = path,
		.vfs = p->options.directory ? NULL : disk_vfs_name(p->vfs),
		.no_thread = true,
		.history = c->history.enabled,
		.search = c->history.search,
		.queue_requests = (uint32_t)c->history.queue_messages,
		.queue_bytes = (size_t)c->history.queue_bytes,
		.retention = store_health_retention(c),
	};

	if (p->options.directory)
		path_of(p, path, sizeof(path));
	disk_resize(p->disk, p->options.disk);
	return need(store_sqlite_open(&o));
}

static bool listen_all(struct chat_program *p, char *error)
{
	char where[CONFIG_WORD_MAX];

	for (const char *c = p->server->config->server.listen; config_word(&c, where);) {
		struct net_addr at;
		int err = addr_parse(&at, where) ? server_listen(p->server, &at) : -EINVAL;

		if (err >= 0)
			continue;
		snprintf(error, CHAT_ERROR_MAX, "chat cannot listen on %s: %s", where,
			strerror(-err));
		return false;
	}
	return true;
}

bool chat_program_start(struct chat_program *p, const struct chat_options *o, char *error)
{
	struct server_parts parts = {.net = &p->net.net, .seed = prng_u64(&p->prng)};
	struct burble *b = host_instance(p->host);

	if (p->server)
		return failed(error, "a chat server runs on this host already");
	if (!b)
		return failed(error, "this host is off");
	parts.config = load(o, error);
	if (!parts.config)
		return false;
	p->options = *o;
	p->options.settings = NULL;
	if (net_instance_open(&p->net, b, &world_clock) < 0) {
		config_free(parts.config);
		return failed(error, "no descriptor is left for its epoll set");
	}
	parts.log = p->log = new_log(p, parts.config);
	parts.store = p->store = open_store(p, parts.config);
	p->server = need(server_new(&parts));
	if (!listen_all(p, error)) {
		end(p);
		return false;
	}
	node_due(&p->node, p->node.world->now);
	return true;
}

bool chat_program_runs(const struct chat_program *p)
{
	return p->server != NULL;
}

void chat_program_stop(struct chat_program *p)
{
	if (!p->server || p->server->stopping)
		return;
	server_stop(p->server, "Server is shutting down");
	p->give_up = p->node.world->now + STOP_PATIENCE;
	node_due(&p->node, p->node.world->now);
}

void chat_program_kill(struct chat_program *p)
{
	if (!p->server)
		return;
	burble_interrupt(&p->call);
	net_instance_cut(&p->net);
	store_sqlite_cut(p->store);
	end(p);
}

void chat_program_power_loss(struct chat_program *p)
{
	if (p)
		disk_power_loss(p->disk);
}

void chat_program_freeze(struct chat_program *p, bool frozen)
{
	if (!p)
		return;
	p->frozen = frozen;
	node_due(&p->node, p->node.world->now);
}

int64_t chat_program_counter(const struct chat_program *p, const char *name)
{
	for (int i = 0; p->server && i < SERVER_COUNTERS; i++)
		if (strcmp(server_counter_name((enum server_counter)i), name) == 0)
			return (int64_t)p->server->counters[i];
	return -1;
}

void chat_program_free(struct chat_program *p)
{
	if (!p)
		return;
	chat_program_kill(p);
	disk_vfs_free(p->vfs);
	disk_free(p->disk);
}
