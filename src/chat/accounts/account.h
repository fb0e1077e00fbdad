/*
 * account.h - accounts, and the nicks and certificates that belong to them: a table in memory,
 * loaded at the start, and written through the store.
 *
 *     names   folded name  -> account
 *     nicks   folded nick  -> account_key -> account     grouped nicks, besides the name itself
 *     certs   fingerprint  -> account_key -> account     for SASL EXTERNAL
 *     apps    hash         -> account_key -> account     app passwords (app_password.h)
 *     looks   skeleton     -> account_look -> account    names and nicks that look alike
 *
 * A name or key is taken in memory at once, so that no other client can take it, and is valid once
 * it is on the disk: `done` reports that. While a change of an account is being written another one
 * is refused (STORE_BUSY), so that neither overwrites the other. The name of a dropped account
 * stays taken: the messages of its owner have no heir.
 *
 * An account takes some 500 bytes.
 */
#ifndef CHAT_ACCOUNTS_ACCOUNT_H
#define CHAT_ACCOUNTS_ACCOUNT_H

#include "chat/proto/casemap.h"
#include "chat/proto/skeleton.h"
#include "chat/store.h"

#include "base/hash.h"
#include "base/vec.h"

struct account_entry;
struct account_vhost;
struct guard;
struct user;

/* The numbers are stored: do not change them. */
enum account_flag {
	ACCOUNT_DROPPED = 1 << 0,
	ACCOUNT_UNVERIFIED = 1 << 1, /* new, until its mail address is confirmed */
	ACCOUNT_SUSPENDED = 1 << 2,
	ACCOUNT_MAIL = 1 << 3,          /* its mail address has been confirmed */
	ACCOUNT_ALWAYS_ON = 1 << 8,     /* the choice of its owner, */
	ACCOUNT_NOT_ALWAYS_ON = 1 << 9, /* if any: cmd/always_on.h */
};

enum account_list {
	ACCOUNT_NICKS,
	ACCOUNT_CERTS,
	ACCOUNT_APPS,
	ACCOUNT_PUSHES,
	ACCOUNT_LISTS,
};

enum {
	ACCOUNT_SECRET = 32,
	ACCOUNT_GUESSES =
		4096, /* names whose wrong passwords are remembered; collisions overwrite */
	ACCOUNT_SESSIONS_MAX = 10000,    /* the configured limit is lower */
	ACCOUNT_MAILS = 4096,            /* addresses to which mail went; collisions overwrite */
	ACCOUNT_UNVERIFIED_MAX = 100000, /* at once; further ones cannot be registered */
};

/* A name or a nick in the table by what it looks like: its full skeleton, and that of its small
 * letters (skeleton.h). */
struct account_look {
	struct hash_node by_skeleton;
	const char *name;
	struct account *account;
	struct account_look *small; /* NULL: the name is in small letters */
};

/* A nick, a fingerprint, the hash of an app password or of an endpoint for pushes. */
struct account_key {
	struct hash_node by_text;
	struct account_look look; /* of a nick */
	struct account *account;
	struct account_key *next;
	bool writing; /* not on the disk yet */
	int64_t added_ms;
	int64_t used_ms;  /* an app password's last login, an endpoint's last push; 0: none */
	const char *name; /* of an app password; an endpoint and its keys (push.h); else "" */
	char text[];
};

/* A conversation of which a message was pushed, so that devices may show it: cmd/push.h. */
struct account_shown {
	struct account_shown *next;
	int64_t ms; /* the time of the last one */
	char name[];
};

struct account {
	struct hash_node by_name;
	struct account_look look;
	char *name;             /* as registered */
	char *password, *scram; /* verifier.h */
	char *email, *code;     /* "": none (account_code.h) */
	struct hash_node by_email;
	struct account *before, *after; /* among the unverified */
	bool has_email;                 /* is in the table by it */
	uint32_t flags;                 /* enum account_flag */
	bool writing;                   /* a change is being written */
	bool fresh;                     /* its registration is */
	int64_t created_ms, seen_ms;
	uint64_t gone; /* id of when its always-on user lost the last client; 0: it has one */
	struct account_key *keys[ACCOUNT_LISTS];
	VEC(struct user *) sessions; /* users who are logged in */
	struct guard *guard;         /* NULL: none (guard.h) */
	struct account_vhost *vhost; /* NULL: none (vhost.h) */
	uint64_t push_round;         /* of its pushes: external.h */
	nsec_t push_due;             /* when its allowance of pushes is full again */
	struct account_shown *shown; /* the latest first */
};

/* Wrong passwords for a name, whether or not there is such an account; or mail to an address. */
struct account_guess {
	uint64_t key;
	nsec_t full; /* when the allowance is full again */
};

