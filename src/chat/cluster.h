/*
 * cluster.h - several servers that are one network. What happens to a local user is said here; the
 * cluster (cluster/) tells the other nodes, which do the same to their picture of that user: a
 * struct user with a node and without a connection.
 *
 *     command -> model, local members, history     as on one server
 *             -> cluster_*()                       nothing without a cluster: one test of a pointer
 *
 * A user is written by its own node only: what another node does to it (a kick, a rank) is an entry
 * like everything else, which all nodes apply; the functions below ignore what is done by users of
 * other nodes.
 */
#ifndef CHAT_CLUSTER_H
#define CHAT_CLUSTER_H

#include "chat/cluster_said.h"

struct bus;
struct cluster;
struct request;

/* Another node. */
struct cluster_node {
	uint16_t number;
	const char *name, *about, *state;
	bool up; /* its users are known */
	uint32_t users;
	uint64_t begun, behind; /* microseconds since 1970; messages that are missing here */
};

/* This node, and its engine. */
struct cluster_self {
	uint16_t number;
	bool engine;     /* is there */
	const char *why; /* not, or "" */
};

struct cluster_ops {
	void (*user)(struct cluster *c, const struct user *u);
	void (*quit)(struct cluster *c, const struct user *u, const char *why);
	void (*join)(struct cluster *c, const struct channel *ch, const struct user *u);
	void (*part)(
		struct cluster *c, const struct channel *ch, const struct user *u, const char *why);
	void (*kick)(struct cluster *c, const struct channel *ch, const struct user *by,
		const struct user *u, const char *why);
	void (*mode)(struct cluster *c, const struct cluster_mode *m);
	void (*topic)(struct cluster *c, const struct channel *ch, const struct user *by);
	void (*kill)(struct cluster *c, const struct user *u, const char *by, const char *why);
	void (*invite)(struct cluster *c, const struct channel *ch, const struct user *by,
		const struct user *u);
	void (*event)(struct cluster *c, const struct store_append *a);
	void (*message)(struct cluster *c, const struct cluster_message *m);
	void (*confirm)(struct cluster *c, uint64_t id, cluster_confirmed *done, void *arg);
	void (*redact)(struct cluster *c, const struct cluster_redaction *r);
	void (*marker)(struct cluster *c, const struct cluster_marker *m);
	void (*self)(struct cluster *c, struct cluster_self *out);
	bool (*node)(struct cluster *c, uint32_t i, struct cluster_node *out);
	const char *(*counter)(struct cluster *c, uint32_t i, uint64_t *value);
	const char *(*name)(struct cluster *c, uint16_t number);
	enum cluster_nick (*nick)(struct cluster *c, struct request *q, const char *nick);
	void (*nick_left)(struct cluster *c, struct user *u, const char *nick);
	void (*lock)(struct cluster *c, const char *name, cluster_locked done, void *arg);
	bool (*timer)(struct cluster *c, struct wheel_timer *t);
	void (*turn)(struct cluster *c);
	void (*flush)(struct cluster *c);
	void (*stop)(struct cluster *c);
	const struct cluster_upgrade *upgrade; /* cluster_upgrade.h */
};

/* The first member of a cluster. */
struct cluster {
	const struct cluster_ops *ops;
	const char *batch; /* of the netsplit or netjoin whose lines are being sent; NULL: none */
	uint32_t users;    /* of other nodes */
};

/* Joins s to the network of that name as a node of this number; false if out of memory. The bus is
 * the caller's, and must outlive s. */
bool cluster_start(struct server *s, struct bus *bus, uint16_t number);

/* Whether u is of another node. */
static inline bool user_remote(const struct user *u)
{
	return u->node != 0;
}

/* u was registered, or its nick, names, account, modes or away message have changed. */
static inline void cluster_user(struct server *s, const struct user *u)
{
	if (s->cluster && !user_remote(u) && user_registered(u))
		s->cluster->ops->user(s->cluster, u);
}

/* u quits. */
static inline void cluster_quit(struct server *s, const struct user *u, const char *why)
{
	if (s->cluster && !user_remote(u))
		s->cluster->ops->quit(s->cluster, u, why);
}

/* u has joined ch. */
static inline void cluster_join(struct server *s, const struct channel *ch, const struct user *u)
{
	if (s->cluster && !user_remote(u))
		s->cluster->ops->join(s->cluster, ch, u);
}

