/*
 * missed.c - replay of missed messages: of channels at once, of private conversations when the
 * store has named them.
 */
#include "chat/cmd/missed.h"

#include "chat/cmd/later.h"
#include "chat/history/history_page.h"
#include "chat/model/correspondent.h"
#include "chat/model/history_scope.h"
#include "chat/out/caps.h"

#include <stdlib.h>

struct missed {
	struct later later;
	uint64_t since;
};

static struct store_request request_since(const struct request *q, uint64_t since)
{
	struct store_request r = {.op = STORE_HISTORY};

	r.u.history = (struct store_history){
		.select = STORE_LATEST,
		.from = {.kind = STORE_AT_MSGID, .id = since},
		.limit = (uint32_t)q->server->config->history.on_join,
	};
	return r;
}

static void replay_channels(struct request *q, uint64_t since)
{
	const struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(q->user, &i))) {
		struct store_request r = request_since(q, since);
		char name[CHANNEL_BYTES_MAX + 1];

		r.u.history.target.a = store_name(ch->name, name);
		r.u.history.begun = history_scope_begun(q->server, ch);
		history_page_start(q, &(struct history_query){&r, ch->name, NULL, true});
	}
}

static void replay_private(struct request *q, struct store_text with, uint64_t since)
{
	struct store_request r = request_since(q, since);
	char own[CORRESPONDENT_MAX], nick[CORRESPONDENT_MAX];

	correspondent_nick(q->server, with, nick);
	r.u.history.target.a = with;
	r.u.history.target.b = correspondent_of(q->user, own);
	history_page_start(q, &(struct history_query){&r, NULL, nick, true});
}

static void named(void *arg, const struct store_reply *reply)
{
	struct missed *m = arg;
	struct request q;

	if (later_resume(&m->later, &q)) {
		for (uint32_t i = 0; reply->status == STORE_OK && i < reply->count; i++)
			replay_private(&q, reply->targets[i].name, m->since);
		later_end(&q);
	}
	free(m);
}

/* Asks for the conversations with a message since then. */
static void ask_private(struct request *q, uint64_t since)
{
	struct store_request r = {.op = STORE_TARGETS, .done = named};
	struct missed *m = calloc(1, sizeof(*m));
	char own[CORRESPONDENT_MAX];

	if (!m)
		return;
	m->since = since;
	r.arg = m;
	r.u.targets = (struct store_targets){
		.user = correspondent_of(q->user, own),
		.from_ms = INT64_MAX,
		.to_ms = msgid_ms(since) - 1,
		.limit = MISSED_CONVERSATIONS,
	};
	later_init(q, &m->later);
	if (store_submit(q->server->store, &r) == STORE_OK)
		later_begin(q, &m->later);
	else
		free(m);
}

/* Channels only with server-time, as at a JOIN: without it old messages would look new. Private
 * ones are shown in any case, with a line that says when they were sent. */
void missed_replay(struct request *q, uint64_t since)
{
	const struct config *c = q->server->config;

	if (!config_keeps_history(c) || c->history.on_join == 0 || since == 0 || q->label ||
		q->split || (q->conn->caps & CAP_CHATHISTORY))
		return;
	if (q->conn->caps & CAP_SERVER_TIME)
		replay_channels(q, since);
	ask_private(q, since);
}
