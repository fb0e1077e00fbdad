/*
 * cmd_chat.c - `burble chat`: sets up configuration, log, store, network and server, and runs the
 * loop until SIGTERM or SIGINT. SIGHUP reloads the configuration.
 */
#include "cli/cli.h"

#include "chat/cluster.h"
#include "chat/loop/rehash.h"
#include "chat/proto/addr_text.h"
#include "cli/chat_listen.h"
#include "cli/chat_open.h"
#include "cli/chat_print.h"
#include "cli/chat_skeleton.h"
#include "cli/chat_system.h"
#include "cli/chat_take_over.h"
#include "cli/metrics_door.h"
#include "external/external.h"
#include "host/control.h"
#include "host/net_kernel.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

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
	case 'o': a->take_over = optarg; return true;
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
		{"busy-poll", required_argument, NULL, 'b'},
		{"take-over", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'u'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		good = take_option(a, option);
	a->argc = argc;
	a->argv = argv;
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
	o = chat_log_options(run->server->config);
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
	if (run->upgrade.due < due)
		due = run->upgrade.due;
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
		chat_upgrade_turn(&run->upgrade);
		if (signals.rehash)
			rehash(run, &e);
		if (signals.stop && !s->stopping) {
			chat_system_notify("STOPPING=1");
			chat_upgrade_cancel(&run->upgrade);
			LOG(run->log, INFO, "stopping", log_int("connections", s->conn_count));
			server_stop(s, "Server is shutting down");
			give_up = s->now + STOP_PATIENCE;
		}
	}
	if (s->conn_count)
		LOG(run->log, WARN, "stopping.cut", log_int("connections", s->conn_count));
}

/* The parts that can be opened, and fail, while a server before this one still works. */
static bool open_first(struct chat_run *run, const struct config *c)
{
	struct log_options o = chat_log_options(c);
	struct log_world world = {write_log, log_wall, run->net};
	struct config_error e;

	run->log = run->proxy.log = run->tls.log = run->web.log = log_new(&o, &world);
	run->external = chat_open_external(run, c);
	run->skeletons = chat_skeletons_new(run->log);
	chat_system_check(c, run->log, !run->args->net.device);
	if (!run->log || !run->external) {
		fputs("burble chat: out of memory\n", stderr);
		return false;
	}
	if (!chat_tls_load(&run->tls, c, &e)) {
		fprintf(stderr, "burble chat: %s\n", e.text);
		return false;
	}
	if (!chat_bus_open(&run->bus, c, run->log, run->net)) {
		fputs("burble chat: out of memory\n", stderr);
		return false;
	}
	return true;
}

/* The server and its store. Takes ownership of config. */
static bool open_server(struct chat_run *run, struct config *config, const struct chat_take_over *t)
{
	struct server_parts parts = {.net = run->net,
		.config = config,
		.hash_thread = true,
		.log = run->log,
		.external = run->external,
		.skeletons = run->skeletons};
	struct siphash_key cloak_key;
	bool joined = true;

	if (getrandom(&parts.seed, sizeof(parts.seed), 0) != sizeof(parts.seed))
		parts.seed = (uint64_t)run->net->ops->wall(run->net);
	if (t) {
		parts.key = &t->key;
		parts.cloak_key = &t->cloak;
	}
	chat_load_cloak_key(run, config, &cloak_key, &parts);
	run->store = parts.store = chat_open_store(run, config);
	run->web.server = run->server = server_new(&parts);
	if (run->server && run->bus.bus)
		joined = cluster_start(run->server, run->bus.bus, (uint16_t)config->cluster.node);
	if (!run->server || !run->store || !joined) {
		fputs("burble chat: out of memory\n", stderr);
		return false;
	}
	if (run->store->seen.health == STORE_IN_USE) {
		fprintf(stderr, "burble chat: another server is using %s: choose another --data\n",
			config->server.data);
		return false;
	}
	return true;
}

/* The ways to reach the server, and its files. Signals first: who sees it listen may stop it. */
static bool open_doors(struct chat_run *run)
{
	struct server *s = run->server;

	catch_signals(run->net);
	if (!chat_files_open(&run->web.files, s->config, run->net))
		return false;
	chat_files_serve(&run->web.files, s, run->web.net);
	if (!chat_open_metrics(run) || !chat_listen(s, run->stack) || !chat_open_control(run))
		return false;
	s->reload = rehash;
	s->reload_arg = run;
	s->config_file = run->args->from.path;
	return true;
}

/* In the place of another process: from the moment that it has let go nothing is undone here, for
 * the connections are still its. */
static void take_over(struct chat_run *run, struct config *config)
{
	struct chat_take_over t = {0};

	if (run->stack || !chat_take_over_wait(&t, run->args->take_over, run->net))
		_exit(EXIT_FAILURE);
	if (!open_server(run, config, &t) || !open_doors(run))
		chat_take_over_fail(&t, "its parts cannot be opened: see the log");
	chat_take_over_finish(&t, run);
}

static int run_chat(struct chat_run *run, struct config *config)
{
	chat_upgrade_init(&run->upgrade, run);
	if (!open_first(run, config)) {
		config_free(config);
		return 1;
	}
	if (run->args->take_over)
		take_over(run, config);
	else if (!open_server(run, config, NULL) || !open_doors(run))
		return 1;
	if (run->web.net)
		chat_listen_tell(run->server);
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
	chat_bus_close(&run.bus);
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
