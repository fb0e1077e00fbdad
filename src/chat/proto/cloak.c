/* cloak.c - hosts that hide addresses: cloak.h. */
#include "chat/proto/cloak.h"

#include "chat/proto/addr_text.h"

#include <stdio.h>

enum {
	PARTS = 3,
	BITS_OF_CHARACTER = 5,
};

_Static_assert(PARTS *(CLOAK_PART + 1) + CLOAK_SUFFIX_MAX < HOST_BYTES_MAX, "a cloak fits a host");

static void put_part(char out[CLOAK_PART + 1], uint64_t hash)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (int i = 0; i < CLOAK_PART; i++, hash >>= BITS_OF_CHARACTER)
		out[i] = digits[hash % 32];
	out[CLOAK_PART] = '\0';
}

void cloak_host(char out[HOST_BYTES_MAX], const struct net_addr *a, const struct siphash_key *key,
	const char *suffix)
{
	static const uint8_t bits4[PARTS] = {32, 24, 16}, bits6[PARTS] = {128, 64, 48};
	const uint8_t *bits = a->family == 4 ? bits4 : bits6;
	char part[PARTS][CLOAK_PART + 1];

	for (int i = 0; i < PARTS; i++) {
		struct net_addr prefix = addr_prefix(a, bits[i]);
		uint8_t hashed[2 + sizeof(prefix.ip)] = {a->family, bits[i]};

		memcpy(hashed + 2, prefix.ip, sizeof(prefix.ip));
		put_part(part[i], siphash(hashed, sizeof(hashed), key));
	}
	snprintf(out, HOST_BYTES_MAX, "%s.%s.%s.%.24s", part[0], part[1], part[2], suffix);
}
