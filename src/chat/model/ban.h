/*
 * ban.h - server bans: K-lines (user@host) and D-lines (address). Kept in memory for the lookup;
 * what keeps them over a restart is the store.
 *
 *     nets    (family, prefix, bits) -> ban     D-lines, and K-lines whose host is an address
 *     masks   list                              K-lines with any other host
 *
 * An address is looked up once for each length of prefix that is in use, so a hundred thousand
 * D-lines cost what one does; masks are walked.
 */
#ifndef CHAT_MODEL_BAN_H
#define CHAT_MODEL_BAN_H

#include "base/hash.h"
#include "base/list.h"
#include "base/siphash.h"
#include "chat/net.h"
#include "chat/store.h"

enum ban_kind {
	BAN_USER = 1,    /* K-line. The numbers are in the store: they do not change */
	BAN_ADDRESS = 2, /* D-line */
};

enum {
	BAN_MASK_MAX = 128, /* bytes of user@host */
	BAN_TEXT_MAX = 300, /* bytes of a reason or of who set it */
	BANS_MAX = 100000,  /* in all; more are refused */
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
	int64_t expire_ms;                                /* since 1970; 0: never */
	const char *mask, *user, *host, *reason, *setter; /* mask: canonical, what UNKLINE takes */
	char text[];
};

struct bans {
	struct siphash_key key;
	struct list all, masks;
	struct hash_table by_mask; /* kind and mask -> ban */
	struct hash_table nets;
	uint32_t count;
	uint32_t prefixes4[BAN_PREFIXES], prefixes6[BAN_PREFIXES]; /* bans of each length */
};

enum ban_result {
	BAN_OK,
	BAN_BAD_MASK, /* no address, or no user@host */
	BAN_TOO_WIDE, /* everybody */
	BAN_FULL,
	BAN_NO_MEMORY,
	BAN_NOT_FOUND,
	BAN_RESULT_COUNT,
};

/* "no such mask", for a user. */
const char *ban_result_text(enum ban_result r);

/* No bans. key is copied. */
void bans_init(struct bans *b, const struct siphash_key *key);
void bans_free(struct bans *b);

/*
 * Adds or replaces. kind and mask as somebody typed them: user@host with * and ?, host also an
 * address with /BITS; for a D-line the address alone. *added, if not NULL, is the ban as it is kept
 * (canonical mask): what goes to the store.
 */
enum ban_result bans_add(struct bans *b, const struct store_ban *from, const struct ban **added);

/* Takes a ban out; out, if not NULL, gets its canonical mask: what goes to the store. */
enum ban_result bans_remove(
	struct bans *b, enum ban_kind kind, struct store_text mask, char out[BAN_MASK_MAX]);

/* The D-line that covers an address, or NULL. O(prefix lengths in use). */
const struct ban *bans_match_address(
	const struct bans *b, const struct net_addr *addr, int64_t wall_ms);

/* Somebody who registers. A user name that nobody vouches for begins with ~, which a mask need not
 * name. */
struct ban_subject {
	const char *user, *host;
	struct net_addr addr;
	int64_t wall_ms;
	uint64_t *work; /* what comparing costs is added here: glob.h */
};

/* The K-line that covers them, or NULL. */
const struct ban *bans_match_user(const struct bans *b, const struct ban_subject *s);

/* Whether one ban covers them; of a D-line, the address. */
bool ban_covers(const struct ban *ban, const struct ban_subject *s);
bool ban_covers_address(const struct ban *ban, const struct net_addr *addr);

/* Whether one user@host mask covers them: for whoever keeps masks elsewhere. */
bool ban_mask_covers(const char *mask, const struct ban_subject *s);

/* Drops what has expired. O(bans): now and then. */
void bans_expire(struct bans *b, int64_t wall_ms);

#endif
