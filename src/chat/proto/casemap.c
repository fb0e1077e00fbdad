/*
 * casemap.c - folding, comparison, hashing and validation of names.
 */
#include "chat/proto/casemap.h"

#include "base/utf8.h"
#include "chat/limits.h"

bool case_equal(const char *a, const char *b)
{
	while (*a && case_fold(*a) == case_fold(*b)) {
		a++;
		b++;
	}
	return case_fold(*a) == case_fold(*b);
}

uint32_t case_hash(const char *name, size_t n, const struct siphash_key *key)
{
	char folded[128];
	uint64_t h = 0;

	/* Names in use are shorter than the buffer; a longer key is hashed piece by piece. */
	for (size_t at = 0; at < n || at == 0; at += sizeof(folded)) {
		size_t part = size_min(n - at, sizeof(folded));
		struct siphash_key k = {key->k0 ^ h, key->k1};

		for (size_t i = 0; i < part; i++)
			folded[i] = case_fold(name[at + i]);
		h = siphash(folded, part, &k);
	}
	return (uint32_t)h;
}

static bool nick_byte(unsigned char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80)
		return true;
	if (strchr("[]\\`_^{|}", c) && c)
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-');
}

bool nick_valid(const char *nick, size_t max)
{
	size_t n = strlen(nick);

	if (n == 0 || n > max || n >= NICK_BYTES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!nick_byte((unsigned char)nick[i], i == 0))
			return false;
	return !has_hidden_char(nick);
}

bool channel_name_valid(const char *name, size_t max)
{
	size_t n = strlen(name);

	if (n < 2 || n > max || n >= CHANNEL_BYTES_MAX || name[0] != '#')
		return false;
	return !strchr(name, ',') && !has_hidden_char(name);
}
