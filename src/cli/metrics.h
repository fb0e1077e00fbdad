/*
 * metrics.h - the parts of a page of metrics. Each costs the same for one connection as for a
 * million: numbers that are kept anyway, no walk through a table.
 */
#ifndef CLI_METRICS_H
#define CLI_METRICS_H

#include "observe/prometheus.h"

struct burble;
struct http_counts;
struct net;
struct server;

/* The chat server: users, lines, queues, history, refusals. */
void metrics_chat(struct prom *p, const struct server *s);

/* TLS and proxies, if n is a network of theirs. */
void metrics_tls(struct prom *p, struct net *n);

/* The listeners for browsers, if n is the network of web/ws_net.h. */
void metrics_web(struct prom *p, const struct net *n);

/* The TCP/IP stack: sockets, memory, drops, every counter. */
void metrics_stack(struct prom *p, struct burble *b);

/* The process, and the HTTP server itself. */
void metrics_process(struct prom *p, const struct http_counts *c);

#endif
