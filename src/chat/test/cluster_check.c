/*
 * cluster_check.c - each node's picture as sorted lines, which are compared: cluster_check.h.
 */
#include "chat/test/cluster_check.h"

#include "base/test/test.h"
#include "chat/cluster.h"
#include "chat/model/banlist.h"
#include "chat/model/channel_owned.h"
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
	add(p, "user %s node %d session %016llx modes %x away %s real %s account %s since %llx",
		user_mask(u), user_remote(u) ? u->node : p->node + 1,
		(unsigned long long)u->session, u->modes & MODES_SHARED, or_none(u->away),
		user_real(u), or_none(user_account(u)), (unsigned long long)u->nick_since);
}

static void add_masks(struct picture *p, const struct channel *ch)
{
	for (int list = 0; list < BANLIST_COUNT; list++) {
		const struct mask_rows *rows = banlist_rows(ch, (enum banlist)list);

		for (uint32_t i = 0; rows && i < rows->count; i++)
			add(p, "channel %s mask %d %s", ch->name, list, rows->at[i].text);
	}
}

static void add_owned(struct picture *p, const struct channel *ch)
{
	const struct channel_owned *o = ch->owned;

	add(p, "channel %s founder %s registered %lld", ch->name, o->founder,
		(long long)o->registered_ms);
	for (uint32_t i = 0; i < o->access.count; i++)
		add(p, "channel %s account %s rank %x", ch->name, o->access.at[i].account,
			(unsigned)o->access.at[i].modes);
}

static void add_account(struct picture *p, const struct account *a)
{
	add(p, "account %s password %s flags %x created %lld", a->name, a->password,
		(unsigned)a->flags, (long long)a->created_ms);
	for (int list = 0; list < ACCOUNT_LISTS; list++)
		for (const struct account_key *k = a->keys[list]; k; k = k->next)
			add(p, "account %s list %d has %s", a->name, list, k->text);
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
	if (ch->owned)
		add_owned(p, ch);
}

static struct picture picture_of(const struct world *w, int node)
{
	struct server *s = w->node[node].server;
	struct picture p = {.node = node, .what = "users, channels and accounts"};
	struct hash_iter it = hash_walk(&s->nicks);
	struct hash_node *n;

	while ((n = hash_next(&it)))
		add_user(&p, container_of(n, struct user, by_nick));
	it = hash_walk(&s->channels);
	while ((n = hash_next(&it)))
		add_channel(&p, container_of(n, struct channel, by_name));
	it = hash_walk(&s->accounts.names);
	while ((n = hash_next(&it)))
		add_account(&p, container_of(n, struct account, by_name));
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

/* Whether a message has the text of that number: alone, or with lines after it. */
static bool has_text(const struct disk_message *m, uint32_t number)
{
	char text[16];
	const char *at;
	size_t n = (size_t)snprintf(text, sizeof(text), " :m%u", (unsigned)number);

	at = strstr(m->text, text);
	return at && (at[n] == '\0' || at[n] == '\n');
}

/* Whether its redaction is lost, so that it may be there or not. */
static bool is_loose(const struct world *w, const struct disk_message *m)
{
	for (uint32_t i = 0; i < w->texts; i++)
		if (w->text[i].loose && has_text(m, i))
			return true;
	return false;
}

static struct picture history_of(const struct world *w, int node)
{
	const struct disk *d = &w->node[node].disk;
	struct picture p = {.node = node, .what = "histories"};

	for (uint32_t i = 0; i < d->messages.count; i++)
		if (!is_lost(w, &d->messages.at[i]) && !is_loose(w, &d->messages.at[i]))
			add(&p, "message %016lld %016llx %s", (long long)d->messages.at[i].ms,
				(unsigned long long)d->messages.at[i].id, d->messages.at[i].text);
	sort(&p);
	return p;
}

/* --- markers and records --- */

static bool is_loose_marker(const struct world *w, const char *text)
{
	const char *user = *text == '*' ? NULL : text;

	for (uint32_t i = 0; i < w->markers; i++)
		if (w->marker[i].loose && (!user || strcmp(w->marker[i].key, user) == 0))
			return true;
	return false;
}

static struct picture markers_of(const struct world *w, int node)
{
	const struct disk *d = &w->node[node].disk;
	struct picture p = {.node = node, .what = "markers"};

