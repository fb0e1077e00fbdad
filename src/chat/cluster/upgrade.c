/*
 * upgrade.c - a node whose process changes (chat/handover): for the others it is the same start,
 * with the same log, which is silent for a moment.
 *
 *     old   settle, waits     nothing is half said
 *           beat              while it waits for the new process
 *           resume            if that has failed
 *     new   handed.c          its own connection to the engine; it asks for what it missed
 */
#include "chat/cluster/upgrade.h"

#include "chat/cluster/handed.h"
#include "chat/cluster/nodes.h"
#include "chat/cluster/records.h"

static void upgrade_settle(struct cluster *c)
{
	struct network *n = network_of(c);

	n->compare.running = false; /* its page may still come: it is the last */
	network_turn(c);
}

static const char *upgrade_waits(struct cluster *c)
{
	struct network *n = network_of(c);

	network_end_turn(c);
	if (n->locks.count)
		return "a name is being registered in the network";
	return n->bus->ops->sent(n->bus) ? NULL : "messages to other servers are on their way";
}

static void upgrade_beat(struct cluster *c)
{
	struct network *n = network_of(c);
	struct server *s = n->server;

	s->now = s->net->ops->now(s->net);
	if (s->now >= n->beat_due)
		nodes_beat(n);
}

static void upgrade_resume(struct cluster *c)
{
	struct network *n = network_of(c);
	struct server *s = n->server;

	s->now = s->net->ops->now(s->net);
	records_watch(n);
	nodes_resume(n);
}

const struct cluster_upgrade upgrade_ops = {
	.settle = upgrade_settle,
	.waits = upgrade_waits,
	.beat = upgrade_beat,
	.resume = upgrade_resume,
	.write = handed_write,
	.read = handed_read,
	.account = handed_account,
	.adopt = handed_user,
};
