/* upgrade.h - the functions of a cluster for a node whose process changes. */
#ifndef CHAT_CLUSTER_CLUSTER_UPGRADE_H
#define CHAT_CLUSTER_CLUSTER_UPGRADE_H

#include "chat/cluster_upgrade.h"

extern const struct cluster_upgrade upgrade_ops;

#endif
