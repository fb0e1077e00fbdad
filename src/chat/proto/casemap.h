/*
 * casemap.h - case mapping and validity of names.
 *
 * The mapping is ascii (docs/decisions/0101): 'A'-'Z' equal 'a'-'z', and every other byte equals
 * only itself.
 */
#ifndef CHAT_PROTO_CASEMAP_H
#define CHAT_PROTO_CASEMAP_H

#include "base/siphash.h"

/* The folded byte. */
static inline char case_fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Whether two strings are the same name. */
bool case_equal(const char *a, const char *b);

/* Keyed hash of the folded name of n bytes, of any length. */
uint32_t case_hash(const char *name, size_t n, const struct siphash_key *key);

/* RFC 2812 2.3.1 nick, with UTF-8 allowed except hidden characters: not empty, at most max bytes,
 * no leading digit or '-'. */
bool nick_valid(const char *nick, size_t max);

/* '#' and then 1 to max - 1 bytes without comma or hidden characters (utf8.h). */
bool channel_name_valid(const char *name, size_t max);

#endif
