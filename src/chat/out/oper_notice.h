/*
 * oper_notice.h - notices of the server to its operators.
 */
#ifndef CHAT_OUT_OPER_NOTICE_H
#define CHAT_OUT_OPER_NOTICE_H

#include "chat/config/oper_cap.h"
#include "chat/server.h"

/* Sends a notice to the operators with a capability; all clients of each. */
void oper_notice(struct server *s, enum oper_cap need, const char *text);

#endif
