/*
 * cmd_chat.c - `burble chat`: sets up configuration, log, store, network and server, and runs the
 * loop until SIGTERM or SIGINT. SIGHUP reloads the configuration.
 */
#include "cli/cli.h"

#include "chat/loop/accept.h"
#include "chat/loop/rehash.h"
#include "chat/proto/addr_text.h"
#include "chat/server.h"
#include "chat/store/store_null.h"
#include "chat/store/store_sqlite.h"
#include "cli/chat_admin.h"
#include "cli/chat_listen.h"
#include "cli/chat_net.h"
#include "cli/chat_print.h"
#include "cli/chat_proxy.h"
#include "cli/chat_skeleton.h"
#include "cli/chat_system.h"
#include "cli/chat_tls.h"
#include "cli/chat_web.h"
#include "cli/cloak_key.h"
#include "cli/metrics_door.h"
#include "external/external.h"
#include "host/control.h"
#include "host/control_path.h"
#include "host/net_burble.h"
#include "host/net_kernel.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SETTINGS_MAX = 256,
	SETTING_TEXT_MAX = 4096,
};

#define DEFAULT_NAME "chat" /* of the instance: --name */

#define MAIL_TIMEOUT (60 * NSEC_SEC) /* of one message */
#define PUSH_TIMEOUT (20 * NSEC_SEC) /* likewise */

#define STOP_PATIENCE (5 * NSEC_SEC) /* for clients to read their last line */

static const char usage[] =
	"usage: burble chat [--config FILE] [--listen ADDR:PORT]... [--listen-tls ADDR:PORT]...\n"
	"                   [--listen-web ADDR:PORT]... [--listen-web-tls ADDR:PORT]...\n"
	"                   [--data DIR] [--set KEY=VALUE]...\n"
	"                   [--name NAME]\n"
	"                   [--stack DEV --addr ADDRESS/BITS|dhcp... [--gw ADDRESS]...\n"
	"                   [--busy-poll USEC]]\n"
	"       burble chat --hash-password | --print-config | --help\n";

/* State that signal handlers access. */
static struct {
	volatile sig_atomic_t stop, rehash;
	struct net *net;
} signals;

/* Command line. */
struct chat_args {
	struct config_source from;
	const char *settings[SETTINGS_MAX];
	/* All --listen and so on, separated by blanks. */
	char listen[SETTING_TEXT_MAX], listen_tls[SETTING_TEXT_MAX];
	char listen_web[SETTING_TEXT_MAX], listen_web_tls[SETTING_TEXT_MAX];
	struct chat_net_args net;
	int (*instead)(void); /* run instead of the server; NULL: none */
};

struct chat_run {
	struct net *sockets; /* the kernel's or burble's */
	struct net *net;     /* the same, or around it those with proxies, TLS, WebSockets */
	struct chat_proxy proxy;
	struct chat_tls tls;
	struct chat_web web;
	struct log *log;
	struct store *store;
	struct external *external;
	struct skeletons *skeletons;
	struct server *server;
	const struct chat_args *args;
	struct burble *stack; /* NULL: the kernel's */
	struct chat_admin admin_parts;
	struct control_service admin; /* of the server, on its control socket */
	struct control *control;      /* NULL: none */
	struct metrics *metrics;      /* NULL: none */
};

static void on_signal(int number)
{
	int saved = errno;

	if (number == SIGHUP)
		signals.rehash = 1;
	else
		signals.stop = 1;
	signals.net->ops->wake(signals.net);
	errno = saved;
}

static void catch_signals(struct net *net)
{
	struct sigaction act = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	signals.net = net;
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* write() then fails with EFBIG */
}

static bool add_setting(struct chat_args *a, const char *text)
{
	if (a->from.setting_count == SETTINGS_MAX)
		return false;
	a->settings[a->from.setting_count++] = text;
	return true;
}

