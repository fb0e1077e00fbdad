/*
 * cluster_check.c - each node's picture as sorted lines, which are compared: cluster_check.h.
 */
#include "chat/test/cluster_check.h"

#include "base/test/test.h"
#include "chat/cluster.h"
#include "chat/model/banlist.h"
#include "chat/model/modes.h"
#include "chat/model/rate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LINES_MAX = 1 << 16,
};

#define MODES_SHARED                                                                               \
	(USER_REGISTERED | USER_INVISIBLE | USER_OPER | USER_BOT | USER_SECURE | USER_CLOAKED |    \
		USER_CALLER_ID | USER_ACCOUNTS_ONLY | USER_NO_CTCP)

struct picture {
	int node;
	const char *what;
	VEC(char *) lines;
};

__attribute__((format(printf, 2, 3))) static void add(struct picture *p, const char *format, ...)
{
	va_list list;
	char *line;

	va_start(list, format);
	assert_true(vasprintf(&line, format, list) >= 0);
	va_end(list);
	assert_true(VEC_PUSH(&p->lines, line, LINES_MAX));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct picture *p)
{
	if (p->lines.count)
		qsort(p->lines.at, p->lines.count, sizeof(*p->lines.at), by_text);
}

static void picture_free(struct picture *p)
{
	for (uint32_t i = 0; i < p->lines.count; i++)
		free(p->lines.at[i]);
	VEC_FREE(&p->lines);
}

/* --- users and channels --- */

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

static void add_user(struct picture *p, const struct user *u)
{
	if (!user_registered(u))
		return;
	add(p, "user %s node %d session %016llx modes %x away %s real %s since %llx", user_mask(u),
		user_remote(u) ? u->node : p->node + 1, (unsigned long long)u->session,
		u->modes & MODES_SHARED, or_none(u->away), user_real(u),
		(unsigned long long)u->nick_since);
}

static void add_masks(struct picture *p, const struct channel *ch)
{
	for (int list = 0; list < BANLIST_COUNT; list++) {
		const struct mask_rows *rows = banlist_rows(ch, (enum banlist)list);

		for (uint32_t i = 0; rows && i < rows->count; i++)
			add(p, "channel %s mask %d %s", ch->name, list, rows->at[i].text);
	}
}

static void add_channel(struct picture *p, const struct channel *ch)
{
	struct rate joins = channel_rate(ch, CHANNEL_JOIN_RATE);

	add(p, "channel %s modes %x key %s limit %u joins %u", ch->name, ch->modes,
		or_none(ch->key), (unsigned)ch->limit, (unsigned)joins.count);
	add(p, "channel %s topic %s by %s at %lld", ch->name, or_none(ch->topic),
		or_none(ch->topic_by), (long long)(ch->topic_at / NSEC_USEC));
	for (uint32_t i = 0; i < ch->count; i++)
		add(p, "channel %s member %s rank %x", ch->name, user_nick(ch->members[i].user),
			(unsigned)ch->members[i].modes);
	add_masks(p, ch);
}

static struct picture picture_of(const struct world *w, int node)
{
	struct server *s = w->node[node].server;
	struct picture p = {.node = node, .what = "users and channels"};
	struct hash_iter it = hash_walk(&s->nicks);
	struct hash_node *n;

	while ((n = hash_next(&it)))
		add_user(&p, container_of(n, struct user, by_nick));
	it = hash_walk(&s->channels);
	while ((n = hash_next(&it)))
		add_channel(&p, container_of(n, struct channel, by_name));
	sort(&p);
	return p;
}

/* --- histories --- */

/* Whether its origin has lost it: the others, who may have got it, do not give it back. */
static bool is_lost(const struct world *w, const struct disk_message *m)
{
	uint32_t node = m->id & ((1u << MSGID_NODE_BITS) - 1);
	const struct world_node *n = &w->node[node - 1];

	for (uint32_t i = 0; i < n->lost.count; i++)
		if (m->id > n->lost.at[i].after && m->id <= n->lost.at[i].last)
			return true;
	return false;
}

