/*
 * handover_server.c - what belongs to no user: message ids, counters, allowances of addresses and
 * accounts, WHOWAS, operators, nicks that are to be given up.
 */
#include "chat/handover/handover_server.h"

#include "chat/cmd/oper_list.h"
#include "chat/model/conn_limit.h"
#include "chat/out/conn_table.h"

#include "base/bytes.h"

#include <stdlib.h>

struct given {
	uint64_t last_id;
	nsec_t started, began;
	uint32_t batches, peak;
	int64_t retention;
};

static const struct tlv_row rows[] = {
	TLV_NUMBER(FIELD_SERVER_LAST_ID, struct given, last_id),
	TLV_NUMBER(FIELD_SERVER_STARTED, struct given, started),
	TLV_NUMBER(FIELD_SERVER_BEGAN, struct given, began),
	TLV_NUMBER(FIELD_SERVER_BATCHES, struct given, batches),
	TLV_NUMBER(FIELD_SERVER_PEAK, struct given, peak),
	TLV_NUMBER(FIELD_SERVER_RETENTION, struct given, retention),
};

/* ---- writing ---- */

static void write_guesses(
	struct tlv_out *o, uint16_t type, const struct account_guess *g, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (g[i].key)
			hand_pair(o, type, g[i].key, (uint64_t)g[i].full);
}

static void write_counter(struct tlv_out *o, const char *name, uint64_t n)
{
	size_t begun = tlv_begin(o, FIELD_SERVER_COUNTER);

	tlv_text(o, FIELD_OF_NAME, name);
	tlv_number(o, FIELD_OF_AT, n);
	tlv_end(o, begun);
}

static void write_server(struct tlv_out *o, const struct server *s)
{
	size_t begun = tlv_begin(o, HAND_SERVER);
	struct given g = {
		s->ids.last, s->started, s->began, s->batches, s->user_peak, s->retention_clock.ms};

	tlv_put_rows(o, rows, ARRAY_SIZE(rows), &g);
	for (int i = 0; i < SERVER_COUNTERS; i++)
		write_counter(o, server_counter_name((enum server_counter)i), s->counters[i]);
	for (size_t i = 0; i < SEEN_MAX; i++)
		if (s->seen[i].key)
			hand_pair(o, FIELD_SERVER_SEEN, s->seen[i].key, s->seen[i].id);
	write_guesses(o, FIELD_SERVER_GUESS, s->accounts.guesses, ACCOUNT_GUESSES);
	write_guesses(o, FIELD_SERVER_MAIL, s->accounts.mails, ACCOUNT_MAILS);
	tlv_end(o, begun);
}

static void write_opers(struct hand_out *h)
{
	const struct server *s = h->server;

	for (uint32_t i = 0; i < s->opers.count; i++) {
		const struct oper_row *row = &s->opers.at[i];
		size_t begun = tlv_begin(h->out, HAND_OPER);

		tlv_number(h->out, FIELD_OF_USER, hand_id(row->user));
		tlv_text(h->out, FIELD_OF_NAME, row->name);
		tlv_number(h->out, FIELD_OF_MODES, row->notices);
		tlv_number(h->out, FIELD_OF_RIGHTS, row->user->oper);
		tlv_number(h->out, FIELD_OF_NOTICES, (row->user->modes & USER_NOTICES) != 0);
		tlv_end(h->out, begun);
	}
}

static size_t texts_length(const char *text, int parts)
{
	const char *p = text;

	while (parts-- > 0)
		p += strlen(p) + 1;
	return (size_t)(p - text);
}

/* The oldest first. */
static void write_whowas(struct tlv_out *o, const struct whowas *w)
{
	for (uint64_t i = w->added - w->count; i < w->added; i++) {
		const struct whowas_entry *e = &w->ring[i % w->size];
		size_t begun = tlv_begin(o, HAND_WHOWAS);

		tlv_bytes(o, FIELD_OF_NAME, e->text, texts_length(e->text, WHOWAS_PARTS));
		tlv_number(o, FIELD_OF_AT, (uint64_t)e->left);
		tlv_end(o, begun);
	}
}

/* The allowances of addresses. */
struct allowances {
	nsec_t full, guesses, registers;
};

static const struct tlv_row allowance_rows[] = {
	TLV_NUMBER(FIELD_PLACE_DUE, struct allowances, full),
	TLV_NUMBER(FIELD_PLACE_GUESSES, struct allowances, guesses),
	TLV_NUMBER(FIELD_PLACE_REGISTERS, struct allowances, registers),
};

static void write_addresses(struct tlv_out *o, const struct server *s)
{
	struct hash_iter it = hash_walk(&s->addresses);
	struct hash_node *n;

	while ((n = hash_next(&it))) {
		const struct conn_limit *a = container_of(n, const struct conn_limit, by_prefix);
		struct allowances of = {a->full, a->guesses, a->registers};
		size_t begun = tlv_begin(o, HAND_ADDRESS);

		hand_address(o, FIELD_PLACE_ADDRESS, &a->prefix);
		tlv_put_rows(o, allowance_rows, ARRAY_SIZE(allowance_rows), &of);
		tlv_end(o, begun);
	}
}

