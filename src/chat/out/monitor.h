/*
 * monitor.h - MONITOR (IRCv3): which clients watch which nicks. A watch exists while a client
 * is interested:
 *
 *     server.watches  { nick -> watch }     watch.links  <-> link <-> link      (who watches it)
 *     conn.watches    -> link -> link                                           (what it watches)
 *     server.watch_links { (conn, watch) -> link }                              (whether it does)
 */
#ifndef CHAT_OUT_MONITOR_H
#define CHAT_OUT_MONITOR_H

#include "chat/server.h"

/* One client's watch on one nick. */
struct watch_link {
	struct list of_watch;
	struct hash_node by_both; /* in server.watch_links */
	struct watch_link *next;  /* the next of the same client */
	struct watch_link **at;   /* the pointer to this one */
	struct watch *watch;
	struct conn *conn;
};

struct watch {
	struct hash_node node; /* in server.watches */
	struct list links;
	char nick[];
};

enum watch_result {
	WATCH_DONE,
	WATCH_THERE, /* already watched, or not watched */
	WATCH_FULL,  /* limits.monitor reached, or out of memory */
};

/* Adds a watch of c, which has a user, on a nick. */
enum watch_result monitor_add(struct server *s, struct conn *c, const char *nick);

/* Removes a watch of c. */
enum watch_result monitor_remove(struct server *s, struct conn *c, const char *nick);

/* Removes all watches of c. */
void monitor_clear(struct server *s, struct conn *c);

/* Sends 730 to the watchers of u's nick. */
void monitor_online(struct server *s, const struct user *u);

/* Sends 731 to them. */
void monitor_offline(struct server *s, const struct user *u);

/* Calls each(arg, conn) for the watchers of u's nick; it must not add or remove watches. */
void monitor_each(
	struct server *s, const struct user *u, void (*each)(void *arg, struct conn *c), void *arg);

/* Sends a line about u to the watchers that have all of caps (extended-monitor) and did not get it
 * in a common channel. Call right after deliver_peers(). */
void monitor_tell(
	struct server *s, const struct user *u, const struct line_out *line, uint32_t caps);

#endif
