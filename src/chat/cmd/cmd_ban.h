/*
 * cmd_ban.h - orders to add or remove a server ban: the parts that KLINE and DLINE share with the
 * administrator.
 */
#ifndef CHAT_CMD_CMD_BAN_H
#define CHAT_CMD_CMD_BAN_H

#include "chat/out/reply.h"
#include "chat/server.h"

/* A ban to be added; all texts are borrowed. */
struct ban_order {
	enum ban_kind kind;
	const char *mask, *reason, *setter; /* reason may be NULL */
	int64_t ms;                         /* its duration; 0: for ever */
};

/* The same as it is stored; its texts are those of the order. */
struct store_ban ban_record(const struct server *s, const struct ban_order *o);

/* Completes a mask: a nick that is online stands for its host, a host alone for every user on it.
 */
void ban_full_mask(
	const struct server *s, enum ban_kind kind, const char *given, char out[BAN_MASK_MAX]);

/* Submits an operator's change to the store: further replies to q wait for it, and report a
 * failure. */
void keep_change(struct request *q, const struct store_request *change);

/* Parses "30" (minutes), "90s", "10m", "2h" or "7d"; 0 means for ever. False if text is not a
 * duration. */
bool ban_duration(const char *text, int64_t *ms);

#endif
