/*
 * shipped.h - the scenarios that come with burble: the files of scenarios/, built into the program.
 */
#ifndef LAB_SCENARIO_SHIPPED_H
#define LAB_SCENARIO_SHIPPED_H

#include "base/base.h"

struct shipped {
	const char *name; /* of the file, without .lua */
	const char *text;
	size_t len;
};

/* All of them, by name. */
extern const struct shipped shipped[];
extern const size_t shipped_count;

/* The one of that name, or NULL. */
const struct shipped *shipped_find(const char *name);

#endif
