/*
 * metrics_tls.c - metrics of TLS: handshakes, and the connections that it refused or cut, by
 * reason.
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

void metrics_tls(struct prom *p, struct net *n)
{
	const char *name;
	uint64_t value;

	for (unsigned i = 0; n->ops->counter && n->ops->counter(n, i, &name, &value); i++) {
		const struct row *r = &rows[i];

		assert(i < TLS_COUNTS);
		if (r->family)
			prom_family(p, r->family, PROM_COUNTER, r->help);
		prom_sample(p, r->reason ? "reason" : NULL, r->reason, value);
	}
}
