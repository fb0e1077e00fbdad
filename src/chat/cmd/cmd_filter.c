/*
 * cmd_filter.c - FILTER: operators set and try filters (filtering.h).
 *
 *     FILTER [LIST]
 *     FILTER ADD warn|block|kill TARGETS PATTERN :reason
 *     FILTER DEL PATTERN
 *     FILTER TEST :text               which filter would match
 *     FILTER TRY PATTERN :text        whether a pattern would
 */
#include "base/utf8.h"
#include "chat/cmd/cmd_ban.h"
#include "chat/cmd/filtering.h"

#include <stdio.h>

static void say(struct request *q, const char *text)
{
	reply_text(
		q, ":%s NOTICE %s :%s", q->server->config->server.name, user_nick(q->user), text);
}

static void refuse(struct request *q, const char *code, const char *text)
{
	reply_note(q, &(struct reply_note){"FAIL", "FILTER", code, NULL, text});
}

static void list(struct request *q)
{
	const struct filters *f = &q->server->filters;
	char text[LINE_BODY_MAX], targets[8];

	for (uint32_t i = 0; i < f->rows.count; i++) {
		const struct filter *row = &f->rows.at[i];

		filter_targets_text(row->targets, targets);
		snprintf(text, sizeof(text), "%s %s %s :%.100s (%.60s; %llu hits, %llu given up)",
			filter_action_name(row->action), targets, row->pattern, row->reason,
			row->setter, (unsigned long long)row->hits,
			(unsigned long long)row->given_up);
		say(q, text);
	}
	say(q, f->rows.count ? "End of filters" : "There is no filter");
}

/* The record of a filter; only the pattern for a deletion. */
static struct store_request record_of(enum store_op op, const struct filter_values *v)
{
	struct store_request r = {.op = op};

	r.u.record = (struct store_record){
		.table = STORE_FILTER,
		.text = {{v->pattern, strlen(v->pattern)}, {v->reason, strlen(v->reason)},
			{v->setter, strlen(v->setter)}},
		.number = {v->action, v->targets, v->set_ms},
	};
	return r;
}

static void changed(struct request *q, const char *what, const char *pattern)
{
	char text[LINE_BODY_MAX];

	LOG(q->server->log, INFO, "oper.filter", log_str("what", what), log_str("pattern", pattern),
		log_str("by", user_mask(q->user)));
	snprintf(text, sizeof(text), "%s filter %s", what, pattern);
	say(q, text);
}

static void add(struct request *q)
{
	const struct msg *m = q->msg;
	char error[FILTER_ERROR_MAX] = "", reason[FILTER_REASON_MAX + 1];
	struct filter_values v = {.pattern = m->params[3],
		.reason = reason,
		.setter = user_nick(q->user),
		.targets = filter_targets_of(m->params[2]),
		.set_ms = q->server->wall / NSEC_MSEC};
	struct store_request r;

	snprintf(reason, sizeof(reason), "%.*s", (int)utf8_cut(msg_param(m, 4), FILTER_REASON_MAX),
		msg_param(m, 4));
	if (!filter_action_find(m->params[1], &v.action)) {
		refuse(q, "INVALID_ACTION", "The actions are warn, block and kill");
		return;
	}
	if (!v.targets) {
		refuse(q, "INVALID_TARGETS",
			"The targets are p PRIVMSG, n NOTICE, P PART, q QUIT, t TOPIC, or * for "
			"all");
		return;
	}
	switch (filters_add(&q->server->filters, &v, error)) {
	case FILTER_OK:
		r = record_of(STORE_RECORD_PUT, &v);
		keep_change(q, &r);
		changed(q, "Added", v.pattern);
		break;
	case FILTER_INVALID: refuse(q, "INVALID_PATTERN", error); break;
	case FILTER_FULL: refuse(q, "TOO_MANY_FILTERS", "There are too many filters"); break;
	case FILTER_NO_MEMORY: refuse_out_of_memory(q); break;
	}
}

static void del(struct request *q)
{
	struct filter_values v = {.pattern = q->msg->params[1], .reason = "", .setter = ""};
	struct store_request r = record_of(STORE_RECORD_DELETE, &v);

	if (!filters_remove(&q->server->filters, v.pattern)) {
		refuse(q, "NO_SUCH_FILTER", "There is no filter with this pattern");
		return;
	}
	keep_change(q, &r);
	changed(q, "Removed", v.pattern);
}

/* Says which filter of a set matches a text. */
static void try(struct request *q, struct filters *f, const char *sample)
{
	uint64_t before = f->given_up;
	const struct filter *row =
		filters_find(f, FILTER_ALL, sample, strlen(sample), &q->server->work);
	char text[LINE_BODY_MAX];

	if (row)
		snprintf(text, sizeof(text), "Matches: %s %s", filter_action_name(row->action),
			row->pattern);
	else
		snprintf(text, sizeof(text), "Matches nothing%s",
			f->given_up > before ? "; too many steps for this text" : "");
	say(q, text);
}

static void try_pattern(struct request *q)
{
	struct filters one = {0};
	char error[FILTER_ERROR_MAX] = "Out of memory";
	struct filter_values v = {q->msg->params[1], "", "", FILTER_WARN, FILTER_ALL, 0};

	if (filters_add(&one, &v, error) == FILTER_OK)
		try(q, &one, q->msg->params[2]);
	else
		refuse(q, "INVALID_PATTERN", error);
	filters_free(&one);
}

static void cmd_filter(struct request *q)
{
	static const struct {
		const char *name;
		uint32_t params;
		void (*run)(struct request *q);
	} commands[] = {
		{"ADD", 5, add}, {"DEL", 2, del}, {"LIST", 1, list}, {"TRY", 3, try_pattern}};
	const char *name = q->msg->count ? q->msg->params[0] : "LIST";

	if (case_equal(name, "TEST") && q->msg->count > 1) {
		try(q, &q->server->filters, q->msg->params[1]);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (case_equal(name, commands[i].name) &&
			(q->msg->count >= commands[i].params || commands[i].run == list)) {
			commands[i].run(q);
			return;
		}
	refuse(q, "INVALID_PARAMS", "See HELP FILTER");
}

static const struct command rows[] = {
	{"FILTER", 0, COMMAND_NEEDS(OPER_BAN), 1, cmd_filter},
};

const struct command_group commands_filter = {rows, ARRAY_SIZE(rows)};
