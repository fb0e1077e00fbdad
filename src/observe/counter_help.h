/*
 * counter_help.h - what each counter counts, in a few words.
 */
#ifndef OBSERVE_COUNTER_HELP_H
#define OBSERVE_COUNTER_HELP_H

#include "base/base.h"

/* Returns what the counter of that nstat name counts; NULL: there is none. *at is where the search
 * begins, and is moved behind it: lists of the same order are searched in one pass. */
const char *counter_help(const char *name, uint32_t *at);

/* Row i: returns the name, and in *help what the counter counts; NULL after the last. */
const char *counter_help_row(uint32_t i, const char **help);

#endif