static bool add_listen(char list[SETTING_TEXT_MAX], const char **option, const char *at)
{
	size_t n = strlen(list);
	int put = snprintf(list + n, SETTING_TEXT_MAX - n, "%s%s", n ? " " : "", at);

	*option = list;
	return put >= 0 && n + (size_t)put < SETTING_TEXT_MAX;
}

static bool add_addr(struct chat_args *a, const char *text)
{
	if (a->net.addr_count == CHAT_ADDRS_MAX)
		return false;
	a->net.addrs[a->net.addr_count++] = text;
	return true;
}

static bool add_gateway(struct chat_args *a, const char *text)
{
	if (a->net.gateway_count == CHAT_GATEWAYS_MAX)
		return false;
	a->net.gateways[a->net.gateway_count++] = text;
	return true;
}

static int print_usage(void)
{
	fputs(usage, stdout);
	return EXIT_SUCCESS;
}

static bool take_option(struct chat_args *a, int option)
{
	switch (option) {
	case 'c': a->from.path = optarg; return true;
	case 'l': return add_listen(a->listen, &a->from.listen, optarg);
	case 't': return add_listen(a->listen_tls, &a->from.listen_tls, optarg);
	case 'w': return add_listen(a->listen_web, &a->from.listen_web, optarg);
	case 'e': return add_listen(a->listen_web_tls, &a->from.listen_web_tls, optarg);
	case 's': return add_setting(a, optarg);
	case 'p': a->instead = chat_print_config; return true;
	case 'h': a->instead = chat_print_hash; return true;
	case 'u': a->instead = print_usage; return true;
	case 'd': a->from.data = optarg; return true;
	case 'k': a->net.device = optarg; return true;
	case 'n': a->net.name = optarg; return true;
	case 'b': a->net.busy_poll = optarg; return true;
	case 'a': return add_addr(a, optarg);
	case 'g': return add_gateway(a, optarg);
	default: return false;
	}
}

