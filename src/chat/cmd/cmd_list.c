/*
 * cmd_list.c - LIST, with the conditions of ISUPPORT ELIST=CMNTU:
 *     >n <n users    C>n C<n made more, less than n minutes ago    T>n T<n topic likewise
 *     mask !mask
 *
 * A channel is listed if it matches all conditions and, if masks are given, one of the masks.
 */
#include "base/utf8.h"
#include "chat/cmd/command.h"
#include "chat/out/reply_stream.h"
#include "chat/proto/glob.h"
#include "chat/proto/param.h"

#include <stdlib.h>

enum {
	LIST_NUMBER_MAX =
		100000000, /* minutes, 190 years: no channel is older, or has more users */
};

struct condition {
	enum {
		LIST_USERS,
		LIST_CREATED,
		LIST_TOPIC,
		LIST_MASK,
		LIST_NOT_MASK,
	} kind;
	bool more; /* '>' */
	int64_t number;
	const char *mask;
};

struct listing {
	struct reply_stream stream;
	struct request *q; /* of the current turn */
	uint32_t place;    /* hash_scan() of the channels */
	struct condition condition[TARGETS_MAX];
	int count;
	char text[]; /* the conditions point into it */
};

static void parse_condition(struct listing *l, char *text)
{
	struct condition *c = &l->condition[l->count];
	char *sign = *text == 'C' || *text == 'T' ? text + 1 : text;

	if (*sign == '<' || *sign == '>') {
		*c = (struct condition){
			.kind = *text == 'C'   ? LIST_CREATED
				: *text == 'T' ? LIST_TOPIC
					       : LIST_USERS,
			.more = *sign == '>',
			.number = param_number(sign + 1, LIST_NUMBER_MAX),
		};
	} else {
		c->kind = *text == '!' ? LIST_NOT_MASK : LIST_MASK;
		c->mask = *text == '!' ? text + 1 : text;
	}
	l->count++;
}

/* Compares minutes since a time with the condition; time 0 (never) matches none. */
static bool age_fits(const struct condition *c, nsec_t since, nsec_t wall)
{
	nsec_t bound = c->number * 60 * NSEC_SEC;

	if (since == 0)
		return false;
	return c->more ? wall - since > bound : wall - since < bound;
}

static bool fits(const struct listing *l, const struct condition *c, const struct channel *ch)
{
	nsec_t wall = l->q->server->wall;

	switch (c->kind) {
	case LIST_USERS: return c->more ? ch->count > c->number : ch->count < c->number;
	case LIST_CREATED: return age_fits(c, ch->created, wall);
	case LIST_TOPIC: return age_fits(c, ch->topic ? ch->topic_at : 0, wall);
	case LIST_MASK: return true; /* one of them suffices: fits_mask() */
	default: return !glob_match(c->mask, ch->name, &l->q->server->work);
	}
}

static bool fits_mask(const struct listing *l, const struct channel *ch)
{
	bool masks = false;

	for (int i = 0; i < l->count; i++) {
		const struct condition *c = &l->condition[i];

		if (c->kind == LIST_MASK && glob_match(c->mask, ch->name, &l->q->server->work))
			return true;
		masks |= c->kind == LIST_MASK;
	}
	return !masks;
}

static bool shown(const struct listing *l, const struct channel *ch)
{
	const struct user *u = l->q->user;

	return !(ch->modes & CHANNEL_SECRET) || channel_member(ch, u) || user_may(u, OPER_OVERRIDE);
}

static void send_row(const struct listing *l, const struct channel *ch)
{
	reply(l->q, RPL_LIST, "%s %u :%s", ch->name, ch->count, ch->topic ? ch->topic : "");
}

static void each_row(struct hash_node *n, void *arg)
{
	const struct listing *l = arg;
	const struct channel *ch = container_of(n, struct channel, by_name);

	l->q->server->work += (uint64_t)(1 + l->count) * WORK_LOOK;
	for (int i = 0; i < l->count; i++)
		if (!fits(l, &l->condition[i], ch))
			return;
	if (fits_mask(l, ch) && shown(l, ch))
		send_row(l, ch);
}

/* `LIST #a,#b` names channels without wildcards: looked up one by one. */
static bool list_named(const struct listing *l)
{
	for (int i = 0; i < l->count; i++) {
		const struct condition *c = &l->condition[i];

		if (c->kind != LIST_MASK || strpbrk(c->mask, "*?"))
			return false;
	}
	for (int i = 0; i < l->count; i++) {
		const struct channel *ch = registry_channel(l->q->server, l->condition[i].mask);

		if (ch && shown(l, ch))
			send_row(l, ch);
	}
	return l->count > 0;
}

static bool list_step(struct request *q, struct reply_stream *a)
{
	struct listing *l = container_of(a, struct listing, stream);

	l->q = q;
	l->place = hash_scan(&q->server->channels, l->place, each_row, l);
	if (l->place)
		return true;
	reply(q, RPL_LISTEND, ":End of /LIST");
	return false;
}

static void cmd_list(struct request *q)
{
	const char *given = msg_param(q->msg, 0);
	struct listing *l = reply_stream_new(q, sizeof(*l) + strlen(given) + 1, list_step);
	char *rest = NULL;

	if (!l)
		return;
	l->q = q;
	memcpy(l->text, given, strlen(given) + 1);
	for (char *p = strtok_r(l->text, ",", &rest); p; p = strtok_r(NULL, ",", &rest)) {
		if (l->count == TARGETS_MAX) {
			reply(q, ERR_TOOMANYTARGETS, "%.64s :Too many targets", p);
			break;
		}
		parse_condition(l, p);
	}
	reply(q, RPL_LISTSTART, "Channel :Users  Name");
	if (!list_named(l)) {
		reply_stream_start(q, &l->stream);
		return;
	}
	reply(q, RPL_LISTEND, ":End of /LIST");
	free(l);
}

static const struct command rows[] = {
	{"LIST", 0, 0, 4, cmd_list},
};

const struct command_group commands_list = {rows, ARRAY_SIZE(rows)};
