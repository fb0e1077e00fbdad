/*
 * compare.h - records that two nodes have otherwise: after a node has come back, and now and then.
 * A node sends to the other a digest of its records: of each table COMPARE_PARTS numbers, one for
 * the records whose keys have that hash. Where they are not those of the other, it sends what it
 * has there; so does the first, as the other sends its digest, too.
 *
 * The tables are read page by page, one page at a time, behind everything else that the store does.
 */
#ifndef CHAT_CLUSTER_COMPARE_H
#define CHAT_CLUSTER_COMPARE_H

#include "chat/store.h"

struct network;
struct node;
struct entry;
struct arrival;

enum {
	COMPARE_PARTS = 256, /* of a table */
	COMPARE_SIZE = STORE_TABLE_COUNT * COMPARE_PARTS,
	COMPARE_KEYS = 3, /* texts of the longest key */
};

#define COMPARE_EVERY (600 * NSEC_SEC)

/* A walk through all records. */
struct compare {
	bool running;
	uint16_t to; /* the node to which they are sent; 0: the digest is made */
	int table;
	bool gone;        /* the removed ones of the table */
	bool filled;      /* something is in the message that is being made */
	uint64_t *digest; /* of ours; NULL before the first walk */
	char after[COMPARE_KEYS][STORE_RECORD_TEXT_MAX + 1];
};

/* Starts what is due. */
void compare_tick(struct network *n);

/* The digest of a table of another node. */
bool compare_digest(const struct arrival *a, const struct entry *e);

/* Ends it. */
void compare_stop(struct network *n);

#endif
