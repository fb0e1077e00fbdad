/* account_load.c - accounts loaded from the store at the start. */
#include "chat/accounts/account_record.h"

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

static bool load_one(void *arg, const struct store_record *r)
{
	struct load *l = arg;

	if (r->table == STORE_ACCOUNT && r->text[0].len == 1 && r->text[0].p[0] == ' ')
		return load_secret(l, r);
	return account_record(l->table, r);
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
		!store_load(t->store, STORE_ACCOUNT_ENTRY, load_one, &l))
		return false;
	if (!l.secret)
		keep_secret(t);
	return true;
}
