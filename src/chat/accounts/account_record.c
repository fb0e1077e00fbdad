/* account_record.c - records of the store as accounts in memory. */
#include "chat/accounts/account_record.h"

#include "chat/accounts/account_entry.h"
#include "chat/accounts/account_mail.h"
#include "chat/accounts/guard.h"
#include "chat/accounts/vhost.h"
#include "chat/store/store_load.h"

#include <stdlib.h>

bool account_has_table(enum store_table table)
{
	return table <= STORE_ACCOUNT_PUSH || table == STORE_ACCOUNT_ENTRY;
}

struct store_text account_of_record(const struct store_record *r)
{
	switch (r->table) {
	case STORE_ACCOUNT: return (struct store_text){"", 0};
	case STORE_ACCOUNT_NICK: return r->text[2];
	case STORE_ACCOUNT_ENTRY: return r->text[0];
	default: return r->text[1];
	}
}

static enum account_list list_of(enum store_table table)
{
	switch (table) {
	case STORE_ACCOUNT_NICK: return ACCOUNT_NICKS;
	case STORE_ACCOUNT_CERT: return ACCOUNT_CERTS;
	case STORE_ACCOUNT_APP: return ACCOUNT_APPS;
	default: return ACCOUNT_PUSHES;
	}
}

/* --- accounts --- */

/* Swaps the texts: the old ones are freed with the copy. */
static void apply(struct account *a, struct account *fresh)
{
	char **const at[] = {&a->password, &a->scram, &a->email, &a->code};
	char **const from[] = {&fresh->password, &fresh->scram, &fresh->email, &fresh->code};

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		char *old = *at[i];

		*at[i] = *from[i];
		*from[i] = old;
	}
	a->flags = fresh->flags;
	a->created_ms = fresh->created_ms;
	a->seen_ms = fresh->seen_ms;
}

static void drop_keys(struct accounts *t, struct account *a)
{
	for (int l = 0; l < ACCOUNT_LISTS; l++)
		while (a->keys[l])
			account_discard_key(t, (enum account_list)l, a->keys[l]);
}

void account_become(struct accounts *t, struct account *a, struct account *fresh)
{
	account_unindex_mail(t, a);
	apply(a, fresh);
	account_index_mail(t, a);
	if (a->flags & ACCOUNT_DROPPED) {
		drop_keys(t, a);
		guard_free(a->guard);
		a->guard = NULL;
	}
	account_free(fresh);
}

static bool take_account(struct accounts *t, const struct store_record *r)
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
	struct account *a = account_any(t, v.name), *fresh;

	if (!a)
		return account_add(t, &v);
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh || !account_take(fresh, &v)) {
		if (fresh)
			account_free(fresh);
		return false;
	}
	if (a->seen_ms > fresh->seen_ms)
		fresh->seen_ms = a->seen_ms;
	account_become(t, a, fresh);
	return true;
}

void account_empty(struct accounts *t, struct account *a)
{
	drop_keys(t, a);
	guard_free(a->guard);
	a->guard = NULL;
	vhost_forget(t, a);
}

/* --- keys --- */

static bool take_key(struct accounts *t, struct account *a, const struct store_record *r)
{
	enum account_list list = list_of(r->table);
	char texts[2][STORE_RECORD_TEXT_MAX + 1];
	struct account_key *k;

	store_string(r->text[list == ACCOUNT_NICKS ? 1 : 0], texts[0]);
	store_string(r->text[2], texts[1]);
	k = accounts_key(t, list, texts[0]);
	if (k && k->account != a) {
		account_discard_key(t, list, k);
		k = NULL;
	}
	if (!k)
		k = account_add_key(t, a,
			&(struct account_new_key){list, texts[0],
				list >= ACCOUNT_APPS ? texts[1] : "", r->number[0]});
	if (k && list >= ACCOUNT_APPS)
		k->used_ms = r->number[1];
	return k;
}

/* --- lists that go with an account: account_entry.h --- */

static bool take_entry(struct accounts *t, struct account *a, const struct store_record *r)
{
	char texts[3][STORE_RECORD_TEXT_MAX + 1];
	struct guard_who w = {.account = texts[1], .nick = texts[2]};
	enum guard_result result = GUARD_SAME;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		store_string(r->text[i + 1], texts[i]);
	if (vhost_take(t, a, &(struct account_entry){texts[0], texts[1], texts[2], r->number[0]}))
		return true;
	if (strcmp(texts[0], ACCOUNT_SILENCED) == 0)
		result = guard_silence(&a->guard, texts[1], INT32_MAX);
	else if (strcmp(texts[0], ACCOUNT_ACCEPTED) == 0)
		result = guard_accept(&a->guard, &w, INT32_MAX);
	return result != GUARD_FULL;
}

static void entry_gone(struct accounts *t, struct account *a, const struct store_record *r)
{
	char list[STORE_RECORD_TEXT_MAX + 1], text[STORE_RECORD_TEXT_MAX + 1];
	struct guard_who w = {.account = text, .nick = text};
	struct guard_accepted *accepted;

	store_string(r->text[1], list);
	store_string(r->text[2], text);
	accepted = strcmp(list, ACCOUNT_ACCEPTED) == 0 ? guard_find(a->guard, &w) : NULL;
	if (accepted)
		guard_unaccept(a->guard, accepted);
	else if (strcmp(list, ACCOUNT_SILENCED) == 0)
		guard_unsilence(a->guard, text);
	else
		vhost_gone(t, a, list, text);
}

/* --- any --- */

static struct account *owner(const struct accounts *t, const struct store_record *r)
{
	char name[STORE_RECORD_TEXT_MAX + 1];

	return accounts_find(t, store_string(account_of_record(r), name));
}

bool account_record(struct accounts *t, const struct store_record *r)
{
	struct account *a;

	if (r->table == STORE_ACCOUNT)
		return take_account(t, r);
	a = owner(t, r);
	if (!a)
		return true; /* of no account: it has no effect */
	return r->table == STORE_ACCOUNT_ENTRY ? take_entry(t, a, r) : take_key(t, a, r);
}

void account_record_gone(struct accounts *t, const struct store_record *r)
{
	char text[STORE_RECORD_TEXT_MAX + 1];
	struct account_key *k;
	struct account *a;

	store_string(r->text[0], text);
	if (r->table == STORE_ACCOUNT) {
		a = account_any(t, text);
		if (a && a->sessions.count == 0)
			account_discard(t, a);
	} else if (r->table == STORE_ACCOUNT_ENTRY) {
		a = accounts_find(t, text);
		if (a)
			entry_gone(t, a, r);
	} else {
		k = accounts_key(t, list_of(r->table), text);
		if (k)
			account_discard_key(t, list_of(r->table), k);
	}
}
