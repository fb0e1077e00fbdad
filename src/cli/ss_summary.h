/*
 * ss_summary.h - ss -s: how many sockets of each kind there are.
 */
#ifndef CLI_SS_SUMMARY_H
#define CLI_SS_SUMMARY_H

#include <stdbool.h>

/* Asks the instance of that name and prints the summary. False after a message on stderr. */
bool ss_summary(const char *name);

#endif
