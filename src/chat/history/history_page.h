/*
 * history_page.h - pages of history, sent over several turns. The store gives the ids of the
 * page; the messages are asked for a piece at a time, as the client takes them, so that neither a
 * long page nor many of them fill anybody's queue.
 *
 *     STORE_HISTORY -> ids -> STORE_ROWS -> lines -> (the queue drains) -> STORE_ROWS -> ... -> end
 */
#ifndef CHAT_HISTORY_HISTORY_PAGE_H
#define CHAT_HISTORY_HISTORY_PAGE_H

#include "chat/out/reply.h"
#include "chat/store.h"

/* What is asked: a page of messages, or TARGETS. */
struct history_query {
	struct store_request *request; /* STORE_HISTORY or STORE_TARGETS */
	const char *channel;           /* that it is about; NULL: none */
	const char *with;              /* the nick that the conversation is with; NULL: none */
	bool joined; /* nobody asked: of nothing, or of a store that cannot answer, nothing is said
		      */
};

/* Asks the store, and starts the answer, which takes q's label over. Another status than STORE_OK:
 * it was not asked. */
enum store_status history_page_start(struct request *q, const struct history_query *h);

#endif
