/*
 * link_options.h - what a link does, in the words of tc-netem(8): options of the command line, and
 * lines typed while it runs: "delay 100ms", "loss 1%", "down".
 */
#ifndef CLI_LINK_OPTIONS_H
#define CLI_LINK_OPTIONS_H

#include "lab/world/link.h"

/* The answer of link_option() to a name that is none. */
#define LINK_NO_OPTION "no such option"

/* Applies one option to *c. value is NULL for those without one: "codel", "down", "up". Returns
 * NULL, LINK_NO_OPTION, or what was expected. */
const char *link_option(struct link_config *c, const char *name, const char *value);

/* Whether there is an option of this name; *with_value: and it takes a value. */
bool link_option_known(const char *name, bool *with_value);

#endif
