/*
 * nodes.c - the other nodes.
 *
 *     beat of an unknown node, or of a new start  -> ask for its snapshot, then for its past
 *     a number of its log is left out             -> ask for what was missed
 *     no beat for NODE_SILENT                     -> gone: its users quit as a netsplit
 *
 * Between the question and the end of the snapshot its log is not taken; then the numbers show what
 * is missing. What was said before the snapshot goes to the history only (past.c).
 */
#include "chat/cluster/nodes.h"

#include "chat/cluster/apply.h"
#include "chat/cluster/apply_channel.h"
#include "chat/cluster/confirm.h"
#include "chat/cluster/past.h"
#include "chat/cmd/oper_list.h"

#include <stdio.h>
#include <stdlib.h>

struct node *nodes_find(struct network *n, uint64_t number)
{
	for (uint32_t i = 0; i < n->node_count; i++)
		if (n->node[i].number == number)
			return &n->node[i];
	return NULL;
}

static void ask(struct network *n, struct node *o, bool snapshot)
{
	struct entry e = {.kind = ENTRY_ASK,
		.number = {[ASK_FROM] = o->seq + 1,
			[ASK_SNAPSHOT] = snapshot,
			[ASK_MUTUAL] = o->mutual}};

	o->asked = n->server->now;
	if (snapshot) {
		o->part = 0;
		o->refresh = o->state == NODE_UP;
		o->whole &= o->refresh;
		o->state = o->refresh ? NODE_UP : NODE_ASKED;
	}
	network_begin(n, WHAT_ASK, NULL, false);
	if (entry_put(&n->other, &e))
		network_send(n, "to", o->number);
}

/* The next node of which a start has ended; NULL: there is none. */
static const struct node *next_ended(struct network *n)
{
	for (uint32_t i = 0; i < n->node_count; i++) {
		const struct node *o = &n->node[n->beat_about++ % n->node_count];

		if (o->ended.begun)
			return o;
	}
	return NULL;
}

void nodes_beat(struct network *n)
{
	const struct config_server *c = &n->server->config->server;
	struct entry e = {.kind = ENTRY_BEAT,
		.number = {[BEAT_SEQ] = n->seq, [BEAT_USERS] = n->server->user_count},
		.text = {[BEAT_NAME] = {c->name, strlen(c->name)},
			[BEAT_ABOUT] = {c->description, strlen(c->description)}}};
	const struct node *ended = next_ended(n);

	e.number[BEAT_RENEWED] = n->renewed;
	if (ended) {
		e.number[BEAT_ENDED] = ended->number;
		e.number[BEAT_ENDED_BEGUN] = ended->ended.begun;
		e.number[BEAT_ENDED_SEQ] = ended->ended.seq;
	}
	network_flush(n); /* seq counts what was published */
	n->beat_due = n->server->now + BEAT_EVERY;
	network_begin(n, WHAT_BEAT, NULL, false);
	if (entry_put(&n->other, &e))
		network_send(n, "beat", n->number);
}

/* --- beats --- */

struct node *nodes_make(struct network *n, uint64_t number)
{
	struct node *o = nodes_find(n, number);

	if (o || n->node_count == NODES_MAX)
		return o;
	o = &n->node[n->node_count++];
	*o = (struct node){.number = (uint16_t)number, .state = NODE_GONE};
	return o;
}

static void node_came(struct network *n, struct node *o)
{
	LOG(n->server->log, INFO, "cluster.node-up", log_int("node", o->number),
		log_str("name", o->name));
	oper_notify(n->server, NOTICE_OPERS, "node %u, %s, is there", (unsigned)o->number, o->name);
	nodes_beat(n); /* it must know us before it is asked */
	ask(n, o, true);
}

/* The last messages of a node that has ended may have reached one and not the other, and no one
 * sends them again: then the two exchange snapshots. */
static void compare_ends(struct network *n, struct node *o, const struct entry *e)
{
	struct node *ended = nodes_find(n, e->number[BEAT_ENDED]);

	if (o->state != NODE_UP || !ended || !ended->ended.begun ||
		ended->ended.begun != e->number[BEAT_ENDED_BEGUN] ||
		ended->ended.seq >= e->number[BEAT_ENDED_SEQ])
		return;
	ended->ended.seq = e->number[BEAT_ENDED_SEQ];
	o->mutual = true;
	ask(n, o, true);
}

/* Asks for what its beat shows to be missing. */
static void follow(struct network *n, struct node *o, const struct entry *e, bool came)
{
	bool renewed = o->renewed != e->number[BEAT_RENEWED];

	if (came) {
		o->state = NODE_GONE;
		node_came(n, o);
	} else if (o->state != NODE_UP) {
		return; /* its snapshot may be older than this beat */
	} else if (renewed) {
		ask(n, o, true);
	} else if (e->number[BEAT_SEQ] > o->seq && n->server->now - o->asked >= ASK_AGAIN) {
		ask(n, o, false);
	}
	o->renewed = e->number[BEAT_RENEWED];
}

