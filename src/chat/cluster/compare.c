/* compare.c - records that two nodes have otherwise. */
#include "chat/cluster/compare.h"

#include "chat/cluster/nodes.h"
#include "chat/cluster/records.h"
#include "chat/store/store_load.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	DIGITS = 16, /* of a number of a digest */
	RECORDS_PART = 1 << 16,
};

/* The same on all nodes. */
static const struct siphash_key digest_key = {1, 2};

static void next_page(struct network *n);

/* The hash of the key of a record, and of its state. */
static uint64_t key_hash(const struct store_record *r)
{
	uint64_t h = r->table;

	for (int i = 0; i < store_table_key(r->table); i++)
		h = siphash_2u64(
			h, siphash(r->text[i].p, r->text[i].len, &digest_key), &digest_key);
	return h;
}

static uint32_t place_of(const struct store_record *r, uint64_t hash)
{
	return (uint32_t)r->table * COMPARE_PARTS + (uint32_t)(hash % COMPARE_PARTS);
}

/* --- digests --- */

static void send_table(struct network *n, const struct node *o, int table)
{
	char text[COMPARE_PARTS * DIGITS + 1];
	struct entry e = {.kind = ENTRY_DIGEST,
		.number = {[DIGEST_TABLE] = (uint64_t)table,
			[DIGEST_LAST] = table == STORE_TABLE_COUNT - 1}};

	for (int i = 0; i < COMPARE_PARTS; i++)
		snprintf(text + i * DIGITS, DIGITS + 1, "%016llx",
			(unsigned long long)n->compare.digest[table * COMPARE_PARTS + i]);
	e.text[DIGEST_TEXT] = (struct store_text){text, sizeof(text) - 1};
	network_begin(n, WHAT_RECORDS, NULL, false);
	if (entry_put(&n->other, &e))
		network_send(n, "to", o->number);
}

static void send_digests(struct network *n)
{
	for (uint32_t i = 0; i < n->node_count; i++) {
		struct node *o = &n->node[i];

		if (o->state != NODE_UP || n->server->now < o->compare_due)
			continue;
		o->compare_due = n->server->now + COMPARE_EVERY;
		for (int table = 0; table < STORE_TABLE_COUNT; table++)
			send_table(n, o, table);
	}
}

bool compare_digest(const struct arrival *a, const struct entry *e)
{
	uint64_t table = e->number[DIGEST_TABLE];
	const char *text = entry_text(e, DIGEST_TEXT);
	char digits[DIGITS + 1];

	if (table >= STORE_TABLE_COUNT || strlen(text) != COMPARE_PARTS * DIGITS)
		return false;
	if (!a->from->digest)
		a->from->digest = calloc(COMPARE_SIZE, sizeof(uint64_t));
	a->from->digest_whole = e->number[DIGEST_LAST];
	for (int i = 0; a->from->digest && i < COMPARE_PARTS; i++) {
		snprintf(digits, sizeof(digits), "%.16s", text + i * DIGITS);
		a->from->digest[table * COMPARE_PARTS + (uint64_t)i] = strtoull(digits, NULL, 16);
	}
	return true;
}

/* --- a walk --- */

static void add_record(struct network *n, const struct store_record *r)
{
	uint64_t hash = key_hash(r), state = siphash_2u64(r->version, r->after, &digest_key);

	n->compare.digest[place_of(r, hash)] ^=
		siphash_2u64(hash, state ^ (uint64_t)r->gone, &digest_key);
}

/* Sends the message for the other node, and begins another one. */
static void send_records(struct network *n, const struct node *o)
{
	if (n->compare.filled)
		network_send(n, "to", o->number);
	n->compare.filled = false;
	network_begin(n, WHAT_RECORDS, NULL, false);
}

/* Adds a record to it, if their digests of its part differ. */
static void send_record(struct network *n, const struct node *o, const struct store_record *r)
{
	uint32_t at = place_of(r, key_hash(r));
	struct entry e = entry_of_record(r);

	if (!o->digest || o->digest[at] == n->compare.digest[at])
		return;
	if (n->other.bytes.count > RECORDS_PART)
		send_records(n, o);
	if (entry_put(&n->other, &e))
		n->compare.filled = true;
	else
		server_count(n->server, COUNT_NO_MEMORY); /* compared again later */
}

