/*
 * chat_system.h - system resources of the chat server: descriptors, kernel limits, systemd.
 */
#ifndef CLI_CHAT_SYSTEM_H
#define CLI_CHAT_SYSTEM_H

#include "chat/config/config.h"
#include "chat/config/log.h"

/* Raises RLIMIT_NOFILE as far as allowed, and logs a warning for each kernel limit that is too low
 * for the configuration, if `kernel`; also if user_timeout overrides the keepalive settings. */
void chat_system_check(const struct config *c, struct log *l, bool kernel);

/* Notifies systemd, as sd_notify() does, e.g. "READY=1"; does nothing without systemd. */
void chat_system_notify(const char *what);

#endif