static void heard_beat(struct network *n, const struct entry *h, const struct entry *e)
{
	struct node *o = nodes_make(n, h->number[HEADER_NODE]);
	uint64_t begun = h->number[HEADER_BEGUN];
	bool fresh;

	if (!o || (o->begun > begun && o->state != NODE_GONE)) {
		network_count(n, NETWORK_REFUSED);
		return;
	}
	fresh = o->begun != begun;
	if (fresh && o->users)
		apply_gone(n, o, "restarted");
	if (fresh) {
		if (o->begun)
			o->ended = (struct log_place){o->begun, o->seq};
		o->begun = begun;
		o->seq = 0;
	}
	o->heard = n->server->now;
	o->said = e->number[BEAT_SEQ];
	snprintf(o->name, sizeof(o->name), "%s", entry_text(e, BEAT_NAME));
	snprintf(o->about, sizeof(o->about), "%s", entry_text(e, BEAT_ABOUT));
	compare_ends(n, o, e);
	follow(n, o, e, fresh || o->state == NODE_GONE);
}

/* --- the log, and snapshots --- */

/* The other entries of a message. */
static void apply_all(const struct arrival *a, struct entry_in *in)
{
	struct entry e;

	network_count(a->n, NETWORK_TAKEN);
	while (entry_next(in, &e))
		if (!apply_entry(a, &e))
			network_count(a->n, NETWORK_REFUSED_ENTRY);
	if (!a->snapshot)
		apply_channels_end(a->n, a->from);
}

static void heard_log(struct arrival *a, const struct entry *h, struct entry_in *in, bool again)
{
	struct network *n = a->n;
	struct node *o = a->from;
	uint64_t seq = h->number[HEADER_SEQ];

	if (o->state == NODE_UP && seq == o->seq + 1) {
		apply_all(a, in);
		o->seq = seq;
		o->asked = 0; /* the next gap is another */
		past_taken(o);
	} else if (o->state == NODE_UP && seq > o->seq) {
		network_count(n, NETWORK_GAPS);
		if (again) /* it does not have them any more */
			network_count(n, NETWORK_LOST);
		if (again)
			o->state = NODE_ASKED;
		if (again || n->server->now - o->asked >= ASK_AGAIN || o->asked == 0)
			ask(n, o, again);
	}
}

/* A part of the snapshot of a node that is back. */
static void apply_netjoin(struct arrival *a, struct entry_in *in)
{
	struct entry_in first = *in;
	struct split b;
	struct entry e;

	split_begin(a->n, &b, "netjoin", a->from);
	while (entry_next(&first, &e))
		if (e.kind == ENTRY_IN)
			apply_in_split(a, &b, &e);
	apply_all(a, in);
	split_end(a->n, &b);
}

static void heard_snapshot(struct arrival *a, const struct entry *h, struct entry_in *in)
{
	struct node *o = a->from;

	if (!(o->state == NODE_ASKED || o->refresh) || h->number[HEADER_PART] != o->part)
		return;
	if (o->part++ == 0)
		o->snapshot++;
	o->asked = a->n->server->now;
	a->snapshot = true;
	if (o->back)
		apply_netjoin(a, in);
	else
		apply_all(a, in);
	if (!h->number[HEADER_LAST])
		return;
	apply_snapshot_end(a);
	apply_channels_end(a->n, o);
	network_count(a->n, NETWORK_SNAPSHOTS);
	o->mutual = o->refresh = false;
	if (o->state == NODE_UP)
		return;
	a->n->renewed += o->seq && o->seq < h->number[HEADER_SEQ];
	o->seq = h->number[HEADER_SEQ];
	o->back = false;
	if (o->ended.begun == o->begun) /* it was only away */
		o->ended.begun = 0;
	o->state = NODE_UP;
	o->asked = 0;
	past_ask(a->n, o);
	o->compare_due = a->n->server->now;
}

/* --- questions --- */

static void heard_ask(struct network *n, struct node *o, const struct entry *e)
{
	uint64_t from = e->number[ASK_FROM];
	uint32_t at;
	bool has;

	network_flush(n);
	at = network_kept(n, from);
	has = at < n->kept.count && n->kept.at[at].seq == from;
	o->answer = (struct answer){.reading = o->answer.reading,
		.seq = n->seq,
		.next = has && !e->number[ASK_SNAPSHOT] ? from : 0,
		.snapshot = e->number[ASK_SNAPSHOT] || (!has && from <= n->seq)};
	n->server->net->ops->wake(n->server->net);
	if (e->number[ASK_MUTUAL] && o->state == NODE_UP)
		ask(n, o, true);
}

/* --- messages --- */

static uint64_t number_of(const char *subject)
{
	const char *dot = strrchr(subject, '.');

	return dot ? strtoull(dot + 1, NULL, 10) : 0;
}

