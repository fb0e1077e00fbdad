/*
 * sysctl_priv.h - the table of refused sysctls, shared by sysctl.c and sysctl_table.c.
 */
#ifndef STACK_SYSCTL_PRIV_H
#define STACK_SYSCTL_PRIV_H

#include "stack/sysctl.h"

#define SYSCTL_CC_AVAILABLE "reno cubic bbr cubic_hspp dctcp"

struct sysctl_refusal {
	const char *name; /* may end in '*' */
	const char *why;
};

/* The refused names; *count rows. */
const struct sysctl_refusal *sysctl_refusals(size_t *count);

#endif
