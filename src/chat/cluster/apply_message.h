/* apply_message.h - entries for the history. */
#ifndef CHAT_CLUSTER_APPLY_MESSAGE_H
#define CHAT_CLUSTER_APPLY_MESSAGE_H

#include "chat/cluster/apply.h"

/* Keeps a message, and delivers it to local users; false if it may not be. */
bool apply_message(const struct arrival *a, const struct entry *e);

/* Keeps an event of a channel; false if it may not be. */
bool apply_event(const struct arrival *a, const struct entry *e);

/* Removes a message from the history, and tells it to local users. */
bool apply_redact(const struct arrival *a, const struct entry *e);
bool apply_marker(const struct arrival *a, const struct entry *e);

#endif