struct accounts {
	struct store *store;
	bool loaded; /* else none can be registered or used */
	struct siphash_key key;
	uint8_t secret[ACCOUNT_SECRET]; /* of the salts of names that do not exist */
	struct hash_table names, keys[ACCOUNT_LISTS], emails, looks;
	struct skeletons *skeletons;
	struct account *unverified; /* the first of them */
	uint32_t unverified_count;
	int64_t expire_ms; /* no unverified account is due before */
	struct account_guess *guesses, *mails;
	VEC(struct account *) waiting; /* for a host: vhost.h */
};

/* Reports a change: STORE_OK once it is on the disk, else nothing has changed. */
typedef void (*account_done)(void *arg, struct account *a, enum store_status status);

/* A completion. done may be NULL. */
struct account_then {
	account_done done;
	void *arg;
};

/* Creates an empty table; false if out of memory. store may be NULL: nothing can be changed;
 * skeletons too (skeleton.h). */
bool accounts_init(struct accounts *t, struct store *store, const struct siphash_key *key,
	struct skeletons *skeletons);

/* Loads all accounts, waiting for the store, and the secret, made from `seed` if there is none.
 * False if the store fails or memory is out. */
bool accounts_load(struct accounts *t, const uint8_t seed[ACCOUNT_SECRET]);

/* Frees all accounts; no user is logged in. */
void accounts_free(struct accounts *t);

/* Returns the account of a name; NULL if there is none or it is dropped. */
struct account *accounts_find(const struct accounts *t, const char *name);

/* Returns the account that a nick belongs to: by its name or a grouped nick; NULL if none. */
struct account *accounts_of_nick(const struct accounts *t, const char *nick);

/* Returns the account of a fingerprint, or NULL. */
struct account *accounts_of_cert(const struct accounts *t, const char *fingerprint);

/* Whether a name is free to be registered, or to be grouped. */
bool accounts_is_free(const struct accounts *t, const char *name);

/* Returns a name or grouped nick that looks like this one and is of another account than `own`,
 * which may be NULL; NULL if there is none. */
const char *accounts_resembling(
	const struct accounts *t, const char *name, const struct account *own);

/* Whether it can be used: written, verified, neither dropped nor suspended. */
static inline bool account_usable(const struct account *a)
{
	return !a->fresh &&
	       !(a->flags & (ACCOUNT_DROPPED | ACCOUNT_UNVERIFIED | ACCOUNT_SUSPENDED));
}

/* Values of an account; NULL: "". */
struct account_values {
	const char *name, *password, *scram, *email, *code;
	uint32_t flags;
	int64_t created_ms, seen_ms;
};

/* The present values. */
struct account_values account_values(const struct account *a);

/* Registers an account whose name is free. After STORE_OK then.done reports the result, else
 * nothing was done. */
enum store_status accounts_register(
	struct accounts *t, const struct account_values *v, struct account_then then);

/* Changes an account, likewise. With ACCOUNT_DROPPED its keys are removed with it. */
enum store_status accounts_change(struct accounts *t, struct account *a,
	const struct account_values *v, struct account_then then);

/* A key to add, its name (NULL: "") and the time. */
struct account_new_key {
	enum account_list list;
	const char *text, *name;
	int64_t now_ms;
};

/* Adds one that is free, likewise. */
enum store_status accounts_add_key(struct accounts *t, struct account *a,
	const struct account_new_key *n, struct account_then then);

/* Removes one. It is gone at once, and stays so in memory if the store fails. */
enum store_status accounts_remove_key(struct accounts *t, enum account_list list,
	struct account_key *k, struct account_then then);

/* Notes a login by an app password, or a push, on the disk too, if the last one was more than a
 * minute ago. */
void accounts_used_key(
	struct accounts *t, enum account_list list, struct account_key *k, int64_t now_ms);

/* Returns the key of that text, or NULL. */
struct account_key *accounts_key(
	const struct accounts *t, enum account_list list, const char *text);

/* The number of keys of a list. */
uint32_t account_keys(const struct account *a, enum account_list list);

/* Adds or removes a user who is logged in; false if there are `max` already, or out of memory. */
bool account_enter(struct account *a, struct user *u, uint32_t max);
void account_leave(struct account *a, const struct user *u);

/* Whether another password may be tried for a name, at most `rate` wrong ones a minute (0: no
 * limit); and counts a wrong one. */
bool accounts_may_guess(const struct accounts *t, const char *name, int64_t rate, nsec_t now);
void accounts_guessed(struct accounts *t, const char *name, int64_t rate, nsec_t now);

/* Takes one mail to that address out of its allowance of an hour; false if there is none left. rate
 * 0: no limit. */
bool accounts_may_mail(struct accounts *t, const char *to, int64_t rate, nsec_t now);

/* The number of accounts with that mail address, verified or not. */
uint32_t accounts_of_email(const struct accounts *t, const char *email);

/* Deletes accounts that are older than age_ms and were not verified; returns how many. Cheap when
 * none is due. */
uint32_t accounts_expire(struct accounts *t, int64_t now_ms, int64_t age_ms);

/* 32 bytes that look random, always the same for the same name. */
void accounts_secret_of(const struct accounts *t, const char *name, uint8_t out[32]);

#endif