	for (uint32_t i = 0; i < d->markers.count; i++)
		if (!is_loose_marker(w, d->markers.at[i].text))
			add(&p, "marker %s at %lld", d->markers.at[i].text,
				(long long)d->markers.at[i].ms);
	sort(&p);
	return p;
}

static bool add_record(void *arg, const struct store_record *r)
{
	struct picture *p = arg;
	char text[STORE_RECORD_TEXTS * (STORE_RECORD_TEXT_MAX + 1) + 1];
	size_t n = 0;

	for (int i = 0; i < STORE_RECORD_TEXTS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %.*s", (int)r->text[i].len,
			r->text[i].len ? r->text[i].p : "");
	add(p, "record %d%s numbers %lld %lld %lld %lld", r->table, text, (long long)r->number[0],
		(long long)r->number[1], (long long)r->number[3], (long long)r->number[4]);
	return true;
}

static struct picture records_of(const struct world *w, int node)
{
	static const enum store_table tables[] = {STORE_ACCOUNT, STORE_ACCOUNT_NICK, STORE_CHANNEL,
		STORE_CHANNEL_ACCESS, STORE_CHANNEL_MASK};
	struct picture p = {.node = node, .what = "records"};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		disk_records((struct disk *)&w->node[node].disk, tables[i], add_record, &p);
	sort(&p);
	return p;
}

/* --- comparing --- */

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
static int count_of(const struct disk *d, uint32_t number)
{
	int count = 0;

	for (uint32_t i = 0; i < d->messages.count; i++)
		count += has_text(&d->messages.at[i], number);
	return count;
}

/* A receipted message is there once; if the disk of its node was lost it may be gone. One whose
 * redaction was receipted is nowhere. */
static bool text_faulty(const struct world *w, uint32_t number, char *fault, size_t size)
{
	const struct world_text *t = &w->text[number];
	int author = world_node_of(w, t->client);
	bool wiped = w->node[author].wipes != t->wipes, may_miss = !t->receipted || wiped;

	for (int i = 0; i < w->nodes; i++) {
		int count = count_of(&w->node[i].disk, number);

		if (t->redacted && !t->loose ? count == 0 : count == 1)
			continue;
		if (count == 0 && (may_miss || t->redactor >= 0))
			continue;
		snprintf(fault, size, "text m%u: node %d has it %d times%s%s", (unsigned)number,
			i + 1, count, t->receipted ? ", and it was receipted" : "",
			t->redacted ? ", and it was redacted" : "");
		return true;
	}
	return false;
}

/* With receipts of two servers, a receipted message outlives one disk. */
static bool text_lost(const struct world *w, uint32_t number, char *fault, size_t size)
{
	const struct world_text *t = &w->text[number];
	uint32_t wipes = 0;

	if (!w->quorum || !t->receipted || t->redactor >= 0)
		return false;
	for (int i = 0; i < w->nodes; i++) {
		if (count_of(&w->node[i].disk, number))
			return false;
		wipes += w->node[i].wipes;
	}
	if (wipes - t->all_wipes > 1)
		return false;
	snprintf(fault, size, "text m%u: lost with one disk", (unsigned)number);
	return true;
}

/* A registered account is there, and of no second client. */
static bool account_faulty(
	const struct world *w, const struct world_account *a, char *fault, size_t size)
{
	if (a->dropped || w->node[a->node].wipes != a->wipes)
		return false;
	if (a->times > 1 && !w->lost)
		snprintf(fault, size, "account %s: registered %u times", a->name,
			(unsigned)a->times);
	for (int i = 0; i < w->nodes && !*fault; i++)
		if (!accounts_find(&w->node[i].server->accounts, a->name))
			snprintf(fault, size, "account %s: node %d has it not", a->name, i + 1);
	return *fault;
}

static bool pictures_differ(const struct world *w, char *fault, size_t size)
{
	return compare(w, picture_of, fault, size) || compare(w, history_of, fault, size) ||
	       compare(w, records_of, fault, size) || compare(w, markers_of, fault, size);
}

bool cluster_check(struct world *w, char *fault, size_t size)
{
	if (*w->fault) {
		snprintf(fault, size, "%s", w->fault);
		return true;
	}
	*fault = '\0';
	if (pictures_differ(w, fault, size))
		return true;
	for (int i = 0; i < w->nodes; i++)
		if (holds_no_key(w, i, fault, size))
			return true;
	for (uint32_t i = 0; i < w->texts; i++)
		if (text_faulty(w, i, fault, size) || text_lost(w, i, fault, size))
			return true;
	for (uint32_t i = 0; i < w->accounts; i++)
		if (account_faulty(w, &w->account[i], fault, size))
			return true;
	return false;
}
