/* account_load.c - accounts loaded from the store at the start. */
#include "chat/accounts/account_table.h"

#include <sodium.h>

static struct store_text text_of(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

struct load {
	struct accounts *table;
	bool failed, secret; /* secret: it was among the records */
	uint32_t count;
	char after[ACCOUNT_FOLDED_MAX];
};

/* A text of a record as a string. */
static const char *string_of(
	const struct store_record *r, size_t i, char out[STORE_RECORD_TEXT_MAX + 1])
{
	size_t n = size_min(r->text[i].len, STORE_RECORD_TEXT_MAX);

	memcpy(out, r->text[i].p, n);
	out[n] = '\0';
	return out;
}

/* The record of the name " ", which no account can have, holds the secret, in hexadecimal. */
static bool load_secret(struct load *l, const struct store_record *r)
{
	char hex[STORE_RECORD_TEXT_MAX + 1];
	size_t n = 0;

	string_of(r, 2, hex);
	l->secret = sodium_hex2bin(l->table->secret, ACCOUNT_SECRET, hex, strlen(hex), NULL, &n,
			    NULL) == 0 &&
		    n == ACCOUNT_SECRET;
	return true;
}

static bool load_account(struct load *l, const struct store_record *r)
{
	char texts[5][STORE_RECORD_TEXT_MAX + 1];
	struct account_values v = {
		string_of(r, 1, texts[0]),
		string_of(r, 2, texts[1]),
		string_of(r, 3, texts[2]),
		string_of(r, 4, texts[3]),
		string_of(r, 5, texts[4]),
		(uint32_t)r->number[0],
		r->number[1],
		r->number[2],
	};

	if (r->text[0].len == 1 && r->text[0].p[0] == ' ')
		return load_secret(l, r);
	return account_any(l->table, v.name) || account_add(l->table, &v);
}

static bool load_key(struct load *l, const struct store_record *r)
{
	enum account_list list = r->table == STORE_ACCOUNT_NICK ? ACCOUNT_NICKS : ACCOUNT_CERTS;
	char name[STORE_RECORD_TEXT_MAX + 1], text[STORE_RECORD_TEXT_MAX + 1];
	struct account *a =
		accounts_find(l->table, string_of(r, list == ACCOUNT_NICKS ? 2 : 1, name));

	string_of(r, list == ACCOUNT_NICKS ? 1 : 0, text);
	if (!a || accounts_key(l->table, list, text))
		return true; /* of no account: it has no effect */
	return account_add_key(l->table, a, list, text);
}

static void load_page(void *arg, const struct store_reply *reply)
{
	struct load *l = arg;

	l->failed = reply->status != STORE_OK;
	l->count = l->failed ? 0 : reply->count;
	for (uint32_t i = 0; i < l->count && !l->failed; i++) {
		const struct store_record *r = &reply->records[i];

		l->failed = !(r->table == STORE_ACCOUNT ? load_account : load_key)(l, r);
	}
	if (l->count) {
		struct store_text last = reply->records[l->count - 1].text[0];

		memcpy(l->after, last.p, size_min(last.len, STORE_NAME_MAX));
		l->after[size_min(last.len, STORE_NAME_MAX)] = '\0';
	}
}

static bool load_table(struct load *l, enum store_table table)
{
	l->after[0] = '\0';
	do {
		struct store_request r = {.op = STORE_RECORD_LIST, .done = load_page, .arg = l};

		r.u.record.table = table;
		r.u.record.text[0] = text_of(l->after);
		if (store_submit(l->table->store, &r) != STORE_OK)
			return false;
		store_drain(l->table->store);
	} while (l->count == STORE_PAGE_MAX && !l->failed);
	return !l->failed;
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
	if (!load_table(&l, STORE_ACCOUNT) || !load_table(&l, STORE_ACCOUNT_NICK) ||
		!load_table(&l, STORE_ACCOUNT_CERT))
		return false;
	if (!l.secret)
		keep_secret(t);
	return true;
}
