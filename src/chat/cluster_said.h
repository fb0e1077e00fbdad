/* cluster_said.h - what is said to a cluster (cluster.h), and what it answers. */
#ifndef CHAT_CLUSTER_SAYING_H
#define CHAT_CLUSTER_SAYING_H

#include "chat/server.h"

/* A change of a channel's modes, as its MODE line has it. */
struct cluster_mode {
	const struct channel *channel;
	const struct user *by; /* NULL: the server or a service */
	const char *source;    /* of the line */
	const char *letters, *params;
};

/* A message to a channel or a user, kept in the history if `kept`. */
struct cluster_message {
	const struct user *from;
	uint64_t id;
	const char *command, *source;
	const char *relay;     /* the nick of who relays it; NULL: its own */
	const char *target;    /* the channel or the nick */
	const char *shown;     /* the target in the line: a channel may have a rank before it */
	const struct user *to; /* NULL: a channel */
	uint32_t rank;         /* of the members of the channel; 0: all */
	bool kept, multiline, typing;
	const char *tags; /* NULL: none */
	const char *text;
	size_t len;
};

/* A message that was removed from the history. */
struct cluster_redaction {
	uint64_t id;
	const char *target; /* the channel or the nick */
	const char *source, *reason;
};

/* A read marker that a user has moved forward. */
struct cluster_marker {
	const char *user, *target; /* correspondents, or a channel, as stored */
	const char *shown;         /* the target, in the reply */
	const char *account;       /* its other clients get it, too; "": none */
	int64_t ms;
};

/* Another node has a message, too; or none has answered. */
typedef void cluster_confirmed(void *arg, bool confirmed);

/* A nick that a user wants. */
enum cluster_nick {
	CLUSTER_NICK_OWN,   /* it may be used */
	CLUSTER_NICK_WAITS, /* the command goes on when the engine has answered */
	CLUSTER_NICK_BUSY,  /* too much waits */
};

/* A name that is to be registered. */
enum cluster_lock {
	CLUSTER_LOCK_GOT,   /* no other server registers it now */
	CLUSTER_LOCK_TAKEN, /* another one does */
	CLUSTER_LOCK_AWAY,  /* the engine does not answer */
};

typedef void (*cluster_locked)(void *arg, enum cluster_lock result);

#endif
