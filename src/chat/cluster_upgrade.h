/*
 * cluster_upgrade.h - a node of a cluster whose process changes (handover/): for the other nodes it
 * is the same start, which is silent for a moment.
 *
 *     old   cluster_settle(), cluster_waits()   before the state is written
 *           write, account                      the node; the users of others
 *           cluster_beat()                      while it waits for the new process
 *           cluster_resume()                    if that has failed
 *     new   read, adopt                         the same
 */
#ifndef CHAT_CLUSTER_UPGRADE_H
#define CHAT_CLUSTER_UPGRADE_H

#include "chat/cluster.h"

#include "base/tlv.h"

/* A user of another node that was handed over. */
enum cluster_adopted {
	CLUSTER_ADOPTED,
	CLUSTER_NOT_KNOWN, /* its node is not, or its nick is another's */
	CLUSTER_NO_MEMORY,
};

struct cluster_upgrade {
	void (*settle)(struct cluster *c);
	const char *(*waits)(struct cluster *c);
	void (*beat)(struct cluster *c);
	void (*resume)(struct cluster *c);
	void (*write)(struct cluster *c, struct tlv_out *o);
	bool (*read)(struct cluster *c, struct tlv_in in);
	const char *(*account)(struct cluster *c, const struct user *u);
	enum cluster_adopted (*adopt)(
		struct cluster *c, struct user *u, const char *nick, const char *account);
};

/* Ends what goes on by itself, and takes what has come: before the store is drained. */
static inline void cluster_settle(struct server *s)
{
	if (s->cluster)
		s->cluster->ops->upgrade->settle(s->cluster);
}

/* Says to the others what is to be said; then returns what must end before the state is handed
 * over, or NULL. */
static inline const char *cluster_waits(struct server *s)
{
	return s->cluster ? s->cluster->ops->upgrade->waits(s->cluster) : NULL;
}

/* Tells the others that this node is there, if it is time to: while it runs no turns. */
static inline void cluster_beat(struct server *s)
{
	if (s->cluster)
		s->cluster->ops->upgrade->beat(s->cluster);
}

/* The turns go on after a pause, maybe with another store. */
static inline void cluster_resume(struct server *s)
{
	if (s->cluster)
		s->cluster->ops->upgrade->resume(s->cluster);
}

#endif
