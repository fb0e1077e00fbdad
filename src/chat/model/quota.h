/*
 * quota.h - memory quotas: long-lived memory that users occupy, such as channels with topics, masks
 * and metadata, their own metadata, watches, SILENCE and ACCEPT lists. Each of these is bounded by
 * count; their total by this.
 *
 *     user.quota    limits.user_memory       its watches and metadata, and the channels
 *        |                                   it created, even if others fill them
 *     address       limits.address_memory    the same of all its users
 *
 * A channel is charged to its creator, whose account outlives the user as long as its channels do.
 * State that a user has only one of (nick, away message, membership) is not counted: it is bounded
 * by limits.channels and the lengths.
 */
#ifndef CHAT_MODEL_QUOTA_H
#define CHAT_MODEL_QUOTA_H

#include "base/base.h"

struct channel;
struct server;
struct user;

struct quota {
	struct quota *parent; /* of the address; NULL: none */
	uint64_t bytes;
	uint64_t own;  /* of these, the user's own: released with the user */
	uint32_t refs; /* the user and the channels */
};

enum {
	QUOTA_PIECE = 32,     /* bytes charged per piece of text besides its length */
	QUOTA_CHANNEL = 1536, /* of an empty channel: with its name, key and invitations */
	QUOTA_WATCH = 256,    /* of a watch of MONITOR */
	QUOTA_ACCEPT = 160,   /* of an entry of ACCEPT: with two names */
};

/* Charges n bytes to u; false, counted and unchanged, if that exceeds a limit. */
bool quota_user_hold(struct server *s, struct user *u, size_t n);

/* Sets what a user who was handed over holds of its own, beyond no limit; false if out of memory.
 */
bool quota_user_adopt(struct user *u, uint64_t own);

/* Charges a channel that was handed over to its creator; or, if that has left (u NULL), to an
 * address alone. False if out of memory. */
bool quota_channel_adopt(struct channel *ch, struct user *u, struct quota *address, uint32_t held);

/* Releases n bytes of u, at most all of them: in the release that charged them, before an upgrade,
 * they may have been fewer. */
void quota_user_release(struct user *u, size_t n);

/* Charges what u holds to the address of its first connection; without one, to none. */
void quota_user_moved(struct user *u);

/* Releases what is charged to a departing user. */
void quota_user_gone(struct user *u);

/* Charges a new channel to its creator; false as above. */
bool quota_channel_start(struct server *s, struct channel *ch, struct user *u);

/* Charges n bytes in ch to its creator; false as above. */
bool quota_channel_hold(struct server *s, struct channel *ch, size_t n);

/* Releases n bytes of ch, likewise. */
void quota_channel_release(struct channel *ch, size_t n);

/* Releases all that a departing channel holds. */
void quota_channel_gone(struct channel *ch);

#endif
