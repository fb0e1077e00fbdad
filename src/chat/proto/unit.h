/*
 * unit.h - numbers with a unit: "16k", "90s".
 */
#ifndef CHAT_PROTO_UNIT_H
#define CHAT_PROTO_UNIT_H

#include "base/base.h"

enum {
	UNIT_TEXT_MAX = 32, /* a number with its unit and its NUL */
};

/* An array of units, largest first, ended by one without a name; "" stands for a bare number. */
struct unit {
	const char *name;
	int64_t factor;
};

/* Returns the unit of that name, or NULL. */
const struct unit *unit_find(const struct unit *units, const char *name);

/* The value of digits and a unit, at most INT64_MAX; 0 needs no unit. -1 if text is anything
 * else. */
int64_t unit_parse(const struct unit *units, const char *text);

/* Writes n in the first unit of which it is a multiple. */
void unit_print(char out[UNIT_TEXT_MAX], const struct unit *units, int64_t n);

#endif
