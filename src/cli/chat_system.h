/*
 * chat_system.h - what the chat server needs from the system around it: enough descriptors, kernel
 * limits that fit its configuration, and a word to systemd.
 */
#ifndef CLI_CHAT_SYSTEM_H
#define CLI_CHAT_SYSTEM_H

#include "chat/config/config.h"
#include "chat/config/log.h"

/* Raises RLIMIT_NOFILE as far as allowed, and warns in the log about each kernel limit that makes
 * the configured numbers impossible, if the sockets are to be the kernel's; also about a
 * user_timeout that overrules the keepalive. */
void chat_system_check(const struct config *c, struct log *l, bool kernel);

/* Tells systemd (sd_notify's protocol) what happened, e.g. "READY=1"; nothing without systemd. */
void chat_system_notify(const char *what);

#endif
