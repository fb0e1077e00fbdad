/*
 * dnsbl.h - addresses on DNS lists ([dnsbl]): asked for at the end of the registration, which waits
 * for the answer, so that a client of a gateway is known by its own address.
 *
 *     refuse     the client is cut
 *     account    likewise unless it has logged in
 *     warn       operators read of it
 *
 * Without an answer within dnsbl.timeout, or if too many questions wait, the client is let in: a
 * list that is out of order must not close the server.
 */
#ifndef CHAT_CMD_DNSBL_H
#define CHAT_CMD_DNSBL_H

#include "chat/cmd/command.h"

/* Whether the registration of q's client waits for an answer, asked for now if it was not yet. */
bool dnsbl_waits(struct request *q);

#endif