/* u leaves ch. */
static inline void cluster_part(
	struct server *s, const struct channel *ch, const struct user *u, const char *why)
{
	if (s->cluster && !user_remote(u))
		s->cluster->ops->part(s->cluster, ch, u, why);
}

/* `by` (NULL: the server) removes u, of any node, from ch. */
static inline void cluster_kick(struct server *s, const struct channel *ch, const struct user *by,
	const struct user *u, const char *why)
{
	if (s->cluster)
		s->cluster->ops->kick(s->cluster, ch, by, u, why);
}

/* Modes of a channel have changed. */
static inline void cluster_mode(struct server *s, const struct cluster_mode *m)
{
	if (s->cluster && !(m->by && user_remote(m->by)))
		s->cluster->ops->mode(s->cluster, m);
}

/* `by` has set the topic of ch. */
static inline void cluster_topic(struct server *s, const struct channel *ch, const struct user *by)
{
	if (s->cluster && !user_remote(by))
		s->cluster->ops->topic(s->cluster, ch, by);
}

/* u, of another node, is to be ended there. False: it is local. */
static inline bool cluster_kill(
	struct server *s, const struct user *u, const char *by, const char *why)
{
	if (!user_remote(u))
		return false;
	s->cluster->ops->kill(s->cluster, u, by, why);
	return true;
}

/* `by` invites u, of another node, to ch. */
static inline void cluster_invite(
	struct server *s, const struct channel *ch, const struct user *by, const struct user *u)
{
	if (s->cluster && user_remote(u))
		s->cluster->ops->invite(s->cluster, ch, by, u);
}

/* An event goes into the history of a channel. */
static inline void cluster_event(struct server *s, const struct store_append *a)
{
	if (s->cluster)
		s->cluster->ops->event(s->cluster, a);
}

/* A local user has said something. */
static inline void cluster_message(struct server *s, const struct cluster_message *m)
{
	if (s->cluster)
		s->cluster->ops->message(s->cluster, m);
}

/* Whether a receipt waits until another node has the message. */
static inline bool cluster_confirms(const struct server *s)
{
	return s->cluster && s->config->cluster.quorum;
}

/* Calls done once another node has committed the message with this id, which is said in this turn;
 * or that none has, at once if there is none. done must not say anything to the cluster. */
static inline void cluster_confirm(
	struct server *s, uint64_t id, cluster_confirmed *done, void *arg)
{
	s->cluster->ops->confirm(s->cluster, id, done, arg);
}

/* A message was removed. */
static inline void cluster_redact(struct server *s, const struct cluster_redaction *r)
{
	if (s->cluster)
		s->cluster->ops->redact(s->cluster, r);
}

/* A local user has moved a read marker. */
static inline void cluster_marker(struct server *s, const struct cluster_marker *m)
{
	if (s->cluster)
		s->cluster->ops->marker(s->cluster, m);
}

/* Asks for the nick that q's user wants, for which its command (NICK, or the last of its
 * registration) then waits. */
static inline enum cluster_nick cluster_nick(struct server *s, struct request *q, const char *nick)
{
	return s->cluster ? s->cluster->ops->nick(s->cluster, q, nick) : CLUSTER_NICK_OWN;
}

/* u does not have this nick any more. */
static inline void cluster_nick_left(struct server *s, struct user *u, const char *nick)
{
	if (s->cluster && !user_remote(u))
		s->cluster->ops->nick_left(s->cluster, u, nick);
}

/* Asks whether a name (an account or nick, or a channel) may be registered; done is called once, in
 * this turn or a later one. */
static inline void cluster_lock(struct server *s, const char *name, cluster_locked done, void *arg)
{
	if (s->cluster)
		s->cluster->ops->lock(s->cluster, name, done, arg);
	else
		done(arg, CLUSTER_LOCK_GOT);
}

/* The name of the server that u is on. */
static inline const char *cluster_server(const struct server *s, const struct user *u)
{
	return user_remote(u) ? s->cluster->ops->name(s->cluster, u->node) : s->config->server.name;
}

/* The i-th of the other nodes; false if there are no more. */
static inline bool cluster_other(const struct server *s, uint32_t i, struct cluster_node *out)
{
	return s->cluster && s->cluster->ops->node(s->cluster, i, out);
}

/* The batch of the lines that are being sent, or NULL. */
static inline const char *cluster_batch(const struct server *s)
{
	return s->cluster ? s->cluster->batch : NULL;
}

/* Users of other nodes. */
static inline uint32_t cluster_users(const struct server *s)
{
	return s->cluster ? s->cluster->users : 0;
}

#endif
