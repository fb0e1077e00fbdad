/*
 * option.h - options of a script or of the command line, and packetdrill's default parameters.
 */
#ifndef LAB_PKT_OPTION_H
#define LAB_PKT_OPTION_H

#include "lab/pkt/run.h"

/* Returns true if there is an option of that name, without its "--". */
bool option_known(const char *name);

/* Applies an option to r before the system under test is built. Returns false after run_fail() if
 * it is unknown or its value invalid. */
bool option_apply(struct pkt_run *r, const struct pkt_option *o);

/* Sets the sysctls that packetdrill's scripts rely on. Returns false after run_fail() or
 * run_skip(). */
bool option_baseline(struct pkt_run *r);

#endif
