/*
 * whowas.h - who was here: a ring of the last users that left or changed their nick.
 */
#ifndef CHAT_WHOWAS_H
#define CHAT_WHOWAS_H

#include "chat/user.h"

struct whowas_entry {
	char *text;  /* nick, user, host, real name, each with its NUL */
	nsec_t left; /* since 1970 */
};

struct whowas {
	struct whowas_entry *ring;
	uint32_t size, next, count;
};

/* Remembers u as it is now, at most `max` users in all: the oldest is forgotten. */
void whowas_add(struct whowas *w, const struct user *u, nsec_t wall, uint32_t max);

/* The latest entry before the i latest ones whose nick the mask covers; NULL after the last.
 * Starts with *i = 0. */
const struct whowas_entry *whowas_next(const struct whowas *w, const char *mask, uint32_t *i);

void whowas_free(struct whowas *w);

#endif
