/*
 * cloak.h - what others see in the place of a user's address: three keyed hashes, of the address
 * and of the networks that it is in, so that a ban can cover a network without naming it:
 *
 *     192.0.2.7      k3jw2xqa.b5c7e2li.q7rmzz4d.cloak      of /32, /24, /16
 *     2001:db8::7    ...                                   of /128, /64, /48
 *
 *     *!*@*.b5c7e2li.q7rmzz4d.cloak                        a ban of 192.0.2.0/24
 *
 * Who does not have the key cannot try all addresses.
 */
#ifndef CHAT_PROTO_CLOAK_H
#define CHAT_PROTO_CLOAK_H

#include "base/siphash.h"
#include "chat/limits.h"
#include "chat/net.h"

enum {
	CLOAK_PART = 8, /* characters of a hash: 40 bits */
	CLOAK_SUFFIX_MAX = 24,
};

/* Writes the cloak of an address; suffix has at most CLOAK_SUFFIX_MAX characters. */
void cloak_host(char out[HOST_BYTES_MAX], const struct net_addr *a, const struct siphash_key *key,
	const char *suffix);

#endif
