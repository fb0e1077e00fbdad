/*
 * handover_user.h - a user in a handover.
 */
#ifndef CHAT_HANDOVER_HANDOVER_USER_H
#define CHAT_HANDOVER_HANDOVER_USER_H

#include "chat/handover/handover_part.h"

/* Writes the record of a user; out of memory shows in h->out. */
void hand_user_write(struct hand_out *h, const struct user *u);

/* Reads one. False: it is not valid, or out of memory. */
bool hand_user_read(struct hand_in *h, struct tlv_in in);

#endif
