/*
 * ban.h - server bans: K-lines (user@host or nick!user@host), D-lines (address) and bans of
 * accounts (a:name). Kept in memory for lookup; the store preserves them over a restart.
 *
 *     nets    (family, prefix, bits) -> ban     D-lines, and K-lines whose host is an address
 *     masks   list                              K-lines with any other host
 *     by_mask (kind, mask) -> ban               all; the only table of bans of accounts
 *
 * An address is looked up once per prefix length in use, so a hundred thousand D-lines cost no more
 * than one; masks are searched linearly.
 */
#ifndef CHAT_MODEL_BAN_H
#define CHAT_MODEL_BAN_H

#include "base/hash.h"
#include "base/list.h"
#include "base/siphash.h"
#include "chat/net.h"
#include "chat/store.h"

enum ban_kind {
	BAN_USER = 1,    /* K-line. The numbers are stored: do not change them */
	BAN_ADDRESS = 2, /* D-line */
	BAN_ACCOUNT = 3, /* a:name */
	BAN_KIND_END,
};

enum {
	BAN_MASK_MAX = 128, /* bytes of user@host */
	BAN_TEXT_MAX = 300, /* bytes of a reason or of the setter */
	BANS_MAX = 100000,  /* in total; more are refused */
	BAN_PREFIXES = 129, /* lengths of a prefix: 0 .. 128 */
};

/* One ban; all one allocation. */
struct ban {
	struct list all;
	struct list masks; /* on bans.masks, or on no list */
	struct hash_node by_mask;
	struct hash_node nets; /* in bans.nets if is_net */
	bool is_net;
	enum ban_kind kind;
	struct net_addr net; /* the prefix, if is_net */
	uint32_t bits;
	int64_t expire_ms; /* ms since 1970; 0: never */
	/* mask: canonical, as used by UNKLINE; nick "": any */
	const char *mask, *nick, *user, *host, *reason, *setter;
	char text[];
};

struct bans {
	struct siphash_key key;
	struct list all, masks;
	struct hash_table by_mask; /* kind and mask -> ban */
	struct hash_table nets;
	uint32_t count, with_nick; /* in all; with a nick in their mask */
	uint32_t prefixes4[BAN_PREFIXES], prefixes6[BAN_PREFIXES]; /* bans of each length */
};

enum ban_result {
	BAN_OK,
	BAN_BAD_MASK, /* not what its kind wants */
	BAN_TOO_WIDE, /* matches every user */
	BAN_FULL,
	BAN_NO_MEMORY,
	BAN_NOT_FOUND,
	BAN_RESULT_COUNT,
};

/* Returns a message for users, such as "there is no such ban". */
const char *ban_result_text(enum ban_result r);

/* Initialises an empty set. key is copied. */
void bans_init(struct bans *b, const struct siphash_key *key);

/* Frees all bans. */
void bans_free(struct bans *b);

/* Adds or replaces a ban. kind and mask as typed: user@host or nick!user@host with * and ?, where
 * host may be an address with /BITS; for a D-line the address alone; for an account a:name. *added,
 * if not NULL, is the new ban, with the canonical mask to store. */
enum ban_result bans_add(struct bans *b, const struct store_ban *from, const struct ban **added);

/* Removes a ban; out, if not NULL, gets its canonical mask, as stored. */
enum ban_result bans_remove(
	struct bans *b, enum ban_kind kind, struct store_text mask, char out[BAN_MASK_MAX]);

/* Returns the D-line that covers an address, or NULL. O(prefix lengths in use). */
const struct ban *bans_match_address(
	const struct bans *b, const struct net_addr *addr, int64_t wall_ms);

/* Returns the ban of an account, or NULL. */
const struct ban *bans_match_account(const struct bans *b, const char *account, int64_t wall_ms);

/* A user that is registering; nick and account may be NULL. An unverified user name begins with ~,
 * which a mask may omit. */
struct ban_subject {
	const char *nick, *user, *host, *account;
	struct net_addr addr;
	int64_t wall_ms;
	uint64_t *work; /* the cost of matching is added here: glob.h */
};

/* Returns the K-line that covers a subject, or NULL. */
const struct ban *bans_match_user(const struct bans *b, const struct ban_subject *s);

/* Whether one ban covers a subject; for a D-line its address, for an account that. */
bool ban_covers(const struct ban *ban, const struct ban_subject *s);

/* Whether a network ban covers an address. */
bool ban_covers_address(const struct ban *ban, const struct net_addr *addr);

/* Whether a user@host mask from elsewhere covers a subject. */
bool ban_mask_covers(const char *mask, const struct ban_subject *s);

/* Drops expired bans. O(bans). */
void bans_expire(struct bans *b, int64_t wall_ms);

#endif
