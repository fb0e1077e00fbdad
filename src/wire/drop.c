/* drop.c - names of drop reasons. */
#include "wire/drop.h"

static const char *const names[] = {
	[DROP_NONE] = "none",
	[DROP_TRUNCATED] = "truncated",
	[DROP_VERSION] = "wrong ip version",
	[DROP_HEADER_LEN] = "bad header length",
	[DROP_TOTAL_LEN] = "bad total length",
	[DROP_CHECKSUM] = "bad checksum",
	[DROP_NO_CHECKSUM] = "no checksum",
	[DROP_OPTION] = "bad option",
	[DROP_EXT_ORDER] = "bad extension header chain",
	[DROP_ADDRESS] = "impossible address",
	[DROP_PORT] = "port zero",
	[DROP_HARDWARE] = "not ethernet and ipv4",
	[DROP_OPCODE] = "unknown operation",
	[DROP_TYPE] = "unknown type",
	[DROP_HOP_LIMIT] = "hop limit below 255",
};

_Static_assert(ARRAY_SIZE(names) == DROP_COUNT, "every reason has a name");

const char *drop_name(enum drop d)
{
	return (unsigned)d < DROP_COUNT ? names[d] : "unknown";
}
