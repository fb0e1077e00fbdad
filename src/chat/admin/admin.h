/*
 * admin.h - requests of the server's administrator: a line in, lines of JSON out, in pieces.
 *
 *     status | users | channels | whois NICK | kill NICK REASON | announce TEXT | rehash
 *     ban list | ban test MASK | ban add TIME MASK REASON | ban del MASK   TIME: 2h; 0: for ever
 *     account show|suspend|unsuspend NAME | account passwd NAME PASSWORD
 *     backup PATH | export ACCOUNT PATH
 *
 * The first line of an answer is "ok", or "error" and the reason, which is all; the last is "end".
 * The caller has checked who asks: there is no other permission.
 */
#ifndef CHAT_ADMIN_ADMIN_H
#define CHAT_ADMIN_ADMIN_H

#include "chat/admin/admin_text.h"

#include "base/base.h"

enum {
	ADMIN_LINE_MAX = 1024, /* bytes of a request; a longer one is refused */
	ADMIN_PIECE_ROWS = 64,
	ADMIN_PIECE_LOOKS = 1024, /* slots of a table looked at for one piece */
};

struct server;
struct admin;

enum admin_step {
	ADMIN_MORE,    /* another piece follows */
	ADMIN_WAITS,   /* for the disk or a hash: ask again after a turn */
	ADMIN_DONE,    /* that was the last piece */
	ADMIN_REFUSED, /* likewise, and the answer is an error */
};

/* Begins the answer to a request, which is copied; NULL if out of memory. */
struct admin *admin_begin(struct server *s, const char *request);

/* Appends the next piece to out. */
enum admin_step admin_more(struct admin *a, struct admin_text *out);

/* Ends the answer, complete or not. What was asked for is done all the same. */
void admin_end(struct admin *a);

#endif
