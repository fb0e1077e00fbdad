/*
 * handover_conn.h - a connection in a handover.
 */
#ifndef CHAT_HANDOVER_HANDOVER_CONN_H
#define CHAT_HANDOVER_HANDOVER_CONN_H

#include "chat/handover/handover_part.h"

/* Writes the record of a connection, of this type; out of memory shows in h->out. */
void hand_conn_write(struct hand_out *h, const struct conn *c, uint16_t type);

/* Reads one, of a user or (NULL) of none. False: it is not valid, or out of memory. */
bool hand_conn_read(struct hand_in *h, struct tlv_in in, struct user *u);

#endif
