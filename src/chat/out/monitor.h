/*
 * monitor.h - who watches for which nick (IRCv3 MONITOR). A watch exists while somebody is
 * interested:
 *
 *     server.watches  { nick -> watch }     watch.links  <-> link <-> link      (who watches it)
 *     user.watches    -> link -> link                                           (what a user
 * watches)
 *     server.watch_links { (user, watch) -> link }                              (whether it does)
 */
#ifndef CHAT_OUT_MONITOR_H
#define CHAT_OUT_MONITOR_H

#include "chat/server.h"

/* One user's interest in one nick. */
struct watch_link {
	struct list of_watch;
	struct hash_node by_both; /* in server.watch_links */
	struct watch_link *next;  /* of the same user */
	struct watch_link **at;   /* what points to this one among them */
	struct watch *watch;
	struct user *user;
};

struct watch {
	struct hash_node node; /* in server.watches */
	struct list links;
	char nick[];
};

enum watch_result {
	WATCH_DONE,
	WATCH_THERE, /* watched already, or not watched */
	WATCH_FULL,  /* limits.monitor reached, or memory is out */
};

enum watch_result monitor_add(struct server *s, struct user *u, const char *nick);
enum watch_result monitor_remove(struct server *s, struct user *u, const char *nick);

/* u watches nothing any more. */
void monitor_clear(struct server *s, struct user *u);

/* Tells the watchers of u's nick that u is there (730), or is not any more (731). */
void monitor_online(struct server *s, const struct user *u);
void monitor_offline(struct server *s, const struct user *u);

/* Calls each(arg, conn) for those who watch u's nick; it adds and removes no watch. */
void monitor_each(
	struct server *s, const struct user *u, void (*each)(void *arg, struct conn *c), void *arg);

/*
 * extended-monitor: a line about u to the watchers who have all of caps and did not get it as
 * members of a common channel: call right after deliver_peers().
 */
void monitor_tell(
	struct server *s, const struct user *u, const struct line_out *line, uint32_t caps);

#endif
