/*
 * cmd_search.c - SEARCH (soju.im/search): messages by their words, sender and time.
 *
 *     SEARCH in=#chan;from=nick;after=T;before=T;text=words;limit=n      all may be left out
 *
 * What is searched is what CHATHISTORY would show the user: the channels it is in, from their
 * beginning on, and its own conversations. The attributes are written as message tags are. The
 * reply is a page of history.
 */
#include "chat/cmd/cmd_history.h"
#include "chat/cmd/command.h"
#include "chat/history/history_page.h"
#include "chat/model/correspondent.h"
#include "chat/model/history_scope.h"
#include "chat/out/caps.h"
#include "chat/proto/tags.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	LIMIT_DEFAULT = 50,
	VALUE_MAX = STORE_SEARCH_TEXT_MAX, /* bytes of an attribute; a longer one is refused */
};

/* The attributes of one command. */
struct wanted {
	char in[VALUE_MAX + 2], from[VALUE_MAX + 2], text[VALUE_MAX + 2];
	int64_t after, before; /* -1: none */
	uint32_t limit;
};

static bool parse_count(const char *text, uint32_t *n)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*n = (uint32_t)(value < STORE_PAGE_MAX ? value : STORE_PAGE_MAX);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

/* Takes one attribute; false if its value is not one. An unknown attribute is ignored. */
static bool take(struct wanted *w, const struct tag *t)
{
	char value[VALUE_MAX + 2];

	if (tag_unescape(t, value, sizeof(value)) > VALUE_MAX)
		return false;
	if (tag_is(t, "in"))
		strcpy(w->in, value);
	else if (tag_is(t, "from"))
		strcpy(w->from, value);
	else if (tag_is(t, "text"))
		strcpy(w->text, value);
	else if (tag_is(t, "limit"))
		return parse_count(value, &w->limit);
	else if (tag_is(t, "after"))
		return time_parse(value, &w->after);
	else if (tag_is(t, "before"))
		return time_parse(value, &w->before);
	return true;
}

static void refuse(struct request *q, const char *code, const char *context, const char *text)
{
	reply_note(q, &(struct reply_note){"FAIL", "SEARCH", code, context, text});
}

static bool parse(struct request *q, struct wanted *w)
{
	const char *list = msg_param(q->msg, 0);
	struct tag t;
	char key[16];

	while (tag_next(&list, &t)) {
		if (take(w, &t))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)t.key_len, t.key);
		refuse(q, "INVALID_PARAMS", key, "Invalid parameters");
		return false;
	}
	return true;
}

/* Starts the search of s, and of the first `count` channels. */
static void search(struct request *q, struct store_search *s, const struct wanted *w)
{
	struct store_request r = {.op = STORE_SEARCH};
	char from[CHANNEL_BYTES_MAX + 1];
	enum store_status status;

	if (w->from[0])
		s->from = store_name(w->from, from);
	s->text = (struct store_text){w->text, strlen(w->text)};
	s->after_ms = w->after < 0 ? 0 : w->after;
	s->before_ms = w->before < 0 ? INT64_MAX : w->before;
	s->oldest_first = w->after >= 0;
	s->limit = u32_min(w->limit, (uint32_t)q->server->config->history.page);
	s->after = history_private_since(q);
	r.u.search = *s;
	status = history_page_start(q, &(struct history_query){&r, NULL, NULL, false});
	if (status != STORE_OK)
		refuse(q, "INTERNAL_ERROR", "*", store_status_text(status));
}

static void search_channel(struct request *q, const struct wanted *w)
{
	const struct channel *ch = registry_channel(q->server, w->in);
	char name[CHANNEL_BYTES_MAX + 1];
	struct store_channel one;

	if (!ch || !channel_member(ch, q->user)) {
		refuse(q, "INVALID_PARAMS", "in", "You are not on that channel");
		return;
	}
	one = (struct store_channel){
		.name = store_name(ch->name, name), .begun = history_scope_begun(q->server, ch)};
	search(q, &(struct store_search){.channels = &one, .channel_count = 1}, w);
}

static void search_conversation(struct request *q, const struct wanted *w)
{
	char own[CORRESPONDENT_MAX], other[CORRESPONDENT_MAX];

	if (!nick_valid(w->in, (size_t)q->server->config->limits.nick_length))
		refuse(q, "INVALID_PARAMS", "in", "No such nick");
	else
		search(q,
			&(struct store_search){.user = correspondent_of(q->user, own),
				.with = correspondent_named(q->server, w->in, other)},
			w);
}

static void search_all(struct request *q, const struct wanted *w)
{
	size_t room = (size_t)q->user->channel_count + 1;
	struct store_channel *channels = calloc(room, sizeof(*channels));
	char(*names)[CHANNEL_BYTES_MAX + 1] = calloc(room, sizeof(*names));
	char own[CORRESPONDENT_MAX];
	struct store_search s = {.user = correspondent_of(q->user, own), .channels = channels};
	const struct channel *ch;
	uint32_t i = 0;

	while (channels && names && s.channel_count < STORE_PAGE_MAX &&
		(ch = user_next_channel(q->user, &i))) {
		channels[s.channel_count] =
			(struct store_channel){.name = store_name(ch->name, names[s.channel_count]),
				.begun = history_scope_begun(q->server, ch)};
		s.channel_count++;
	}
	if (channels && names)
		search(q, &s, w);
	else
		refuse(q, "INTERNAL_ERROR", "*", store_status_text(STORE_NO_MEMORY));
	free(channels);
	free(names);
}

static void cmd_search(struct request *q)
{
	struct wanted w = {.after = -1, .before = -1, .limit = LIMIT_DEFAULT};

	if (!config_searches(q->server->config) || !(q->conn->caps & CAP_SEARCH))
		reply(q, ERR_UNKNOWNCOMMAND, "SEARCH :Unknown command");
	else if (!parse(q, &w))
		return;
	else if (w.in[0] == '#')
		search_channel(q, &w);
	else if (w.in[0])
		search_conversation(q, &w);
	else
		search_all(q, &w);
}

static const struct command rows[] = {
	{"SEARCH", 1, 0, 10, cmd_search},
};

const struct command_group commands_search = {rows, ARRAY_SIZE(rows)};
