/*
 * tcp_close.h - close, shutdown and abort.
 */
#ifndef STACK_TCP_TCP_CLOSE_H
#define STACK_TCP_TCP_CLOSE_H

#include "stack/tcp/tcp_priv.h"

/* True if aborting c now sends a RST (RFC 9293 3.10.5). */
bool tcp_owes_reset(const struct tcp_conn *c);

#endif
