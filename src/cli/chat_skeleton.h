/*
 * chat_skeleton.h - the table of characters that look alike: ICU's, loaded when the first name
 * needs it.
 */
#ifndef CLI_CHAT_SKELETON_H
#define CLI_CHAT_SKELETON_H

#include "chat/config/log.h"
#include "chat/proto/skeleton.h"

/* Creates it; NULL if out of memory. Without ICU a name is taken as it is, which is logged once. */
struct skeletons *chat_skeletons_new(struct log *log);

/* Frees it; x may be NULL. */
void chat_skeletons_free(struct skeletons *x);

#endif
