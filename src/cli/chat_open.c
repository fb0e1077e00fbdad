/* chat_open.c - parts of the chat server are opened: chat_open.h. */
#include "cli/chat_open.h"

#include "chat/history/store_health.h"
#include "chat/store/store_null.h"
#include "chat/store/store_sqlite.h"
#include "cli/cloak_key.h"
#include "cli/metrics_door.h"
#include "external/external.h"
#include "host/control.h"
#include "host/control_path.h"
#include "host/net_burble.h"
#include "host/net_kernel.h"

#include <stdio.h>

#define DEFAULT_NAME "chat" /* of the instance: --name */

#define MAIL_TIMEOUT (60 * NSEC_SEC) /* of one message */
#define PUSH_TIMEOUT (20 * NSEC_SEC) /* likewise */

struct log_options chat_log_options(const struct config *c)
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

struct store *chat_open_store(struct chat_run *run, const struct config *c)
{
	char path[SETTING_TEXT_MAX];
	struct store_sqlite_options o = {
		.path = path,
		.history = c->history.enabled,
		.search = c->history.search,
		.queue_requests = (uint32_t)c->history.queue_messages,
		.queue_bytes = (size_t)c->history.queue_bytes,
		.retention = store_health_retention(c),
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

struct external *chat_open_external(struct chat_run *run, const struct config *c)
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

int chat_watch(struct chat_run *run, int fd)
{
	return run->stack ? net_burble_watch(run->sockets, fd) : net_kernel_watch(run->sockets, fd);
}

bool chat_open_control(struct chat_run *run)
{
	const char *name = run->args->net.name ? run->args->net.name : DEFAULT_NAME;
	char why[CONTROL_WHY_MAX];

	run->admin_parts = (struct chat_admin){run->server, &run->web.files, &run->upgrade};
	run->admin = chat_admin(&run->admin_parts);
	run->control = control_open(&(struct control_parts){name, run->stack, &run->admin}, why);
	if (run->control && chat_watch(run, control_fd(run->control)) == 0) {
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

bool chat_open_metrics(struct chat_run *run)
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
	err = chat_watch(run, metrics_fd(run->metrics));
	if (err)
		fprintf(stderr, "burble chat: metrics.listen: %s\n", strerror(-err));
	return !err;
}

void chat_load_cloak_key(struct chat_run *run, const struct config *c, struct siphash_key *key,
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
