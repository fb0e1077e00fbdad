/*
 * metrics_door.h - metrics of a running server for Prometheus: the pages of docs/metrics.md, behind
 * an HTTP server on the kernel's sockets, so that it answers even if burble's stack does not.
 *
 *     struct metrics *m = metrics_open(&source, why);
 *     ... the loop also waits until metrics_fd(m) is readable, at most until metrics_due(m), and
 *     calls metrics_turn(m) ...
 *     metrics_close(m);
 */
#ifndef CLI_METRICS_DOOR_H
#define CLI_METRICS_DOOR_H

#include "chat/server.h"

struct burble;
struct metrics;

enum {
	METRICS_WHY_MAX = 400, /* bytes of an error message, with the NUL */
};

/* The server and the parts of it that a page describes. All borrowed. */
struct metrics_source {
	const struct server *server;
	const struct net *web; /* of web/ws_net.h; NULL: no listener for browsers */
	struct burble *stack;  /* NULL: the server is on the kernel's */
};

/* Listens at the addresses of metrics.listen, at least one. NULL after writing the reason to why,
 * which has METRICS_WHY_MAX bytes. */
struct metrics *metrics_open(const struct metrics_source *source, char *why);

/* Readable when metrics_turn() has something to do. */
int metrics_fd(const struct metrics *m);

/* When the next turn is due without that, a time of the monotonic clock; NSEC_MAX: never. */
nsec_t metrics_due(const struct metrics *m);

/* Accepts, reads requests, answers some. */
void metrics_turn(struct metrics *m);

/* Closes everything and frees m, which may be NULL. */
void metrics_close(struct metrics *m);

#endif
