/*
 * counter_list.h - counters by their nstat names, in the order of Linux's files.
 */
#ifndef OBSERVE_COUNTER_LIST_H
#define OBSERVE_COUNTER_LIST_H

#include "base/base.h"

enum {
	COUNTER_NAME = 48,  /* room for a name */
	COUNTERS_MAX = 512, /* of a list: further ones are refused */
};

struct counter {
	char name[COUNTER_NAME];
	uint64_t value;
};

struct counter_list {
	uint32_t count;
	struct counter at[COUNTERS_MAX];
};

/* Appends one. False: the list is full, or the name too long. */
bool counter_list_add(struct counter_list *l, const char *name, uint64_t value);

/* The value of a counter; *at is where the search begins, and is moved behind it: lists of the same
 * order are searched in one pass. NULL: there is none of that name. */
const uint64_t *counter_list_find(const struct counter_list *l, const char *name, uint32_t *at);

#endif
