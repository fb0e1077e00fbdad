/* metrics_door.c - the page of metrics behind an HTTP server: metrics_door.h. */
#include "cli/metrics_door.h"

#include "chat/proto/addr_text.h"
#include "cli/metrics.h"
#include "host/net_kernel.h"
#include "web/http_door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct metrics {
	struct metrics_source source;
	struct net *net;
	struct http_door *door;
};

static void page(struct metrics *m, struct http_answer *out)
{
	struct prom p = {0};

	metrics_process(&p, http_door_counts(m->door));
	metrics_chat(&p, m->source.server);
	metrics_tls(&p, m->source.server->net);
	if (m->source.web)
		metrics_web(&p, m->source.web);
	if (m->source.stack)
		metrics_stack(&p, m->source.stack);
	if (p.failed) {
		free(p.at);
		return;
	}
	out->status = 200;
	out->type = PROM_TYPE;
	out->body = p.at;
	out->len = p.len;
}

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	if (strcmp(ask->request->path, "/metrics") == 0)
		page(arg, out);
	else
		out->status = 404;
}

static bool listen_all(struct metrics *m, char *why)
{
	const struct server *s = m->source.server;
	char where[CONFIG_WORD_MAX];

	for (const char *p = s->config->metrics.listen; config_word(&p, where);) {
		struct net_addr at;
		int err = addr_parse(&at, where) ? http_door_listen(m->door, &at) : -EINVAL;

		if (err < 0) {
			snprintf(why, METRICS_WHY_MAX, "cannot listen on %s: %s", where,
				strerror(-err));
			return false;
		}
		LOG(s->log, INFO, "metrics", log_str("at", where));
		if (!addr_is_loopback(&at))
			LOG(s->log, WARN, "metrics.public", log_str("at", where),
				log_str("do", "let a firewall admit only the Prometheus server"));
	}
	return true;
}

struct metrics *metrics_open(const struct metrics_source *source, char *why)
{
	struct metrics *m = calloc(1, sizeof(*m));

	snprintf(why, METRICS_WHY_MAX, "out of memory or descriptors");
	if (!m)
		return NULL;
	m->source = *source;
	m->net = net_kernel_new();
	m->door = m->net ? http_door_new(m->net, &(struct http_site){.get = get, .arg = m}) : NULL;
	if (m->door && listen_all(m, why))
		return m;
	metrics_close(m);
	return NULL;
}

int metrics_fd(const struct metrics *m)
{
	return net_kernel_fd(m->net);
}

nsec_t metrics_due(const struct metrics *m)
{
	return http_door_due(m->door);
}

void metrics_turn(struct metrics *m)
{
	http_door_turn(m->door);
}

void metrics_close(struct metrics *m)
{
	if (!m)
		return;
	http_door_free(m->door);
	if (m->net)
		net_kernel_free(m->net);
	free(m);
}
