/*
 * banlist.h - mask lists (+b, +e, +I), invitations and knocks of a channel, which few channels
 * have: allocated when the first is set.
 *
 * A mask is nick!user@host with '*' and '?', or an extended ban: `a:name` is who is logged in to an
 * account of that name, which may have '*' and '?' too; `m:mask`, and `m:a:name`, keep a user from
 * speaking but not from joining (mute).
 */
#ifndef CHAT_MODEL_BANLIST_H
#define CHAT_MODEL_BANLIST_H

#include "chat/model/channel.h"

#include "base/vec.h"

struct server;

enum banlist {
	BANLIST_BAN,    /* b */
	BANLIST_EXCEPT, /* e */
	BANLIST_INVITE, /* I */
	BANLIST_COUNT,
};

enum {
	INVITES_MAX = 64, /* of one channel; the oldest is evicted */
	KNOCKS_MAX = 8,   /* of one channel in KNOCK_WINDOW; further ones are refused */
	MASK_MAX = 200,   /* bytes of a mask with its NUL; longer ones are refused */
};

struct mask {
	char *text;      /* the mask, NUL, its setter */
	nsec_t since;    /* since 1970 */
	uint64_t number; /* increases along a list: the position of walks that take several turns */
};

struct invite {
	const struct user *user;
	nsec_t signed_on; /* of that user: its memory may be reused for another */
};

/* A KNOCK; one user's are accepted KNOCK_AGAIN apart. */
struct knock {
	struct invite by;
	nsec_t at;
};

#define KNOCK_WINDOW (60 * NSEC_SEC)
#define KNOCK_AGAIN  (300 * NSEC_SEC)

struct mask_rows {
	struct mask *at;
	uint32_t count, size;
};

struct channel_extra {
	struct mask_rows masks[BANLIST_COUNT];
	struct invite invites[INVITES_MAX];
	uint32_t invite_count;
	struct knock knocks[KNOCKS_MAX]; /* the newest first */
	uint64_t masks_set;              /* so far: the last number */
};

static inline const char *mask_setter(const struct mask *m)
{
	return m->text + strlen(m->text) + 1;
}

/* Completes a typed mask: "nick" -> nick!*@*, "user@host" -> *!user@host; a:name stays. False if
 * invalid: too long, or not one middle parameter. */
bool mask_complete(char out[MASK_MAX], const char *typed);

/* Returns the rows of a list; NULL if the channel has none. */
const struct mask_rows *banlist_rows(const struct channel *ch, enum banlist list);

/* Returns the first row of a list after a number (0: from the start), or NULL. */
const struct mask *banlist_after(const struct channel *ch, enum banlist list, uint64_t number);

enum mask_result {
	MASK_DONE,
	MASK_THERE, /* already on the list, or not on it */
	MASK_FULL,  /* `max` are on the lists, or out of memory */
};

/* Adds a complete mask; max is the limit of all lists together. */
enum mask_result banlist_add(
	struct channel *ch, enum banlist list, const struct mask *m, uint32_t max);

/* Removes a mask from a list. */
enum mask_result banlist_remove(struct channel *ch, enum banlist list, const char *mask);

/* Whether a mask of the list covers u; `muting` selects the m: masks instead of the plain ones.
 * This and the next two add their cost to *work (glob.h). */
bool banlist_covers(const struct channel *ch, enum banlist list, const struct user *u, bool muting,
	struct server *s);

/* Whether u may not join: banned and not excepted. */
bool banlist_banned(const struct channel *ch, const struct user *u, struct server *s);

/* Whether u may not speak: banned or muted, and not excepted. */
bool banlist_muted(const struct channel *ch, const struct user *u, struct server *s);

/* Records an invitation of u. False if out of memory. */
bool invites_add(struct channel *ch, const struct user *u);

/* Whether u was invited; `use` consumes the invitation. */
bool invites_has(struct channel *ch, const struct user *u, bool use);

enum knock_result {
	KNOCK_TAKEN,
	KNOCK_TOO_SOON, /* for this user */
	KNOCK_TOO_MANY, /* for the channel, or out of memory */
};

/* Records a knock of u at `now`, if it is accepted. */
enum knock_result knock_add(struct channel *ch, const struct user *u, nsec_t now);

/* Frees lists and invitations of a channel. */
void channel_extra_free(struct channel *ch);

#endif
