/* filtering.c - filters at work, and their records. */
#include "chat/cmd/filtering.h"

#include "base/utf8.h"
#include "chat/cmd/presence.h"
#include "chat/out/oper_notice.h"
#include "chat/store/store_load.h"

#include <stdio.h>

#define TELL_EVERY NSEC_SEC

static const char *kind_name(enum filter_target kind)
{
	switch (kind) {
	case FILTER_PRIVMSG: return "PRIVMSG";
	case FILTER_NOTICE: return "NOTICE";
	case FILTER_PART: return "PART";
	case FILTER_QUIT: return "QUIT";
	default: return "TOPIC";
	}
}

/* Tells operators, but not of each line of a flood. */
static void tell(
	struct server *s, const struct user *u, const struct filter *row, const struct filtering *f)
{
	struct filters *set = &s->filters;
	char text[LINE_BODY_MAX], more[48] = "";

	if (set->told && s->now - set->told < TELL_EVERY) {
		set->untold++;
		return;
	}
	if (set->untold)
		snprintf(more, sizeof(more), " (and %u more meanwhile)", set->untold);
	snprintf(text, sizeof(text), "FILTER %s: %s %s %.64s matches %s%s",
		filter_action_name(row->action), user_mask(u), kind_name(f->kind), f->where,
		row->pattern, more);
	text[utf8_cut(text, LINE_BODY_MAX - 150)] = '\0';
	oper_notice(s, OPER_BAN, text);
	set->told = s->now;
	set->untold = 0;
}

static void kill_user(struct server *s, struct user *u, const char *reason)
{
	char why[FILTER_REASON_MAX + 32];

	snprintf(why, sizeof(why), "Filtered: %s", reason);
	presence_end(s, u, why);
}

const char *filtering_refusal(struct request *q, const struct filtering *f)
{
	static const enum server_counter counter[FILTER_ACTIONS] = {
		COUNT_FILTER_WARNED, COUNT_FILTER_BLOCKED, COUNT_FILTER_KILLED};
	struct server *s = q->server;
	uint64_t given_up = s->filters.given_up;
	struct filter *row;

	if (!user_registered(q->user) || (q->user->modes & USER_OPER))
		return NULL;
	if (q->conn->flags & CONN_LEAVING)
		return "You are disconnected";
	row = filters_find(&s->filters, f->kind, f->text, f->n, &s->work);
	s->counters[COUNT_FILTER_GIVEN_UP] += s->filters.given_up - given_up;
	if (!row)
		return NULL;
	row->hits++;
	server_count(s, counter[row->action]);
	LOG(s->log, INFO, "filter.hit", log_str("action", filter_action_name(row->action)),
		log_str("who", user_mask(q->user)), log_str("command", kind_name(f->kind)),
		log_str("where", f->where), log_str("pattern", row->pattern));
	tell(s, q->user, row, f);
	if (row->action == FILTER_KILL && f->kind != FILTER_QUIT)
		kill_user(s, q->user, row->reason);
	return row->action == FILTER_WARN ? NULL : row->reason;
}

void filtering_record(struct server *s, const struct store_record *r)
{
	char texts[3][STORE_RECORD_TEXT_MAX + 1], error[FILTER_ERROR_MAX] = "out of memory";
	struct filter_values v = {store_string(r->text[0], texts[0]),
		store_string(r->text[1], texts[1]), store_string(r->text[2], texts[2]),
		(enum filter_action)(r->number[0] < FILTER_ACTIONS ? r->number[0] : FILTER_WARN),
		(uint32_t)r->number[1] & FILTER_ALL, r->number[2]};

	if (r->gone)
		filters_remove(&s->filters, v.pattern);
	else if (filters_add(&s->filters, &v, error) != FILTER_OK)
		LOG(s->log, ERROR, "filter.unusable", log_str("pattern", v.pattern),
			log_str("reason", error));
}

static bool load_filter(void *arg, const struct store_record *r)
{
	filtering_record(arg, r);
	return true;
}

bool filtering_load(struct server *s)
{
	return !s->store || store_load(s->store, STORE_FILTER, load_filter, s);
}
