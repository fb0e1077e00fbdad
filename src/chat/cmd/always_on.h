/*
 * always_on.h - always-on users: present without a connection, for accounts that want it.
 *
 *     /NS SET ALWAYS-ON on        the account's user becomes one
 *     its last client leaves      it stays in its channels, under its nick, and is away
 *     the server restarts         it is there again, from the store
 *     a client logs in            it joins that user (presence.h), whatever nick it asks for
 *     KILL, GHOST, a K-line, accounts.always_on_expire        it quits; a new log-in begins anew
 *
 * Nick, names, away message and channels are written as they change; a user who is not always-on
 * pays one test of a flag.
 */
#ifndef CHAT_CMD_ALWAYS_ON_H
#define CHAT_CMD_ALWAYS_ON_H

#include "chat/cmd/service.h"
#include "chat/model/channel.h"

/* Whether an account's user stays without a connection: its setting, or accounts.always_on. */
bool always_on_wanted(const struct server *s, const struct account *a);

/* Returns the always-on user of an account; NULL: it has none now. */
struct user *always_on_user(const struct account *a);

/* Makes u, registered, the always-on user of its account, if the account wants one and has none. */
void always_on_begin(struct server *s, struct user *u);

/* Ends that; the user is an ordinary one again. */
void always_on_end(struct server *s, struct user *u);

/* The user's last client has left, or the first has come back; returns the message id of when the
 * last one left. */
void always_on_gone(struct server *s, struct user *u);
uint64_t always_on_back(struct server *s, struct user *u);

/* The nick, names, modes or away message of u have changed: tells the other nodes, and writes them
 * if it is always-on. */
void always_on_changed(struct server *s, const struct user *u);

/* Writes that u is in ch, with its rank there; or that it left the channel of that name. */
void always_on_joined(struct server *s, const struct user *u, struct channel *ch);
void always_on_parted(struct server *s, const struct user *u, const char *channel);

/* Writes the new name of ch for all its members. */
void always_on_renamed(struct server *s, struct channel *ch, const char *from);

/* Ends the always-on users whom a new ban of user and host covers. */
void always_on_ban(struct server *s, const struct ban *ban);

/* Quits users who have had no client for accounts.always_on_expire. Cheap. */
void always_on_tick(struct server *s);

/* Frees those without a client, when the server ends; their records stay. */
void always_on_free_all(struct server *s);

/* Brings the always-on users back from the store, after accounts and registered channels. False if
 * the store fails. */
bool always_on_load(struct server *s);

/* Writes the choice of q's account: ACCOUNT_ALWAYS_ON, ACCOUNT_NOT_ALWAYS_ON or 0, as the server
 * says; applies it, and tells its clients. end() replies, in this turn or a later one. */
void always_on_choose(struct request *q, uint32_t choice,
	void (*end)(struct request *q, enum store_status status));

/* NickServ SET ALWAYS-ON on|off. */
void always_on_set(struct service_call *c);

#endif