/* Each record of a page. What is older than the network has the node's number as its version. */
static void take_page(struct network *n, const struct store_reply *reply)
{
	const struct node *o = n->compare.to ? nodes_find(n, n->compare.to) : NULL;

	if (o)
		send_records(n, o);
	for (uint32_t i = 0; i < reply->count; i++) {
		struct store_record r = reply->records[i];
		int64_t owner = r.owner;

		if (!record_shared(n, &r))
			continue;
		r.owner = r.gone ? owner : r.owner;
		r.version = r.version ? r.version : n->number;
		if (o)
			send_record(n, o, &r);
		else
			add_record(n, &r);
	}
	if (o)
		send_records(n, o);
	n->other.bytes.count = 0;
}

/* The end of a walk: digests are sent; or the next node that has sent one gets what it has
 * otherwise. */
static void walk_ended(struct network *n)
{
	struct node *o = n->compare.to ? nodes_find(n, n->compare.to) : NULL;

	n->compare.running = false;
	if (o) {
		free(o->digest);
		o->digest = NULL;
		o->digest_whole = false;
	} else {
		send_digests(n);
	}
}

static void keep_place(struct compare *c, const struct store_record *last)
{
	for (int i = 0; i < COMPARE_KEYS; i++)
		store_string(last->text[i], c->after[i]);
}

static void page_read(void *arg, const struct store_reply *reply)
{
	struct server *s = arg;
	struct network *n = s->cluster ? network_of(s->cluster) : NULL;
	struct compare *c = n ? &n->compare : NULL;

	if (!n || !c->running)
		return;
	if (reply->status != STORE_OK) {
		c->running = false; /* compared again later */
		return;
	}
	take_page(n, reply);
	if (reply->count == STORE_PAGE_MAX) {
		keep_place(c, &reply->records[reply->count - 1]);
	} else {
		memset(c->after, 0, sizeof(c->after));
		c->table += c->gone;
		c->gone = !c->gone;
	}
	if (c->table < STORE_TABLE_COUNT)
		next_page(n);
	else
		walk_ended(n);
}

static void next_page(struct network *n)
{
	struct compare *c = &n->compare;
	struct store_request r = {.op = c->gone ? STORE_GONE_LIST : STORE_RECORD_LIST,
		.done = page_read,
		.arg = n->server};

	r.u.record.table = (enum store_table)c->table;
	for (int i = 0; i < COMPARE_KEYS; i++)
		r.u.record.text[i] = (struct store_text){c->after[i], strlen(c->after[i])};
	c->running = store_submit(n->server->store, &r) == STORE_OK;
}

static void begin(struct network *n, uint16_t to)
{
	struct compare *c = &n->compare;

	if (!to && !c->digest)
		c->digest = calloc(COMPARE_SIZE, sizeof(*c->digest));
	if (!c->digest)
		return; /* out of memory, or the first walk is still to come */
	if (!to)
		memset(c->digest, 0, COMPARE_SIZE * sizeof(*c->digest));
	c->to = to;
	c->table = 0;
	c->gone = false;
	memset(c->after, 0, sizeof(c->after));
	next_page(n);
}

void compare_tick(struct network *n)
{
	const struct server *s = n->server;

	if (n->compare.running || !s->store || !s->accounts.loaded)
		return;
	for (uint32_t i = 0; i < n->node_count; i++) {
		struct node *o = &n->node[i];

		if (o->state == NODE_UP && s->now >= o->compare_due) {
			begin(n, 0);
			return;
		}
	}
	for (uint32_t i = 0; i < n->node_count; i++)
		if (n->node[i].digest_whole) {
			begin(n, n->node[i].number);
			return;
		}
}

void compare_stop(struct network *n)
{
	for (uint32_t i = 0; i < n->node_count; i++)
		free(n->node[i].digest);
	free(n->compare.digest);
}
