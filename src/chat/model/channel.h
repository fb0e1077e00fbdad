/*
 * channel.h - channel and its members.
 *
 *     channel.members  [ conn user modes | conn user modes | ... ]     for delivery
 *     user.channels    { channel -> index among its members }          for lookup of one membership
 *
 * Joining, leaving and looking up cost O(1) however many members or channels there are: a departing
 * member is replaced by the last one. 24 bytes per member in the channel and 12 in the user.
 */
#ifndef CHAT_MODEL_CHANNEL_H
#define CHAT_MODEL_CHANNEL_H

#include "chat/model/user.h"

enum member_mode {              /* by rank, highest first */
	MEMBER_OWNER = 1 << 0,  /* q ~ */
	MEMBER_ADMIN = 1 << 1,  /* a & */
	MEMBER_OP = 1 << 2,     /* o @ */
	MEMBER_HALFOP = 1 << 3, /* h % */
	MEMBER_VOICE = 1 << 4,  /* v + */
	MEMBER_ANY_OP = MEMBER_OWNER | MEMBER_ADMIN | MEMBER_OP | MEMBER_HALFOP,
};

/* The numbers are stored: do not change them. */
enum channel_mode {
	CHANNEL_NO_EXTERNAL = 1 << 0, /* n */
	CHANNEL_TOPIC_OPS = 1 << 1,   /* t */
	CHANNEL_MODERATED = 1 << 2,   /* m */
	CHANNEL_SECRET = 1 << 3,      /* s */
	CHANNEL_INVITE_ONLY = 1 << 4, /* i */
	CHANNEL_NO_CTCP = 1 << 5,     /* C */
	CHANNEL_NO_COLOUR = 1 << 6,   /* c */
	CHANNEL_REGISTERED = 1 << 7,  /* R: only users with an account */
	CHANNEL_SECURE = 1 << 10,     /* z: only users with USER_SECURE */
	CHANNEL_KEY = 1 << 8,         /* k */
	CHANNEL_LIMIT = 1 << 9,       /* l */
	CHANNEL_ACCOUNTS = 1 << 12,   /* M: only users with an account speak */
	CHANNEL_TO_OPS = 1 << 13,     /* U: what members without a rank say goes to operators */
	CHANNEL_JOIN_RATE = 1 << 14,  /* j: rate.h */
	CHANNEL_LINE_RATE = 1 << 15,  /* f */
	CHANNEL_AUDITORIUM = 1 << 16, /* u: auditorium.h */
	CHANNEL_REFUSED_TO_OPS =
		1 << 17,        /* Z: what m, M and b keep from the members goes to operators */
	CHANNEL_KEPT = 1 << 11, /* no letter: not registered, but in the store (channel_owned.h) */
};

struct member {
	struct conn *conn; /* user->conn; NULL: the user has no connection */
	struct user *user;
	uint32_t modes;
	uint32_t order; /* order of joining */
};

/* Rarely used state; NULL while unused. Freed by channel_extra_free(). */
struct channel_extra;
struct channel_rates;

struct channel {
	struct hash_node by_name; /* in server.channels */
	struct member *members;
	uint32_t count, size;
	uint32_t joins; /* total so far */
	uint32_t modes;
	uint32_t limit;
	nsec_t created; /* since 1970 */
	uint64_t begun; /* id of its creation in the store: history_scope.h */
	char *topic, *topic_by;
	nsec_t topic_at; /* since 1970 */
	char *key;
	struct channel_extra *extra; /* masks and invitations */
	struct channel_rates *rates; /* NULL: none (rate.h) */
	uint64_t *stamps;            /* when each mode was changed, by its bit; NULL: no cluster */
	struct channel_owned *owned; /* NULL: not registered (channel_owned.h) */
	struct metadata *metadata;   /* NULL: none */
	struct quota *payer;         /* account of its creator: quota.h */
	uint32_t held;               /* bytes charged to it */
	uint32_t home;               /* hash in members' tables: survives a rename */
	char *name;
};

/* Creates an empty channel of that name; NULL if out of memory. */
struct channel *channel_new(const char *name, uint32_t hash, nsec_t wall);

/* Renames ch, which is in no table of names; false, and nothing changed, if out of memory. The
 * members stay. */
bool channel_set_name(struct channel *ch, const char *name);

/* Frees a channel without members, which is in no table. */
void channel_free(struct channel *ch);

/* Replaces the topic (NULL: none). False, and nothing changed, if out of memory. */
bool channel_set_topic(struct channel *ch, const char *topic, const char *by, nsec_t wall);

/* Adds u, who is not a member, with modes. NULL, and nothing changed, if out of memory. */
struct member *channel_join(struct channel *ch, struct user *u, uint32_t modes);

/* Removes u, a member. Pointers to members of ch become invalid. */
void channel_part(struct channel *ch, struct user *u);

/* Returns the membership of u, or NULL. Valid until a user joins or leaves. */
struct member *channel_member(const struct channel *ch, const struct user *u);

/* Returns the longest-standing member of the highest rank that is not leaving; NULL if there is
 * none. */
struct member *channel_first(struct channel *ch);

/* Iterates over the channels of u: start with *i = 0; NULL at the end. */
struct channel *user_next_channel(const struct user *u, uint32_t *i);

/* Returns where that iteration continues after u has left the channel it returned; size: of the
 * table before. */
uint32_t user_parted(const struct user *u, uint32_t i, uint32_t size);

/* The prefixes of the modes, highest first ("@+"), or only the highest. NUL-terminated. */
const char *member_prefixes(uint32_t modes, bool all, char out[8]);

#endif
