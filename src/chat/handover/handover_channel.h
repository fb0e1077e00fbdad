/*
 * handover_channel.h - a channel in a handover.
 */
#ifndef CHAT_HANDOVER_HANDOVER_CHANNEL_H
#define CHAT_HANDOVER_HANDOVER_CHANNEL_H

#include "chat/handover/handover_part.h"

/* Writes the record of a channel; out of memory shows in h->out. */
void hand_channel_write(struct hand_out *h, const struct channel *ch);

/* Reads one, after all users. False: it is not valid, or out of memory. */
bool hand_channel_read(struct hand_in *h, struct tlv_in in);

#endif