static bool parse_args(struct chat_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
		{"listen", required_argument, NULL, 'l'},
		{"listen-tls", required_argument, NULL, 't'},
		{"listen-web", required_argument, NULL, 'w'},
		{"listen-web-tls", required_argument, NULL, 'e'},
		{"data", required_argument, NULL, 'd'}, {"set", required_argument, NULL, 's'},
		{"print-config", no_argument, NULL, 'p'}, {"hash-password", no_argument, NULL, 'h'},
		{"stack", required_argument, NULL, 'k'}, {"addr", required_argument, NULL, 'a'},
		{"name", required_argument, NULL, 'n'}, {"gw", required_argument, NULL, 'g'},
		{"busy-poll", required_argument, NULL, 'b'}, {"help", no_argument, NULL, 'u'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		good = take_option(a, option);
	a->from.settings = a->settings;
	a->from.stack = a->net.device != NULL;
	a->net.from = &a->from;
	if (good && optind < argc)
		fprintf(stderr, "burble chat: unexpected argument '%s'\n", argv[optind]);
	return good && optind == argc;
}

static void write_log(void *arg, const char *line, size_t len)
{
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nothing else to do */
}

static nsec_t log_wall(void *arg)
{
	struct net *net = arg;

	return net->ops->wall(net);
}

static struct log_options log_options_of(const struct config *c)
{
	return (struct log_options){
		.level = (enum log_level)c->log.level,
		.format = (enum log_format)c->log.format,
		.burst = (uint32_t)c->log.burst,
		.interval = c->log.interval,
	};
}

static void wake_loop(void *arg)
{
	struct net *net = arg;

	net->ops->wake(net);
}

/* The data directory, created if it is missing. False after a message on stderr. */
static bool make_directory(const char *path)
{
	struct stat st;
	int err = 0;

	if (!path[0])
		return true;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		err = errno;
	else if (stat(path, &st) < 0)
		err = errno;
	else if (!S_ISDIR(st.st_mode))
		err = ENOTDIR;
	else if (access(path, R_OK | W_OK | X_OK) < 0)
		err = errno;
	if (err)
		fprintf(stderr,
			"burble chat: cannot use the data directory %s: %s: choose another with "
			"--data or server.data\n",
			path, strerror(err));
	return err == 0;
}

/* Without a data directory nothing is stored. An unusable database is logged, not fatal: the server
 * then rejects what it cannot store. NULL if out of memory or threads. */
static struct store *open_store(struct chat_run *run, const struct config *c)
{
	char path[SETTING_TEXT_MAX];
	struct store_sqlite_options o = {
		.path = path,
		.history = c->history.enabled,
		.search = c->history.search,
		.queue_requests = (uint32_t)c->history.queue_messages,
		.queue_bytes = (size_t)c->history.queue_bytes,
		.retention = {c->history.max_age, c->history.events_max_age,
			(uint64_t)c->history.max_size},
		.wake = wake_loop,
		.wake_arg = run->net,
	};

	if (!c->server.data[0]) {
		LOG(run->log, WARN, "store.none", log_str("reason", "no data directory"),
			log_str("lost-at-the-end", "history, read markers, bans"));
		return store_null_open(wake_loop, run->net);
	}
	snprintf(path, sizeof(path), "%s/burble.db", c->server.data);
	return store_sqlite_open(&o);
}

/* Mail, and logins decided outside. NULL if out of memory or threads. */
static struct external *open_external(struct chat_run *run, const struct config *c)
{
	const struct config_accounts *a = &c->accounts;
	char key_file[SETTING_TEXT_MAX] = "";
	struct external_options o = {
		.mail_url = a->mail_url,
		.mail_command = a->mail_command,
		.mail_from = a->mail_from,
		.mail_tls = a->mail_tls,
		.mail_ca = a->mail_ca,
		.mail_user = a->mail_user,
		.mail_password_file = a->mail_password_file,
		.mail_timeout = MAIL_TIMEOUT,
		.check_url = a->check_url,
		.check_command = a->check_command,
		.check_timeout = a->check_timeout,
		.oauth_keys = a->oauth_keys,
		.oauth_algorithms = a->oauth_algorithms,
		.oauth_introspect = a->oauth_introspect,
		.oauth_client = a->oauth_client,
		.oauth_client_secret_file = a->oauth_client_secret_file,
		.oauth_issuer = a->oauth_issuer,
		.oauth_audience = a->oauth_audience,
		.oauth_claim = a->oauth_claim,
		.push_key_file = key_file,
		.push_contact = c->push.contact,
		.push_inside = c->push.inside,
		.push_timeout = PUSH_TIMEOUT,
		.zones = {c->dnsbl.refuse, c->dnsbl.account, c->dnsbl.warn},
		.zone_servers = c->dnsbl.servers,
		.zone_timeout = c->dnsbl.timeout,
		.wake = wake_loop,
		.wake_arg = run->net,
	};

	if (config_pushes(c))
		snprintf(key_file, sizeof(key_file), "%s/vapid.key", c->server.data);
	return external_new(&o);
}

/* SIGHUP and REHASH: rereads the file and settings used at startup, and the certificates. */
static bool rehash(void *arg, struct config_error *e)
{
	struct chat_run *run = arg;
	struct config *fresh = config_load(&run->args->from, e);
	struct log_options o;

	signals.rehash = 0;
	if (!fresh || !chat_tls_load(&run->tls, fresh, e)) {
		LOG(run->log, ERROR, "rehash.refused", log_str("error", e->text));
		config_free(fresh);
		return false;
	}
	chat_system_notify("RELOADING=1");
	server_rehash(run->server, fresh, e);
	o = log_options_of(run->server->config);
	log_configure(run->log, &o);
	chat_system_notify("READY=1");
	return true;
}

/* How long a turn may wait for events. */
static nsec_t patience(const struct chat_run *run, nsec_t give_up)
{
	nsec_t due = run->metrics ? metrics_due(run->metrics) : NSEC_MAX, now;

	if (run->server->stopping && give_up < due)
		due = give_up;
	if (due == NSEC_MAX)
		return NSEC_MAX;
	now = run->net->ops->now(run->net);
	return due > now ? due - now : 0;
}

/* After a stop signal, runs until all clients have their last line, or STOP_PATIENCE is over. */
static void serve(struct chat_run *run)
{
	struct server *s = run->server;
	nsec_t give_up = NSEC_MAX;
	struct config_error e;

	while (!server_stopped(s) && s->now < give_up) {
		server_turn(s, patience(run, give_up));
		if (run->control)
			control_turn(run->control);
		if (run->metrics)
			metrics_turn(run->metrics);
		chat_files_turn(&run->web.files);
		if (signals.rehash)
			rehash(run, &e);
		if (signals.stop && !s->stopping) {
			chat_system_notify("STOPPING=1");
			LOG(run->log, INFO, "stopping", log_int("connections", s->conn_count));
			server_stop(s, "Server is shutting down");
			give_up = s->now + STOP_PATIENCE;
		}
	}
	if (s->conn_count)
		LOG(run->log, WARN, "stopping.cut", log_int("connections", s->conn_count));
}

/* Makes the loop wake up when a descriptor is readable. */
static int watch(struct chat_run *run, int fd)
{
	return run->stack ? net_burble_watch(run->sockets, fd) : net_kernel_watch(run->sockets, fd);
}

/* The control socket. Without one the server is only harder to look into, so that it runs; but a
 * name that was asked for must be had. */
static bool open_control(struct chat_run *run)
{
	const char *name = run->args->net.name ? run->args->net.name : DEFAULT_NAME;
	char why[CONTROL_WHY_MAX];

	run->admin_parts = (struct chat_admin){run->server, &run->web.files};
	run->admin = chat_admin(&run->admin_parts);
	run->control = control_open(&(struct control_parts){name, run->stack, &run->admin}, why);
	if (run->control && watch(run, control_fd(run->control)) == 0) {
		LOG(run->log, INFO, "control", log_str("at", control_socket(run->control)));
		return true;
	}
	if (run->args->net.name) {
		fprintf(stderr, "burble chat: cannot use --name %s: %s\n", name, why);
		return false;
	}
	LOG(run->log, WARN, "control.none", log_str("reason", why),
		log_str("lost", "burble admin, ss, netstat, nstat, sysctl for this server"));
	return true;
}

/* The metrics, if metrics.listen wants any. */
static bool open_metrics(struct chat_run *run)
{
	struct metrics_source source = {run->server, run->web.net, run->stack};
	char why[METRICS_WHY_MAX];
	int err;

	if (!run->server->config->metrics.listen[0])
		return true;
	run->metrics = metrics_open(&source, why);
	if (!run->metrics) {
		fprintf(stderr, "burble chat: metrics.listen: %s\n", why);
		return false;
	}
	err = watch(run, metrics_fd(run->metrics));
	if (err)
		fprintf(stderr, "burble chat: metrics.listen: %s\n", strerror(-err));
	return !err;
}

/* Without a directory there is another key at each start. */
static void load_cloak_key(struct chat_run *run, const struct config *c, struct siphash_key *key,
	struct server_parts *p)
{
	char why[CLOAK_KEY_WHY_MAX];

	if (!c->server.data[0])
		return;
	if (!cloak_key_load(key, c->server.data, why))
		LOG(run->log, ERROR, "cloak.key", log_str("error", why),
			log_str("lost", "bans of cloaks, at the next start"));
	p->cloak_key = key;
}

static int run_chat(struct chat_run *run, struct config *config)
{
	struct log_options o = log_options_of(config);
	struct log_world world = {write_log, log_wall, run->net};
	struct server_parts parts = {.net = run->net, .config = config, .hash_thread = true};
	struct siphash_key cloak_key;
	struct config_error e;

	if (getrandom(&parts.seed, sizeof(parts.seed), 0) != sizeof(parts.seed))
		parts.seed = (uint64_t)run->net->ops->wall(run->net);
	run->log = run->proxy.log = run->tls.log = run->web.log = parts.log = log_new(&o, &world);
	run->store = parts.store = open_store(run, config);
	run->external = parts.external = open_external(run, config);
	run->skeletons = parts.skeletons = chat_skeletons_new(run->log);
	chat_system_check(config, run->log, !run->args->net.device);
	load_cloak_key(run, config, &cloak_key, &parts);
	run->web.server = run->server = server_new(&parts);
	if (!run->server || !run->log || !run->store || !run->external) {
		fputs("burble chat: out of memory\n", stderr);
		return 1;
	}
	if (run->store->seen.health == STORE_IN_USE) {
		fprintf(stderr, "burble chat: another server is using %s: choose another --data\n",
			config->server.data);
		return 1;
	}
	if (!chat_tls_load(&run->tls, config, &e)) {
		fprintf(stderr, "burble chat: %s\n", e.text);
		return 1;
	}
	if (!chat_files_open(&run->web.files, config, run->net))
		return 1;
	chat_files_serve(&run->web.files, run->server, run->web.net);
	if (!open_metrics(run) || !chat_listen(run->server, run->stack) || !open_control(run))
		return 1;
	run->server->reload = rehash;
	run->server->reload_arg = run;
	run->server->config_file = run->args->from.path;
	if (run->web.net)
		chat_listen_tell(run->server);
	catch_signals(run->net);
	chat_system_notify("READY=1");
	serve(run);
	return 0;
}

/* Around the sockets first proxies' headers, then TLS, then what is inside of it. */
static bool wrap_net(struct chat_run *run, const struct config *c)
{
	if (!chat_proxy_open(&run->proxy, run->net, c))
		return false;
	if (run->proxy.net)
		run->net = run->proxy.net;
	if (!chat_tls_open(&run->tls, run->net, c))
		return false;
	if (run->tls.net)
		run->net = run->tls.net;
	if (!chat_web_open(&run->web, run->net, c))
		return false;
	if (run->web.net)
		run->net = run->web.net;
	return true;
}

int cmd_chat(int argc, char **argv)
{
	struct chat_args a = {0};
	struct chat_run run = {.args = &a};
	struct config_error e;
	struct config *config;
	struct chat_net net;
	int status;

	if (!parse_args(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.instead)
		return a.instead();
	config = config_load(&a.from, &e);
	if (!config) {
		fprintf(stderr, "burble chat: %s\n", e.text);
		return strncmp(e.text, "--", 2) == 0 ? EXIT_USAGE : 1;
	}
	if (!chat_net_settle(&a.net, config)) {
		config_free(config);
		return EXIT_USAGE;
	}
	if (!make_directory(config->server.data) || !chat_net_open(&net, &a.net, config)) {
		config_free(config);
		return 1;
	}
	run.net = run.sockets = net.net;
	run.stack = net.stack;
	if (!wrap_net(&run, config)) {
		config_free(config);
		chat_web_close(&run.web);
		chat_tls_close(&run.tls);
		chat_proxy_close(&run.proxy);
		chat_net_close(&net);
		return 1;
	}
	status = run_chat(&run, config);
	metrics_close(run.metrics);
	control_close(run.control);
	if (run.server)
		server_free(run.server);
	external_free(run.external);
	chat_files_close(&run.web.files);
	chat_skeletons_free(run.skeletons);
	store_close(run.store);
	log_free(run.log);
	chat_web_close(&run.web);
	chat_tls_close(&run.tls);
	chat_proxy_close(&run.proxy);
	chat_net_close(&net);
	return status;
}
