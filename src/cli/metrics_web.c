/*
 * metrics_web.c - metrics of the listeners for browsers: requests, WebSockets, refusals by reason.
 */
#include "cli/metrics.h"

#include "web/ws_net.h"

#include <stdio.h>

static const char *const reasons[WS_COUNTS] = {
	[WS_PROTOCOL_ERROR] = "protocol_error",
	[WS_NOT_UTF8] = "not_utf8",
	[WS_TOO_BIG] = "too_big",
	[WS_NO_MEMORY] = "no_memory",
	[WS_OTHER_ORIGIN] = "other_origin",
	[WS_BAD_HANDSHAKE] = "bad_handshake",
	[WS_QUEUE_FULL] = "queue_full",
};

static void answers(struct prom *p, const struct http_counts *c)
{
	char status[8];

	prom_family(p, "burble_web_answers_total", PROM_COUNTER,
		"Answers of the listeners for browsers, by status.");
	for (int i = 0; i < HTTP_STATUSES; i++) {
		snprintf(status, sizeof(status), "%u", http_statuses[i]);
		prom_sample(p, "status", status, c->answers[i]);
	}
}

void metrics_web(struct prom *p, const struct net *n)
{
	const struct http_counts *c = ws_net_http(n);

	prom_number(p, "burble_web_connections", PROM_GAUGE,
		"Connections of browsers that are not WebSockets.", c->conns);
	prom_number(p, "burble_web_connections_accepted_total", PROM_COUNTER,
		"Connections accepted by the listeners for browsers.", c->accepted);
	prom_family(p, "burble_web_connections_cut_total", PROM_COUNTER,
		"Connections of browsers cut before they were WebSockets, by reason.");
	prom_sample(p, "reason", "gave_way", c->evicted);
	prom_sample(p, "reason", "slow_reader", c->slow_readers);
	prom_number(p, "burble_web_accept_pauses_total", PROM_COUNTER,
		"Times that the listeners for browsers could not accept.", c->accept_pauses);
	answers(p, c);
	prom_number(p, "burble_websockets_total", PROM_COUNTER,
		"Connections that became WebSockets.", c->upgraded);
	prom_family(p, "burble_websockets_ended_total", PROM_COUNTER,
		"WebSockets refused or cut, by reason.");
	for (enum ws_count i = WS_PROTOCOL_ERROR; i < WS_COUNTS; i++)
		prom_sample(p, "reason", reasons[i], ws_net_count(n, i));
}
