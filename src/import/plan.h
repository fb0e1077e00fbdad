/*
 * plan.h - from an import to records of the store: what is valid here, and not taken already, in
 * the order accounts, nicks, certificates and hosts, channels with ranks and masks, bans.
 */
#ifndef IMPORT_PLAN_H
#define IMPORT_PLAN_H

#include "chat/accounts/verifier.h"
#include "chat/store/store_request.h"
#include "import/import.h"

enum {
	IMPORT_MASKS_MAX = 100, /* of a channel: limits.masks */
	IMPORT_TOPIC_MAX = 390, /* bytes; a longer one is cut */
	IMPORT_KEY_MAX = 32,
};

/* Where records go. */
struct import_to {
	bool (*has)(void *arg, enum store_table table, const char *key);
	bool (*put)(void *arg, const struct store_record *r); /* false: nothing more is written */
	void *arg;
	int64_t now_ms;
	const struct verifier_cost
		*cost; /* of hashes for passwords that are known; NULL: none are made */
};

struct import_counts {
	uint64_t accounts, passwords, suspended, dropped, always_on;
	uint64_t nicks, certs, hosts, wanted, channels, ranks, masks, klines, dlines;
};

/* Writes im, whose rows that are not taken are reported. False if put() or memory failed: nothing
 * is to be kept. */
bool import_write(struct import *im, const struct import_to *to, struct import_counts *n);

#endif
