/* apply_mode.h - MODE of a channel by another node. */
#ifndef CHAT_CLUSTER_APPLY_MODE_H
#define CHAT_CLUSTER_APPLY_MODE_H

#include "chat/cluster/apply.h"

/* Applies a line of modes; false if it may not be. */
bool apply_mode(const struct arrival *a, const struct entry *e);

#endif
