/*
 * knob.h - the parameters of hosts and the options of sockets that plans set, with bounds within
 * which a connection is expected to work.
 */
#ifndef LAB_FUZZ_KNOB_H
#define LAB_FUZZ_KNOB_H

#include "base/base.h"

struct knob {
	const char *name;
	const char *format; /* printf() format of a parameter's value; NULL: a number */
	int level, option;  /* of a socket option */
	int64_t low, high;
	bool kills; /* may end a connection even if the network works */
};

/* The number of each. */
extern const int64_t knob_sysctls, knob_options;

/* Parameter number i, below knob_sysctls; option number i, below knob_options. */
const struct knob *knob_sysctl(int64_t i);
const struct knob *knob_option(int64_t i);

enum {
	KNOB_TEXT = 64,
};

/* Writes a parameter's value in the form for burble_sysctl_set(). */
void knob_value(const struct knob *k, int64_t value, char text[KNOB_TEXT]);

#endif