static struct picture history_of(const struct world *w, int node)
{
	const struct disk *d = &w->node[node].disk;
	struct picture p = {.node = node, .what = "histories"};

	for (uint32_t i = 0; i < d->messages.count; i++)
		if (!is_lost(w, &d->messages.at[i]))
			add(&p, "message %016lld %016llx %s", (long long)d->messages.at[i].ms,
				(unsigned long long)d->messages.at[i].id, d->messages.at[i].text);
	sort(&p);
	return p;
}

/* Writes the first line that one has and the other has not. */
static bool differ(const struct picture *a, const struct picture *b, char *fault, size_t size)
{
	uint32_t i = 0, count = a->lines.count;
	bool in_a, in_b;

	while (i < count && i < b->lines.count && strcmp(a->lines.at[i], b->lines.at[i]) == 0)
		i++;
	in_a = i < count;
	in_b = i < b->lines.count;
	if (in_a || in_b)
		snprintf(fault, size, "%s differ\n    node %d: %.400s\n    node %d: %.400s",
			a->what, a->node + 1, in_a ? a->lines.at[i] : "-", b->node + 1,
			in_b ? b->lines.at[i] : "-");
	return in_a || in_b;
}

static bool compare(const struct world *w, struct picture (*of)(const struct world *w, int node),
	char *fault, size_t size)
{
	struct picture first = of(w, 0);
	bool found = false;

	for (int i = 1; i < w->nodes && !found; i++) {
		struct picture other = of(w, i);

		found = differ(&first, &other, fault, size);
		picture_free(&other);
	}
	picture_free(&first);
	return found;
}

/* --- names, receipts --- */

static bool holds_no_key(const struct world *w, int node, char *fault, size_t size)
{
	struct hash_iter it = hash_walk(&w->node[node].server->nicks);
	struct hash_node *n;

	while ((n = hash_next(&it))) {
		const struct user *u = container_of(n, struct user, by_nick);

		if (!user_registered(u) || user_remote(u) || (u->modes & USER_NICK_HELD))
			continue;
		snprintf(fault, size, "key: node %d: %s holds none", node + 1, user_nick(u));
		return true;
	}
	return false;
}

/* How often a disk has a text. */
static int count_of(const struct disk *d, const char *text)
{
	size_t len = strlen(text);
	int count = 0;

	for (uint32_t i = 0; i < d->messages.count; i++) {
		const char *t = d->messages.at[i].text;
		size_t n = strlen(t);

		count += n > len && strcmp(t + n - len, text) == 0;
	}
	return count;
}

/* A receipted message is there once; if the disk of its node was lost it may be gone. */
static bool text_faulty(const struct world *w, uint32_t number, char *fault, size_t size)
{
	const struct world_text *t = &w->text[number];
	int author = world_node_of(w, t->client);
	char text[16];

	snprintf(text, sizeof(text), " :m%u", (unsigned)number);
	for (int i = 0; i < w->nodes; i++) {
		int count = count_of(&w->node[i].disk, text);

		if (count == 1 || (count == 0 && !t->receipted) ||
			(count == 0 && w->node[author].wipes != t->wipes))
			continue;
		snprintf(fault, size, "text m%u: node %d has it %d times%s", (unsigned)number,
			i + 1, count, t->receipted ? ", and it was receipted" : "");
		return true;
	}
	return false;
}

bool cluster_check(struct world *w, char *fault, size_t size)
{
	if (*w->fault) {
		snprintf(fault, size, "%s", w->fault);
		return true;
	}
	if (compare(w, picture_of, fault, size) || compare(w, history_of, fault, size))
		return true;
	for (int i = 0; i < w->nodes; i++)
		if (holds_no_key(w, i, fault, size))
			return true;
	for (uint32_t i = 0; i < w->texts; i++)
		if (text_faulty(w, i, fault, size))
			return true;
	return false;
}
