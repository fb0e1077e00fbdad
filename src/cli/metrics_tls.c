/*
 * metrics_tls.c - metrics of what wraps the network: handshakes of TLS and the connections that it
 * refused or cut, by reason; connections of proxies.
 */
#include "cli/metrics.h"

#include "chat/net.h"
#include "tls/tls_count.h"

/* As in metrics_chat.c: a family of its own, or a reason within the family before. */
static const struct row {
	const char *family, *reason, *help;
} rows[TLS_COUNTS] = {
	[TLS_OPENED] = {"burble_tls_handshakes_total", NULL, "Handshakes of TLS completed."},
	[TLS_RESUMED] = {"burble_tls_handshakes_resumed_total", NULL,
		"Handshakes completed with a ticket of an earlier connection."},
	[TLS_PARKED] = {"burble_tls_handshakes_delayed_total", NULL,
		"Connections that waited because tls.handshakes others were in progress."},
	[TLS_PLAIN_TEXT] = {"burble_tls_connections_ended_total", "plain_text",
		"Connections that TLS refused or cut, by reason, or that ended without "
		"close_notify."},
	[TLS_VERSION] = {.reason = "version"},
	[TLS_CIPHER] = {.reason = "cipher"},
	[TLS_ALPN] = {.reason = "alpn"},
	[TLS_ALERTED] = {.reason = "alerted"},
	[TLS_CLOSED] = {.reason = "closed"},
	[TLS_TIMEOUT] = {.reason = "timeout"},
	[TLS_TOO_LARGE] = {.reason = "too_large"},
	[TLS_BAD_HANDSHAKE] = {.reason = "bad_handshake"},
	[TLS_NO_MEMORY] = {.reason = "no_memory"},
	[TLS_RENEGOTIATION] = {.reason = "renegotiation"},
	[TLS_KEY_UPDATES] = {.reason = "key_updates"},
	[TLS_BAD_RECORD] = {.reason = "bad_record"},
	[TLS_TRUNCATED] = {.reason = "truncated"},
};

/* The row of a counter of that name; NULL: it is not of TLS. */
static const struct row *row_of(const char *name)
{
	for (size_t i = 0; i < TLS_COUNTS; i++)
		if (strcmp(tls_count_name((enum tls_count)i), name) == 0)
			return &rows[i];
	return NULL;
}

/* Counters of proxies' connections (proxy/proxy_net.c) begin with this. */
#define PROXY "proxy-"

static void proxy(struct prom *p, const char *result, uint64_t value, bool first)
{
	if (first)
		prom_family(p, "burble_proxy_connections_total", PROM_COUNTER,
			"Connections of proxies (proxy.from), by what became of their header.");
	prom_sample(p, "result", result, value);
}

void metrics_tls(struct prom *p, struct net *n)
{
	const char *name;
	uint64_t value;
	bool first = true;

	for (unsigned i = 0; n->ops->counter && n->ops->counter(n, i, &name, &value); i++) {
		const struct row *r = row_of(name);

		if (!r && strncmp(name, PROXY, strlen(PROXY)) == 0) {
			proxy(p, name + strlen(PROXY), value, first);
			first = false;
		}
		if (!r)
			continue;
		if (r->family)
			prom_family(p, r->family, PROM_COUNTER, r->help);
		prom_sample(p, r->reason ? "reason" : NULL, r->reason, value);
	}
}
