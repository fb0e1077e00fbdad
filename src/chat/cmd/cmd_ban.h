/*
 * cmd_ban.h - orders to add or remove a server ban: the parts that KLINE, DLINE and UBAN share with
 * the administrator.
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

/* The kind of a mask as typed: an address or a network, a:account, or anything else. */
enum ban_kind ban_kind_of(const char *mask);

/* "K-line", "D-line" or "ban". */
const char *ban_kind_name(enum ban_kind kind);

/* Adds q's ban, whose mask is as typed, or removes one; replies. Returns the ban, or NULL. */
const struct ban *ban_order(struct request *q, struct ban_order *o);
void ban_lift(struct request *q, enum ban_kind kind, const char *given);

/* Replies that q's command is refused. */
void ban_refused(struct request *q, const char *code, const char *what, const char *why);

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