/* By the session of the user, whose first connection is warned. */
static void write_warned(struct hand_out *h)
{
	const struct server *s = h->server;

	for (uint32_t i = 0; i < s->warned.count; i++) {
		const struct conn *c = server_conn(s, s->warned.at[i].tag);
		size_t begun;

		if (!c || !c->user)
			continue;
		begun = tlv_begin(h->out, HAND_WARNED);
		tlv_number(h->out, FIELD_OF_USER, hand_id(c->user));
		tlv_number(h->out, FIELD_OF_AT, (uint64_t)s->warned.at[i].due);
		tlv_end(h->out, begun);
	}
}

void hand_server_write(struct hand_out *h)
{
	write_server(h->out, h->server);
	write_opers(h);
	write_whowas(h->out, &h->server->whowas);
	write_addresses(h->out, h->server);
	write_warned(h);
}

/* ---- reading ---- */

static void read_counter(struct server *s, struct tlv_in in)
{
	uint64_t value = tlv_find_number(&in, FIELD_OF_AT);
	struct tlv name;

	if (!tlv_find(&in, FIELD_OF_NAME, &name))
		return;
	for (int i = 0; i < SERVER_COUNTERS; i++) {
		const char *own = server_counter_name((enum server_counter)i);

		if (strlen(own) == name.len && memcmp(own, name.at, name.len) == 0)
			s->counters[i] += value;
	}
}

static bool read_pair(struct server *s, const struct tlv *r)
{
	uint64_t key, value;

	if (!hand_as_pair(r, &key, &value))
		return false;
	if (r->type == FIELD_SERVER_SEEN)
		s->seen[key % SEEN_MAX] = (struct seen){key, value};
	else if (r->type == FIELD_SERVER_GUESS)
		s->accounts.guesses[key % ACCOUNT_GUESSES] =
			(struct account_guess){key, (nsec_t)value};
	else
		s->accounts.mails[key % ACCOUNT_MAILS] = (struct account_guess){key, (nsec_t)value};
	return true;
}

bool hand_server_read(struct hand_in *h, struct tlv_in in)
{
	struct server *s = h->server;
	struct given g = {0};
	bool good = tlv_take_rows(in, rows, ARRAY_SIZE(rows), &g);
	struct tlv r;

	while (good && tlv_next(&in, &r)) {
		if (r.type == FIELD_SERVER_COUNTER)
			read_counter(s, tlv_inside(&r));
		if (r.type == FIELD_SERVER_SEEN || r.type == FIELD_SERVER_GUESS ||
			r.type == FIELD_SERVER_MAIL)
			good = read_pair(s, &r);
	}
	if (!good || g.last_id > INT64_MAX)
		return false;
	s->ids.last = g.last_id > s->ids.last ? g.last_id : s->ids.last;
	s->started = g.started;
	s->began = g.began;
	s->batches = g.batches;
	s->user_peak = g.peak;
	s->retention_clock.ms = g.retention;
	return true;
}

/* The rights are those of the configuration now: oper_regrant(). */
bool hand_oper_read(struct hand_in *h, struct tlv_in in)
{
	struct server *s = h->server;
	struct user *u = hand_names_find(&h->users, tlv_find_number(&in, FIELD_OF_USER));
	struct tlv name;
	struct oper_row row = {
		.user = u, .notices = (uint32_t)tlv_find_number(&in, FIELD_OF_MODES)};

	if (!tlv_find(&in, FIELD_OF_NAME, &name))
		return false;
	if (!u || (u->modes & USER_OPER))
		return true;
	row.name = tlv_as_text(&name);
	if (!row.name || !VEC_PUSH(&s->opers, row, OPERS_ONLINE_MAX)) {
		free(row.name);
		return false;
	}
	s->oper_count++;
	u->modes |= USER_OPER;
	u->modes |= tlv_find_number(&in, FIELD_OF_NOTICES) ? USER_NOTICES : 0;
	u->oper = (uint16_t)(tlv_find_number(&in, FIELD_OF_RIGHTS) & OPER_ALL);
	return true;
}

bool hand_whowas_read(struct hand_in *h, struct tlv_in in)
{
	struct server *s = h->server;
	struct tlv text;

	if (!tlv_find(&in, FIELD_OF_NAME, &text) || text.len == 0 ||
		memchr(text.at, '\n', text.len) || memchr(text.at, '\r', text.len))
		return false;
	whowas_adopt(&s->whowas, (const char *)text.at, text.len,
		(nsec_t)tlv_find_number(&in, FIELD_OF_AT), (uint32_t)s->config->limits.whowas);
	return true;
}

bool hand_address_read(struct hand_in *h, struct tlv_in in)
{
	struct allowances of = {0};
	struct conn_limit *a;
	struct net_addr prefix;
	struct tlv r;

	if (!tlv_take_rows(in, allowance_rows, ARRAY_SIZE(allowance_rows), &of) ||
		!tlv_find(&in, FIELD_PLACE_ADDRESS, &r) || !hand_as_address(&r, &prefix))
		return false;
	a = conn_limit_of(h->server, &prefix);
	if (!a)
		return false;
	a->full = of.full;
	a->guesses = of.guesses;
	a->registers = of.registers;
	return true;
}

bool hand_warned_read(struct hand_in *h, struct tlv_in in)
{
	struct server *s = h->server;
	const struct user *u = hand_names_find(&h->users, tlv_find_number(&in, FIELD_OF_USER));
	struct nick_warned w = {.due = (nsec_t)tlv_find_number(&in, FIELD_OF_AT)};

	if (!u || !u->conn)
		return true;
	w.tag = conn_tag(u->conn);
	return VEC_PUSH(&s->warned, w, CONNS_MAX);
}
