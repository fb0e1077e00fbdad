/*
 * guard.h - whom a user does not hear (SILENCE), and the only users that one with mode g hears
 * (ACCEPT). Of a user without an account the lists go with the user; those of an account are kept
 * with it.
 *
 *     silenced   masks, nick!user@host with '*' and '?', or a:account
 *     accepted   people: by account, or without one by the session that had the nick
 *
 * A mask is matched with the visible host, never with a hidden address: else the list would be a
 * way to ask for it.
 */
#ifndef CHAT_ACCOUNTS_GUARD_H
#define CHAT_ACCOUNTS_GUARD_H

#include "base/vec.h"

/* A user who speaks. */
struct guard_who {
	const char *nick, *mask; /* mask: nick!user@host */
	const char *account;     /* NULL: none */
	uint64_t session;        /* of the user; 0: unknown */
};

struct guard_accepted {
	char *nick;       /* when it was accepted; behind its NUL the account, or "" */
	uint64_t session; /* counts without an account */
};

struct guard {
	VEC(char *) silenced;
	VEC(struct guard_accepted) accepted;
	nsec_t told; /* when the owner last read of a user who is not accepted */
};

enum guard_result {
	GUARD_DONE,
	GUARD_SAME, /* already there, or not there */
	GUARD_FULL, /* `max` are there, or out of memory */
};

static inline const char *guard_account(const struct guard_accepted *a)
{
	return a->nick + strlen(a->nick) + 1;
}

/* Adds a mask; *g is created if it is NULL. */
enum guard_result guard_silence(struct guard **g, const char *mask, int64_t max);

/* Removes a mask. g may be NULL, as below. */
enum guard_result guard_unsilence(struct guard *g, const char *mask);

/* Accepts w, likewise. */
enum guard_result guard_accept(struct guard **g, const struct guard_who *w, int64_t max);

/* Returns the entry of w, or the one made under its nick; NULL if there is none. */
struct guard_accepted *guard_find(struct guard *g, const struct guard_who *w);

/* Removes an entry. */
void guard_unaccept(struct guard *g, struct guard_accepted *a);

/* Whether a mask covers w. The cost is added to *work (glob.h). */
bool guard_silences(const struct guard *g, const struct guard_who *w, uint64_t *work);

/* Whether w is accepted. */
bool guard_accepts(const struct guard *g, const struct guard_who *w);

/* Frees all of it. */
void guard_free(struct guard *g);

#endif
