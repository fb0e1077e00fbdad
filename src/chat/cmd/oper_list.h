/*
 * oper_list.h - the operators: under which name each became one, and the server notices it wants.
 *
 *     MODE nick +s ko      notices of kills and of operators; +s alone: all
 *     MODE nick -s k       without those of kills; -s alone: none
 *
 *     c  clients come and go        k  KILL           b  bans are set and removed
 *     o  OPER, and what is refused  r  accounts and channels are registered and dropped
 *
 * A notice is `:server NOTICE * :*** Kill: ...`, encoded once. It never has a password, and an
 * address only as the log has it.
 */
#ifndef CHAT_CMD_OPER_LIST_H
#define CHAT_CMD_OPER_LIST_H

#include "chat/server.h"

enum oper_kind {
	NOTICE_CLIENTS = 1 << 0,
	NOTICE_KILLS = 1 << 1,
	NOTICE_BANS = 1 << 2,
	NOTICE_OPERS = 1 << 3,
	NOTICE_REGISTRATIONS = 1 << 4,
	NOTICE_ALL = (1 << 5) - 1,
};

enum {
	OPERS_ONLINE_MAX = 1 << 16,
	NOTICE_LETTERS_MAX = 8,
};

/* Makes u an operator by the configuration's [oper name]; false, and it is none, if out of memory.
 * One that is already gets the rights of that name. */
bool oper_begin(struct server *s, struct user *u, const char *name);

/* Ends the rights of u, an operator. It sends nothing. */
void oper_end(struct server *s, struct user *u);

/* After REHASH: gives every operator what its class allows now. One whose [oper] is gone, or
 * whose class is, is none any more, and told. */
void oper_regrant(struct server *s);

/* Adds or takes classes of notices by their letters (NULL: all). False if a letter is none. */
bool oper_notices_set(struct server *s, const struct user *u, bool add, const char *letters);

/* The letters of the notices that u gets. */
void oper_notices_text(const struct server *s, const struct user *u, char out[NOTICE_LETTERS_MAX]);

/* Sends a notice to the operators who want it. Cheap if there is none. What operators must learn
 * goes by oper_notice() to all who may act on it. */
void oper_notify(struct server *s, enum oper_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