/* A message of a node that is known, of its present start. */
static void heard_node(struct arrival *a, const struct entry *h, struct entry_in *in, bool to_us)
{
	struct entry e;

	switch ((enum what)h->number[HEADER_WHAT]) {
	case WHAT_LOG: heard_log(a, h, in, to_us); break;
	case WHAT_BESIDE:
		if (a->from->state == NODE_UP)
			apply_all(a, in);
		break;
	case WHAT_SNAPSHOT:
		if (to_us)
			heard_snapshot(a, h, in);
		break;
	case WHAT_RECORDS:
		if (to_us)
			apply_all(a, in);
		break;
	case WHAT_ASK:
		if (to_us && entry_next(in, &e) && e.kind == ENTRY_ASK)
			heard_ask(a->n, a->from, &e);
		break;
	case WHAT_PAST:
		if (to_us && entry_next(in, &e) && e.kind == ENTRY_PAST)
			past_asked(a->n, a->from, &e);
		break;
	case WHAT_PAGE:
		if (to_us && entry_next(in, &e) && e.kind == ENTRY_PAGE && past_page(a, &e))
			apply_all(a, in);
		break;
	case WHAT_HAVE:
		if (to_us && entry_next(in, &e) && e.kind == ENTRY_HAVE)
			confirm_heard(a->n, &e);
		break;
	default: network_count(a->n, NETWORK_REFUSED);
	}
}

/* The sender of "log.N" is node N: the engine's permissions make sure of it. */
static bool is_plausible(struct network *n, const struct entry *h, uint64_t to)
{
	uint64_t node = h->number[HEADER_NODE];

	if (node == n->number && h->number[HEADER_BEGUN] != n->begun &&
		h->number[HEADER_BEGUN] != n->twin) { /* its own start: an upgrade (upgrade.c) */
		n->twin = h->number[HEADER_BEGUN];
		LOG(n->server->log, ERROR, "cluster.number-taken", log_int("node", n->number));
		oper_notify(n->server, NOTICE_OPERS,
			"another server says that it is node %u, too: one of them must be changed",
			(unsigned)n->number);
	}
	return node > 0 && node <= NODE_NUMBER_MAX && node != n->number &&
	       (to == node || to == n->number);
}

void nodes_heard(void *arg, const char *subject, const uint8_t *bytes, size_t len)
{
	struct network *n = arg;
	struct entry_in in = entry_read(bytes, len);
	uint64_t to = number_of(subject);
	struct arrival a = {.n = n};
	struct entry h, e;

	if (!entry_next(&in, &h) || h.kind != ENTRY_HEADER || !is_plausible(n, &h, to)) {
		network_count(n, NETWORK_REFUSED);
		return;
	}
	a.from = nodes_find(n, h.number[HEADER_NODE]);
	if (h.number[HEADER_WHAT] == WHAT_BEAT) {
		if (to != n->number && entry_next(&in, &e) && e.kind == ENTRY_BEAT)
			heard_beat(n, &h, &e);
	} else if (a.from && a.from->begun == h.number[HEADER_BEGUN]) {
		a.from->heard = n->server->now;
		heard_node(&a, &h, &in, to == n->number);
	}
	n->counter[NETWORK_UNKNOWN] += in.unknown;
	n->counter[NETWORK_REFUSED_ENTRY] += in.refused;
	if (in.bad)
		network_count(n, NETWORK_REFUSED);
}

/* --- time --- */

static void node_silent(struct network *n, struct node *o)
{
	LOG(n->server->log, WARN, "cluster.node-gone", log_int("node", o->number),
		log_str("name", o->name), log_int("users", o->users));
	oper_notify(n->server, NOTICE_OPERS, "node %u, %s, is gone: %u users", (unsigned)o->number,
		o->name, (unsigned)o->users);
	o->state = NODE_GONE;
	o->back = true;
	o->refresh = false;
	o->ended = (struct log_place){o->begun, o->seq};
	o->answer = (struct answer){.reading = o->answer.reading};
	apply_gone(n, o, NULL);
}

void nodes_resume(struct network *n)
{
	n->beat_due = n->server->now;
	for (uint32_t i = 0; i < n->node_count; i++)
		n->node[i].heard = n->server->now;
}

/* The others have said something meanwhile, and this node maybe, too. */
void nodes_connected(struct network *n)
{
	nodes_beat(n);
	for (uint32_t i = 0; i < n->node_count; i++)
		if (n->node[i].state == NODE_UP && !n->node[i].refresh)
			ask(n, &n->node[i], false);
}

void nodes_tick(struct network *n)
{
	nsec_t now = n->server->now;

	for (uint32_t i = 0; i < n->node_count; i++) {
		struct node *o = &n->node[i];

		if (o->state != NODE_GONE && now - o->heard >= NODE_SILENT)
			node_silent(n, o);
		else if ((o->state == NODE_ASKED || o->refresh) && now - o->asked >= ASK_AGAIN)
			ask(n, o, true);
		else if (o->state == NODE_UP && o->renamed && now - o->renamed >= RENAMED_WAIT) {
			o->renamed = 0;
			ask(n, o, true);
		}
		past_tick(n, o);
	}
	if (now >= n->beat_due)
		nodes_beat(n);
}
