/*
 * chat_open.h - opens the parts of `burble chat`; the reason of a failure goes to stderr, or to the
 * log once there is one.
 */
#ifndef CLI_CHAT_OPEN_H
#define CLI_CHAT_OPEN_H

#include "cli/chat_run.h"

/* The options of the log. */
struct log_options chat_log_options(const struct config *c);

/* Without a data directory nothing is stored. An unusable database is logged, not fatal: the server
 * then rejects what it cannot store. NULL if out of memory or threads. */
struct store *chat_open_store(struct chat_run *run, const struct config *c);

/* Mail, and logins decided outside. NULL if out of memory or threads. */
struct external *chat_open_external(struct chat_run *run, const struct config *c);

/* The control socket. Without one the server is only harder to look into, so that it runs; but a
 * name that was asked for must be had. */
bool chat_open_control(struct chat_run *run);

/* The metrics, if metrics.listen wants any. */
bool chat_open_metrics(struct chat_run *run);

/* The key of cloaks in the data directory. Without a directory there is another one at each start.
 */
void chat_load_cloak_key(struct chat_run *run, const struct config *c, struct siphash_key *key,
	struct server_parts *p);

/* Makes the loop wake up when a descriptor is readable. 0 or -errno. */
int chat_watch(struct chat_run *run, int fd);

#endif
