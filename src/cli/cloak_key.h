/*
 * cloak_key.h - the key of cloaks: a file in the data directory, made at the first start. Bans of
 * cloaks hold as long as it is the same.
 */
#ifndef CLI_CLOAK_KEY_H
#define CLI_CLOAK_KEY_H

#include "base/siphash.h"

enum {
	CLOAK_KEY_WHY_MAX = 200,
};

/* Reads DIRECTORY/cloak.key, or makes it. False, with one line in why, if that fails: *key is then
 * random. */
bool cloak_key_load(struct siphash_key *key, const char *directory, char why[CLOAK_KEY_WHY_MAX]);

#endif
