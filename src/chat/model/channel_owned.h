/*
 * channel_owned.h - registered channels: their founder, and the ranks of accounts. Such a channel
 * exists without members and over restarts; its topic, modes, key and masks are in the store.
 *
 *     channel.owned   founder, [ account modes | account modes | ... ]
 *
 * A channel that is not registered is in the store, without a founder, while always-on users are in
 * it: they are there after a restart, and so must be its modes.
 *
 * Changes are written when they are made. Those of MODE and TOPIC have no receipt: the next start
 * shows the last commit. Those of ChanServ are confirmed after theirs.
 */
#ifndef CHAT_MODEL_CHANNEL_OWNED_H
#define CHAT_MODEL_CHANNEL_OWNED_H

#include "chat/model/banlist.h"
#include "chat/store.h"

#include "base/vec.h"

struct server;

enum {
	OWNED_ACCESS_MAX = 200, /* accounts with a rank in one channel; more are refused */
	OWNED_FOUNDER = MEMBER_OWNER | MEMBER_OP, /* modes of its founder */
};

/* The rank of an account. */
struct owned_access {
	char *account; /* folded */
	uint32_t modes;
};

struct channel_owned {
	char *founder; /* folded name of an account */
	int64_t registered_ms, used_ms;
	uint16_t history; /* channel_history.h */
	VEC(struct owned_access) access;
};

/* Loads the registered channels at the start; false if that fails. */
bool owned_load(struct server *s);

/* Makes ch a registered channel of an account and submits its records; done reports the commit. If
 * that fails the caller calls owned_end(). */
enum store_status owned_begin(
	struct server *s, struct channel *ch, const char *founder, store_done done, void *arg);

/* Ends the registration in memory and in the store. The channel is dropped if it has no member.
 * done, which may be NULL, reports the commit. */
enum store_status owned_end(struct server *s, struct channel *ch, store_done done, void *arg);

/* Ends it in memory: it is gone from the store. */
void owned_forget(struct server *s, struct channel *ch);

/* Writes ch again; done reports the commit, which contains all changes before it. */
enum store_status owned_confirm(struct server *s, struct channel *ch, store_done done, void *arg);

/* Gives ch to another account; false if out of memory. */
bool owned_transfer(struct server *s, struct channel *ch, const char *founder);

/* Sets the rank of an account (0: none); false if out of memory or there are too many. */
bool owned_set_access(struct server *s, struct channel *ch, const char *account, uint32_t modes);

/* The modes of u's account in ch; 0 if the channel is not registered or u has none. */
uint32_t owned_modes(const struct channel *ch, const struct user *u);

/* Writes ch if it is in the store: after a change of its topic, modes or key. */
void owned_changed(struct server *s, struct channel *ch);

/* Writes a mask that was added, or deletes one. */
void owned_mask(struct server *s, const struct channel *ch, enum banlist list, const struct mask *m,
	bool added);

/* Writes or deletes the rate of a mode (rate.h). */
void owned_rate(struct server *s, const struct channel *ch, uint32_t mode);

/* Sets what its founder chooses about its history (channel_history.h), and writes it. */
void owned_set_history(struct server *s, struct channel *ch, uint16_t choice);

/* Moves the records of ch, which has been renamed. */
void owned_renamed(struct server *s, struct channel *ch, const char *from);

/* Puts ch, in which u is, into the store if u is always on and it is not registered. */
void owned_keep(struct server *s, struct channel *ch, const struct user *u);

/* Takes ch out of it if no always-on user but u, who leaves it or is no longer always on, is in it.
 */
void owned_unkeep(struct server *s, struct channel *ch, const struct user *u);

/* After the always-on users have been loaded: drops channels that were kept for users who are not
 * there. */
void owned_loaded(struct server *s);

/* Notes that a user with a rank has joined. */
void owned_used(struct server *s, struct channel *ch);

/* Ends registrations that were not used for accounts.channel_expire, by the retention clock, and
 * notes which are in use. Rarely called. */
void owned_expire(struct server *s);

/* Ends the registrations of an account that was dropped. */
void owned_drop_account(struct server *s, const char *account);

/* Takes an account that has lost its name out of all registrations: a channel that it has founded
 * is of "*name", which no account can have. */
void owned_disown(struct server *s, const char *account);

/* Makes ch a registered channel in memory; false if out of memory. */
bool owned_make(struct channel *ch, const char *founder);

/* Returns the rank of an account in a registered channel, or NULL; adds one, or NULL if there are
 * too many; removes one. In memory only. */
struct owned_access *owned_access_of(const struct channel *ch, const char *account);
struct owned_access *owned_access_add(struct channel *ch, const char *account);
void owned_access_remove(struct channel *ch, struct owned_access *a);

/* The number of channels of an account. */
uint32_t owned_count(struct server *s, const char *account);

/* Frees the memory. */
void owned_free(struct channel *ch);

/* Frees channels without members when the server ends. */
void owned_free_all(struct server *s);

#endif
