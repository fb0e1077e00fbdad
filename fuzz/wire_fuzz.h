/*
 * wire_fuzz.h - helpers of the targets for the wire room. Each of them checks that any bytes are
 * parsed without fault, and that a parsed packet, emitted again, parses to the same.
 */
#ifndef FUZZ_WIRE_FUZZ_H
#define FUZZ_WIRE_FUZZ_H

#include <stdlib.h>

#include "base/base.h"
#include "wire/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FUZZ_OUT_MAX = 1 << 17
};

/* Like assert(), in every build. */
static inline void must(bool holds)
{
	if (!holds)
		abort();
}

/* Addresses for checksums: IPv4, or IPv6 if v6. */
static inline struct ip_pair fuzz_pair(bool v6)
{
	if (v6)
		return (struct ip_pair){{{0xfe, 0x80, [15] = 1}}, {{0xfe, 0x80, [15] = 2}}};
	return (struct ip_pair){ip_addr_from_v4(0x0a000001), ip_addr_from_v4(0x0a000002)};
}

#endif
