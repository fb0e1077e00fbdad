/* account_load.c - accounts loaded from the store at the start. */
#include "chat/accounts/account_entry.h"
#include "chat/accounts/account_table.h"
#include "chat/accounts/guard.h"
#include "chat/accounts/vhost.h"

#include "chat/store/store_load.h"

#include <sodium.h>

static struct store_text text_of(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

struct load {
	struct accounts *table;
	bool secret; /* it was among the records */
};

/* The record of the name " ", which no account can have, holds the secret, in hexadecimal. */
static bool load_secret(struct load *l, const struct store_record *r)
{
	char hex[STORE_RECORD_TEXT_MAX + 1];
	size_t n = 0;

	store_string(r->text[2], hex);
	l->secret = sodium_hex2bin(l->table->secret, ACCOUNT_SECRET, hex, strlen(hex), NULL, &n,
			    NULL) == 0 &&
		    n == ACCOUNT_SECRET;
	return true;
}

static bool load_account(struct load *l, const struct store_record *r)
{
	char texts[5][STORE_RECORD_TEXT_MAX + 1];
	struct account_values v = {
		store_string(r->text[1], texts[0]),
		store_string(r->text[2], texts[1]),
		store_string(r->text[3], texts[2]),
		store_string(r->text[4], texts[3]),
		store_string(r->text[5], texts[4]),
		(uint32_t)r->number[0],
		r->number[1],
		r->number[2],
	};

	if (r->text[0].len == 1 && r->text[0].p[0] == ' ')
		return load_secret(l, r);
	return account_any(l->table, v.name) || account_add(l->table, &v);
}

/* The list of a table, and the place of the account's name in its records. */
static enum account_list list_of(enum store_table table, int *account)
{
	*account = table == STORE_ACCOUNT_NICK ? 2 : 1;
	switch (table) {
	case STORE_ACCOUNT_NICK: return ACCOUNT_NICKS;
	case STORE_ACCOUNT_CERT: return ACCOUNT_CERTS;
	case STORE_ACCOUNT_APP: return ACCOUNT_APPS;
	default: return ACCOUNT_PUSHES;
	}
}

static bool load_key(struct load *l, const struct store_record *r)
{
	int at;
	enum account_list list = list_of(r->table, &at);
	char texts[3][STORE_RECORD_TEXT_MAX + 1];
	struct account *a = accounts_find(l->table, store_string(r->text[at], texts[0]));
	struct account_key *k;

	store_string(r->text[list == ACCOUNT_NICKS ? 1 : 0], texts[1]);
	store_string(r->text[2], texts[2]);
	if (!a || accounts_key(l->table, list, texts[1]))
		return true; /* of no account: it has no effect */
	k = account_add_key(l->table, a,
		&(struct account_new_key){
			list, texts[1], list >= ACCOUNT_APPS ? texts[2] : "", r->number[0]});
	if (k && list >= ACCOUNT_APPS)
		k->used_ms = r->number[1];
	return k;
}

/* An entry of a list that goes with the account: account_entry.h. */
static bool load_entry(void *arg, const struct store_record *r)
{
	struct load *l = arg;
	char texts[4][STORE_RECORD_TEXT_MAX + 1];
	struct account *a;
	struct guard_who w = {.account = texts[2], .nick = texts[3]};
	enum guard_result result = GUARD_SAME;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		store_string(r->text[i], texts[i]);
	a = accounts_find(l->table, texts[0]);
	if (!a || vhost_take(l->table, a,
			  &(struct account_entry){texts[1], texts[2], texts[3], r->number[0]}))
		return true;
	if (strcmp(texts[1], ACCOUNT_SILENCED) == 0)
		result = guard_silence(&a->guard, texts[2], INT32_MAX);
	else if (strcmp(texts[1], ACCOUNT_ACCEPTED) == 0)
		result = guard_accept(&a->guard, &w, INT32_MAX);
	return result != GUARD_FULL;
}

static bool load_one(void *arg, const struct store_record *r)
{
	return (r->table == STORE_ACCOUNT ? load_account : load_key)(arg, r);
}

/* Keeps a new secret: the salt of a name must not change with a restart. */
static void keep_secret(struct accounts *t)
{
	char hex[2 * ACCOUNT_SECRET + 1];
	struct store_request r = {.op = STORE_RECORD_PUT};

	sodium_bin2hex(hex, sizeof(hex), t->secret, ACCOUNT_SECRET);
	r.u.record.table = STORE_ACCOUNT;
	r.u.record.text[0] = text_of(" ");
	r.u.record.text[2] = text_of(hex);
	store_submit(t->store, &r);
}

bool accounts_load(struct accounts *t, const uint8_t seed[ACCOUNT_SECRET])
{
	struct load l = {.table = t};

	memcpy(t->secret, seed, ACCOUNT_SECRET);
	if (!t->store)
		return true;
	if (!store_load(t->store, STORE_ACCOUNT, load_one, &l) ||
		!store_load(t->store, STORE_ACCOUNT_NICK, load_one, &l) ||
		!store_load(t->store, STORE_ACCOUNT_CERT, load_one, &l) ||
		!store_load(t->store, STORE_ACCOUNT_APP, load_one, &l) ||
		!store_load(t->store, STORE_ACCOUNT_PUSH, load_one, &l) ||
		!store_load(t->store, STORE_ACCOUNT_ENTRY, load_entry, &l))
		return false;
	if (!l.secret)
		keep_secret(t);
	return true;
}
