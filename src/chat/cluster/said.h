/* said.h - the functions of a cluster: what happens to local users, as entries of the log. */
#ifndef CHAT_CLUSTER_SAID_H
#define CHAT_CLUSTER_SAID_H

#include "chat/cluster/network.h"

extern const struct cluster_ops network_ops;

#endif
