/*
 * history_page.h - pages of history, sent over several turns. The store returns the ids of the
 * page; messages are requested a piece at a time as the client reads, so that neither a long page
 * nor many of them fill a queue.
 *
 *     STORE_HISTORY -> ids -> STORE_ROWS -> lines -> (the queue drains) -> STORE_ROWS -> ... -> end
 */
#ifndef CHAT_HISTORY_HISTORY_PAGE_H
#define CHAT_HISTORY_HISTORY_PAGE_H

#include "chat/out/reply.h"
#include "chat/store.h"

/* A query: a page of messages, TARGETS, or SEARCH. */
struct history_query {
	struct store_request *request; /* STORE_HISTORY, STORE_TARGETS or STORE_SEARCH */
	const char *channel;           /* its channel; NULL: none */
	const char *with;              /* the other nick of a conversation; NULL: none */
	bool joined; /* unsolicited: an empty page or a store failure is not reported */
};

/* Submits the query and starts the reply, which takes q's label. A status other than STORE_OK:
 * nothing was submitted. */
enum store_status history_page_start(struct request *q, const struct history_query *h);

#endif
