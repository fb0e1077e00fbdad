/*
 * cluster_check.h - what has to hold when all nodes have met again: they show the same users and
 * channels, each nick is held by its user, the histories are equal, and what was receipted is there
 * once.
 */
#ifndef CHAT_TEST_CLUSTER_CHECK_H
#define CHAT_TEST_CLUSTER_CHECK_H

#include "chat/test/cluster_world.h"

/* Writes the first fault found; false if there is none. */
bool cluster_check(struct world *w, char *fault, size_t size);

#endif
