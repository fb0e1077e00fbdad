/*
 * whowas.h - WHOWAS history: a ring of the last users that left or changed their nick.
 */
#ifndef CHAT_MODEL_WHOWAS_H
#define CHAT_MODEL_WHOWAS_H

#include "chat/model/user.h"

struct whowas_entry {
	char *text;  /* nick, user, host, real name, each NUL-terminated */
	nsec_t left; /* since 1970 */
};

struct whowas {
	struct whowas_entry *ring;
	uint32_t size, count;
	uint64_t added; /* in total: entry n is at n % size */
};

enum {
	WHOWAS_PARTS = 4, /* of the text */
};

#define WHOWAS_NEWEST UINT64_MAX

/* Records u as it is now; of more than `max` entries the oldest is dropped. */
void whowas_add(struct whowas *w, const struct user *u, nsec_t wall, uint32_t max);

/* Adds an entry that was handed over, as its `len` bytes of text. What is none is ignored. */
void whowas_adopt(struct whowas *w, const char *text, size_t len, nsec_t wall, uint32_t max);

/* Returns the next older entry; NULL after the last. Start with *place = WHOWAS_NEWEST; entries
 * added during the iteration are not returned, dropped ones are skipped. */
const struct whowas_entry *whowas_before(const struct whowas *w, uint64_t *place);

/* Frees all entries. */
void whowas_free(struct whowas *w);

#endif
