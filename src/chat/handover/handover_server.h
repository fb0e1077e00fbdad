/*
 * handover_server.h - state of no single user in a handover.
 */
#ifndef CHAT_HANDOVER_HANDOVER_SERVER_H
#define CHAT_HANDOVER_HANDOVER_SERVER_H

#include "chat/handover/handover_part.h"

/* Writes all records of this kind; out of memory shows in h->out. */
void hand_server_write(struct hand_out *h);

/* Each reads one record, after all users. False: it is not valid, or out of memory. */
bool hand_server_read(struct hand_in *h, struct tlv_in in);
bool hand_oper_read(struct hand_in *h, struct tlv_in in);
bool hand_whowas_read(struct hand_in *h, struct tlv_in in);
bool hand_address_read(struct hand_in *h, struct tlv_in in);
bool hand_warned_read(struct hand_in *h, struct tlv_in in);

#endif
