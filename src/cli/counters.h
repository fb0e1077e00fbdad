/*
 * counters.h - the counters of a running instance.
 */
#ifndef CLI_COUNTERS_H
#define CLI_COUNTERS_H

#include "observe/counter_list.h"

/* Asks the instance of that name (control_client.h). False after a message on stderr. */
bool counters_get(struct counter_list *l, const char *command, const char *name);

/* The process of the instance, and its name, at most n bytes with the NUL. Likewise. */
bool counters_source(const char *command, const char *name, int *pid, char *own_name, size_t n);

#endif
