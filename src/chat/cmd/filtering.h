/*
 * filtering.h - what filters (filter.h) do to what users say: messages, topics, and the reasons of
 * PART and QUIT. Operators and messages to services are exempt.
 *
 *     warn     operators read who matched which filter, a line a second at most
 *     block    and the text goes nowhere: a message is refused with the filter's reason, a PART or
 *              QUIT has none
 *     kill     and the user is disconnected
 */
#ifndef CHAT_CMD_FILTERING_H
#define CHAT_CMD_FILTERING_H

#include "chat/cmd/command.h"
#include "chat/model/filter.h"

/* A text on its way. */
struct filtering {
	enum filter_target kind;
	const char *where; /* its target, for operators */
	const char *text;  /* UTF-8; lines are separated by LF */
	size_t n;
};

/* Why the text of q's user goes nowhere, valid until the filters change; NULL: it may pass. */
const char *filtering_refusal(struct request *q, const struct filtering *f);

/* The same; a server without filters pays one test. */
static inline const char *filtered(struct request *q, const struct filtering *f)
{
	return q->server->filters.rows.count ? filtering_refusal(q, f) : NULL;
}

/* Takes the record of a filter, or that it is gone. */
void filtering_record(struct server *s, const struct store_record *r);

/* Loads the filters from the store. False if it fails. */
bool filtering_load(struct server *s);

#endif
