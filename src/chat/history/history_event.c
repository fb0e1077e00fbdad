/* history_event.c - events of channels: history_event.h. */
#include "chat/history/history_event.h"

#include "chat/cluster.h"
#include "chat/model/auditorium.h"
#include "chat/model/channel_history.h"
#include "chat/model/history_scope.h"

#include <stdarg.h>

enum {
	QUEUE_PART =
		4, /* this fraction of the store's queue may be taken before events are left out */
};

void history_event_params(struct history_event *e, ...)
{
	va_list list;
	const char *piece;
	size_t n = 0;

	va_start(list, e);
	while ((piece = va_arg(list, const char *))) {
		size_t len = strlen(piece);

		assert(n + len < sizeof(e->params)); /* they come from a line */
		memcpy(e->params + n, piece, len);
		n += len;
	}
	va_end(list);
	e->params[n] = '\0';
}

static bool is_kept(const struct server *s)
{
	const struct config_history *h = &s->config->history;

	return s->store && config_keeps_history(s->config) && h->events &&
	       s->store->seen.health == STORE_OK &&
	       s->store->queued < (uint64_t)h->queue_messages / QUEUE_PART;
}

static struct store_text text_of(const char *t)
{
	return (struct store_text){t ? t : "", t ? strlen(t) : 0};
}

void history_event(
	struct server *s, const struct channel *ch, struct history_event *e, struct line_out *line)
{
	struct store_request r = {.op = STORE_APPEND};
	char name[CHANNEL_BYTES_MAX + 1];

	if (!is_kept(s) || !channel_keeps_history(s, ch) || (e->user && user_remote(e->user)))
		return;
	r.u.append.target.a = store_name(ch->name, name);
	r.u.append.open = history_scope_is_open(ch);
	r.u.append.msg = (struct store_msg){
		.id = msgid_next(&s->ids, s->wall),
		.ms = s->wall > 0 ? s->wall / NSEC_MSEC : 0,
		.author = e->user ? e->user->session : 0,
		.event = STORE_EVENT,
		.source = text_of(e->source),
		.account = text_of(e->user ? user_account(e->user) : NULL),
		.command = text_of(e->command),
		.params = text_of(e->params),
	};
	if (store_submit(s->store, &r) != STORE_OK)
		return;
	cluster_event(s, &r.u.append);
	if (!line)
		return;
	msgid_print(e->msgid, r.u.append.msg.id);
	line->msgid = e->msgid;
}

void history_event_of_all(struct server *s, const struct user *u, struct history_event *e)
{
	const struct channel *ch;
	uint32_t i = 0;

	while (is_kept(s) && (ch = user_next_channel(u, &i)))
		if (!channel_audience(ch, u))
			history_event(s, ch, e, NULL);
}
