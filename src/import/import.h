/*
 * import.h - what the database of another server has, in one form for all of them:
 *
 *     file -> ergo.h | atheme.h -> struct import -> plan.h -> records of the store
 *
 * A file is input from outside: parsers read it once, keep what has the form that they expect, and
 * name everything else with the reason (import_skip()).
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/siphash.h"
#include "base/vec.h"
#include "chat/model/ban.h"
#include "chat/store/store_request.h"

#include <stdio.h>

enum {
	IMPORT_FILE_MAX = 256 << 20, /* bytes; a longer file is refused */
	IMPORT_ROWS_MAX = 1 << 20,   /* accounts, channels, rows of either */
	IMPORT_SHOWN_MAX = 120,      /* bytes of a name in the report */
};

/* A grouped nick, or a fingerprint. */
struct import_key {
	const char *text;
	int64_t added_ms;
};

/* A channel that an always-on user is in. */
struct import_place {
	const char *channel;
	uint32_t modes;
};

/* Strings live in the arena of the import. */
struct import_account {
	struct hash_node by_name;
	const char *name; /* as registered; NULL: only mentioned so far */
	const char *folded;
	const char *hash;  /* as the store keeps it (password_foreign.h); NULL: none */
	const char *plain; /* the password itself; NULL: not known */
	const char *scram; /* keys as the store keeps them; NULL: none */
	const char *email, *real;
	const char *host, *wanted; /* that users show, and that was asked for; NULL: none */
	bool host_off;
	int64_t created_ms, seen_ms, wanted_ms;
	uint32_t flags;      /* enum account_flag */
	uint32_t user_modes; /* of an always-on user: enum user_mode */
	VEC(struct import_key) nicks, certs;
	VEC(struct import_place) places;
};

struct import_access {
	const char *account;
	uint32_t modes; /* enum member_mode */
	int64_t added_ms;
};

struct import_mask {
	char list; /* 'b', 'e' or 'I' */
	const char *mask, *setter;
	int64_t added_ms;
	bool ends; /* it was set for a time */
};

struct import_channel {
	struct hash_node by_name;
	const char *name, *folded; /* as of an account */
	const char *founder;       /* an account; NULL: none */
	const char *topic, *topic_by, *key;
	int64_t topic_ms, created_ms, used_ms;
	uint32_t modes, limit; /* enum channel_mode */
	uint16_t history;      /* enum channel_history */
	bool closed;           /* by an operator: no user could join */
	VEC(struct import_access) access;
	VEC(struct import_mask) masks;
};

/* A ban from the server. */
struct import_ban {
	enum ban_kind kind;
	const char *mask, *reason, *setter; /* reason, setter: NULL: unknown */
	int64_t set_ms, expire_ms;          /* since 1970; expire_ms 0: never */
};

struct import {
	struct arena arena;
	struct siphash_key hash; /* names come from strangers */
	struct hash_table account_names, channel_names;
	VEC(struct import_account *) accounts; /* in the order of the file */
	VEC(struct import_channel *) channels;
	VEC(struct import_ban) bans;
	/* Keys that had ended by now_ms are not in the file; written_ms: when it was last written.
	 * Both since 1970, set by the caller; 0: nothing has ended. */
	int64_t now_ms, written_ms;
	FILE *report;     /* rows that are not taken; NULL: they are only counted */
	uint64_t skipped; /* rows */
	bool failed;      /* out of memory, or IMPORT_ROWS_MAX: nothing is to be imported */
};

/* An empty import. */
void import_init(struct import *im, const struct siphash_key *hash, FILE *report);

/* Frees everything. */
void import_free(struct import *im);

/* The account of a name, which is created when it is first mentioned; NULL if im->failed. */
struct import_account *import_account(struct import *im, const char *name);

/* Likewise without creating it; NULL: none, or only mentioned. */
struct import_account *import_find_account(const struct import *im, const char *name);

/* The same for channels. */
struct import_channel *import_channel(struct import *im, const char *name);
struct import_channel *import_find_channel(const struct import *im, const char *name);

/* A copy of n bytes that lives as long as im; "" if im->failed. */
const char *import_text(struct import *im, const char *p, size_t n);

/* Whether a text can be part of a line: UTF-8, and no control characters but those of formatting.
 */
bool import_is_line(const char *text);

/* A text of a record; NULL: "". */
static inline struct store_text import_column(const char *text)
{
	return (struct store_text){text ? text : "", text ? strlen(text) : 0};
}

/* A row of the file is not taken: what it is (a line number or a key), and why. */
void import_skip(struct import *im, const char *row, const char *why);

/* Appends to a VEC of im. */
#define import_push(im, v, element)                                                                \
	((void)(VEC_PUSH(v, element, IMPORT_ROWS_MAX) || ((im)->failed = true)))

/* Takes a password hash, in the form of password_foreign.h, if it can be checked here at a bounded
 * price; else the row is reported, and the account has no password. */
void import_hash(struct import *im, struct import_account *a, const char *hash);

/* A fingerprint of a certificate, as the store keeps it: 64 hexadecimal digits; NULL if it is
 * none of SHA-256. */
const char *import_fingerprint(struct import *im, const char *text);

/* The bits of the channel modes that have a letter, without parameter, here; *rest gets those that
 * have none, NUL-terminated. */
uint32_t import_modes(const char *letters, char rest[64]);

#endif
