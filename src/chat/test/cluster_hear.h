/*
 * cluster_hear.h - what the clients of a world make of the lines that they get: receipts, ids of
 * messages, read markers, and whether one has come twice.
 */
#ifndef CHAT_TEST_CLUSTER_HEAR_H
#define CHAT_TEST_CLUSTER_HEAR_H

#include "chat/test/cluster_world.h"

/* A line, without its end, to a client. Without the capabilities of all: only messages. */
void world_hear(struct world *w, int client, const char *line, size_t len);

#endif
