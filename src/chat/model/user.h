/*
 * user.h - user: a nick in channels, separate from the connection that carries it.
 */
#ifndef CHAT_MODEL_USER_H
#define CHAT_MODEL_USER_H

#include "chat/accounts/account.h"
#include "chat/accounts/guard.h"
#include "chat/config/oper_cap.h"

#include "base/hash.h"

struct channel;
struct conn;
struct metadata;
struct quota;

enum user_mode {
	USER_REGISTERED = 1 << 0, /* the welcome was sent: has no letter, is never unset */
	USER_INVISIBLE = 1 << 1,  /* i */
	USER_OPER = 1 << 2,       /* o */
	USER_WALLOPS = 1 << 3,    /* w */
	USER_BOT = 1 << 4,        /* B */
	USER_SECURE = 1 << 5,     /* Z: all its connections are encrypted */
	USER_ALWAYS_ON = 1 << 7,  /* stays without a connection */
	USER_NICK_WAITS = 1 << 6, /* not registered: it wants a nick that another has */
	USER_CLOAKED = 1 << 8,    /* x: its address is hidden; it stays as it is */
	USER_CALLER_ID = 1 << 9,  /* g: hears only whom it has accepted */
	USER_ACCOUNTS_ONLY =
		1 << 10,          /* R: hears only who has an account, or whom it has accepted */
	USER_NO_CTCP = 1 << 11,   /* T: gets no CTCP but ACTION */
	USER_NICK_HELD = 1 << 12, /* the engine's key of its nick is this node's (cluster/) */
	USER_NOTICES = 1 << 14,   /* s: an operator who gets server notices (cmd/oper_list.h) */
	USER_NICK_LOST = 1 << 15, /* not registered: the nick it asked for is another's */
	/* Modes that an always-on user has again after a restart. */
	USER_KEPT_MODES = USER_INVISIBLE | USER_WALLOPS | USER_BOT | USER_SECURE | USER_CALLER_ID |
			  USER_ACCOUNTS_ONLY | USER_NO_CTCP,
};

struct user {
	struct hash_node by_nick; /* in server.nicks unless the nick is "*" */
	/* The first of its connections, which continue at conn.sibling; NULL: it has none. */
	struct conn *conn;
	/* Where it is: an open-addressed table keyed by the channel's hash, and behind it, in the
	 * same allocation, the user's index among the members of each (channel.c). */
	struct channel **channels; /* NULL: free */
	uint32_t channel_count, channel_size;
	uint16_t oper;                                        /* enum oper_cap; 0: no operator */
	uint16_t modes;                                       /* enum user_mode */
	uint16_t nick_at, mask_at, name_at, host_at, real_at; /* into text */
	uint16_t node;             /* that it is on: 0 is this one (cluster.h) */
	char *text;                /* nick, nick!user@host, user, real name: one allocation */
	char *away;                /* malloc'd message, see user_away(); NULL: none */
	struct account *account;   /* NULL: not logged in (account_enter()) */
	struct metadata *metadata; /* NULL: none (metadata.h) */
	struct quota *quota;       /* NULL: it holds nothing (quota.h) */
	struct guard *guard;       /* without an account; NULL: none. See user_guard() */
	nsec_t signed_on, active;  /* monotonic: registration, last message */
	uint64_t nick_since;       /* the newest message id when the nick was taken */
	uint64_t session;          /* unique to this connection: author of its messages */
};

/* An operator who is there: cmd/oper_list.h, out/oper_notice.h. */
struct oper_row {
	struct user *user;
	char *name;       /* of the [oper] in the configuration by which it became one; allocated */
	uint32_t notices; /* that it wants: enum oper_kind */
};

static inline const char *user_nick(const struct user *u)
{
	return u->text + u->nick_at;
}

/* nick!user@host */
static inline const char *user_mask(const struct user *u)
{
	return u->text + u->mask_at;
}

static inline const char *user_name(const struct user *u)
{
	return u->text + u->name_at;
}

static inline const char *user_host(const struct user *u)
{
	return u->text + u->host_at;
}

static inline const char *user_real(const struct user *u)
{
	return u->text + u->real_at;
}

/* The account, or NULL. */
static inline const char *user_account(const struct user *u)
{
	return u->account ? u->account->name : NULL;
}

/* Where the lists of whom u hears are: with its account, if it has one. */
static inline struct guard **user_guard(struct user *u)
{
	return u->account ? &u->account->guard : &u->guard;
}

/* u as one who speaks. */
static inline struct guard_who user_who(const struct user *u)
{
	return (struct guard_who){user_nick(u), user_mask(u), user_account(u), u->session};
}

static inline bool user_registered(const struct user *u)
{
	return u && (u->modes & USER_REGISTERED);
}

/* The away message if u is away: all its connections are (conn.away), or it has none; else NULL. */
const char *user_away(const struct user *u);

/* Whether u is an operator with this capability. */
static inline bool user_may(const struct user *u, enum oper_cap cap)
{
	return u->oper & cap;
}

/* New names of a user; NULL keeps the old one. */
struct user_names {
	const char *nick, *name, *host, *real;
};

/* Creates a user without nick ("*") at host; NULL if out of memory. */
struct user *user_new(struct conn *conn, const char *host);

/* Frees u, which is in no channel and in no table. */
void user_free(struct user *u);

/* Changes some names; false, and nothing changed, if out of memory. The caller removes u from the
 * table of nicks first and adds it again. Pointers into the text become invalid. */
bool user_set_names(struct user *u, const struct user_names *t);

/* Sets the nick to "*", which means none. Cannot fail. */
void user_forget_nick(struct user *u);

#endif
