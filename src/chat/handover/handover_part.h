/*
 * handover_part.h - a handover while it is written or read, and values that several kinds of state
 * have. Private to this room.
 */
#ifndef CHAT_HANDOVER_HANDOVER_PART_H
#define CHAT_HANDOVER_HANDOVER_PART_H

#include "chat/handover/handover.h"
#include "chat/handover/handover_fields.h"
#include "chat/handover/handover_names.h"

struct channel;
struct metadata;

/* While a handover is written. */
struct hand_out {
	struct server *server;
	struct handover *to;
	struct tlv_out *out;     /* of it */
	struct hand_names users; /* by their addresses, and those of their quotas */
};

/* While it is read. */
struct hand_in {
	struct server *server;
	const struct handover_in *from;
	struct hand_names users;
	VEC(struct conn *) conns; /* by place - 1; NULL: gone */
};

/* The number of a user in the bytes. */
static inline uint64_t hand_id(const void *u)
{
	return (uint64_t)(uintptr_t)u;
}

/* Parts of several. An address is family, port and bytes; a pair of numbers 16 bytes. */
void hand_address(struct tlv_out *o, uint16_t type, const struct net_addr *a);
bool hand_as_address(const struct tlv *r, struct net_addr *a);
void hand_pair(struct tlv_out *o, uint16_t type, uint64_t a, uint64_t b);
bool hand_as_pair(const struct tlv *r, uint64_t *a, uint64_t *b);
void hand_metadata(struct tlv_out *o, uint16_t type, const struct metadata *m);
bool hand_metadata_read(struct metadata **m, const struct tlv *r);

/* Whether a text may be part of a line: no NUL, CR, LF. text may be NULL. */
bool hand_is_text(const char *text);

#endif
