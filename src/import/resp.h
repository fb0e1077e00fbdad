/*
 * resp.h - an append-only file of commands in the Redis protocol, as buntdb writes it: the keys and
 * values that it leaves.
 *
 *     *3 $3 set $KEY $VALUE       *5 set KEY VALUE ex|ae SECONDS
 *     *2 del KEY                  *1 flushdb
 *
 * With ex the key lives that long after the file was last written, with ae until that second since
 * 1970; what has ended is not there. Each line ends with CR LF, and each text too. A file that ends
 * within a command was being written when its server died: that command did not happen.
 */
#ifndef IMPORT_RESP_H
#define IMPORT_RESP_H

#include "base/hash.h"
#include "base/siphash.h"
#include "base/vec.h"

enum {
	RESP_WORDS_MAX = 5,
	RESP_KEYS_MAX = 1 << 22,
	RESP_DIGITS_MAX = 10,
};

/* Bytes of the file, not terminated. */
struct resp_text {
	const char *p;
	size_t len;
};

struct resp_pair {
	struct hash_node by_key;
	struct resp_text key, value; /* value.p NULL: deleted */
};

/* All zero but the key and the times: empty. */
struct resp {
	struct siphash_key hash;
	struct hash_table keys;
	VEC(struct resp_pair *) pairs; /* in the order of their first commands */
	int64_t now_ms, written_ms;    /* now, and when the file was written; since 1970 */
	bool cut;                      /* the file ends within a command */
};

/* Reads len bytes, to which the result refers. NULL, or why not, with the place in *at. */
const char *resp_read(struct resp *r, const char *file, size_t len, size_t *at);

/* The value of a key, which is `name` and behind it `more`; its p is NULL if there is none. */
struct resp_text resp_get(const struct resp *r, const char *name, struct resp_text more);

/* Frees it. */
void resp_free(struct resp *r);

#endif
