/*
 * script.h - a plan as a scenario in Lua, whose expectation is the property that failed.
 */
#ifndef LAB_FUZZ_SCRIPT_H
#define LAB_FUZZ_SCRIPT_H

#include "lab/fuzz/program.h"

enum {
	SCRIPT_TEXT = 1 << 18,
};

/* Writes the scenario; false if it does not fit. */
bool script_print(const struct plan *p, const struct failure *f, char text[SCRIPT_TEXT]);

#endif
