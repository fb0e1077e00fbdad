/* cluster_upgrade.h - a node of a world goes on as another server. */
#ifndef CHAT_TEST_CLUSTER_UPGRADE_H
#define CHAT_TEST_CLUSTER_UPGRADE_H

#include "chat/test/cluster_world.h"

/* Another process takes the place of a node's. With `fails` the old one gives
 * its store away, and goes on. Without effect if it is not ready for that. */
void world_upgrade(struct world *w, int node, bool fails);

#endif
