/* account_write.c - changes of accounts on their way through the store. */
#include "chat/accounts/account_entry.h"
#include "chat/accounts/account_record.h"
#include "chat/accounts/vhost.h"

#include <stdlib.h>

enum {
	USED_STEP_MS = 60000,
};

static struct store_text text_of(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

/* A change on its way. */
struct change {
	struct accounts *table;
	struct account *account;
	struct account *fresh; /* a copy with the new values */
	struct account_key *key;
	enum account_list list;
	struct account_then then;
};

static void end(struct change *c, struct account *a, enum store_status status)
{
	if (c->then.done)
		c->then.done(c->then.arg, a, status);
	free(c);
}

static enum store_status submit(struct change *c, struct store_request *r, store_done done)
{
	struct store *s = c->table->store;
	enum store_status status = s ? store_check(r) : STORE_OFF;

	r->done = done;
	r->arg = c;
	return status == STORE_OK ? store_submit(s, r) : status;
}

static struct store_request put_of(const struct account *a, char name[ACCOUNT_FOLDED_MAX])
{
	struct store_request r = {.op = STORE_RECORD_PUT};

	r.u.record = (struct store_record){
		.table = STORE_ACCOUNT,
		.text = {account_folded(a->name, name), text_of(a->name), text_of(a->password),
			text_of(a->scram), text_of(a->email), text_of(a->code)},
		.number = {a->flags, a->created_ms, a->seen_ms},
	};
	return r;
}

static void registered(void *arg, const struct store_reply *reply)
{
	struct change *c = arg;
	struct account *a = c->account;

	a->fresh = a->writing = false;
	if (reply->status != STORE_OK) {
		account_discard(c->table, a);
		a = NULL;
	}
	end(c, a, reply->status);
}

enum store_status accounts_register(
	struct accounts *t, const struct account_values *v, struct account_then then)
{
	struct change *c = calloc(1, sizeof(*c));
	struct account *a = c ? account_add(t, v) : NULL;
	char name[ACCOUNT_FOLDED_MAX];
	struct store_request r;
	enum store_status status = STORE_NO_MEMORY;

	if (a) {
		a->fresh = a->writing = true;
		*c = (struct change){.table = t, .account = a, .then = then};
		r = put_of(a, name);
		status = submit(c, &r, registered);
		if (status == STORE_OK)
			return status;
		account_discard(t, a);
	}
	free(c);
	return status;
}

static void changed(void *arg, const struct store_reply *reply)
{
	struct change *c = arg;
	struct account *a = c->account;
	struct accounts *t = c->table;

	a->writing = false;
	if (reply->status == STORE_OK)
		account_become(t, a, c->fresh);
	else
		account_free(c->fresh);
	end(c, a, reply->status);
	if (a->flags & ACCOUNT_DROPPED)
		vhost_forget(t, a); /* until now its users could be given their own host again */
}

static enum store_table table_of(enum account_list list)
{
	static const enum store_table tables[] = {
		STORE_ACCOUNT_NICK, STORE_ACCOUNT_CERT, STORE_ACCOUNT_APP, STORE_ACCOUNT_PUSH};

	_Static_assert(ARRAY_SIZE(tables) == ACCOUNT_LISTS, "a table a list");
	return tables[list];
}

/* Deletes the rows of an account's keys, in the same commit as what follows. */
static enum store_status delete_keys(struct accounts *t, const struct account *a)
{
	char name[ACCOUNT_FOLDED_MAX];
	enum store_status status = STORE_OK;

	for (int l = 0; l < ACCOUNT_LISTS; l++)
		for (struct account_key *k = a->keys[l]; k && status == STORE_OK; k = k->next) {
			struct store_request r = {.op = STORE_RECORD_DELETE};

			r.u.record.table = table_of((enum account_list)l);
			r.u.record.text[0] = account_folded(k->text, name);
			status = t->store ? store_submit(t->store, &r) : STORE_OFF;
		}
	return status == STORE_OK ? account_entries_delete(t, a) : status;
}

enum store_status accounts_change(struct accounts *t, struct account *a,
	const struct account_values *v, struct account_then then)
{
	struct change *c = calloc(1, sizeof(*c));
	struct account *fresh = calloc(1, sizeof(*fresh));
	char name[ACCOUNT_FOLDED_MAX];
	struct store_request r;
	enum store_status status = a->writing ? STORE_BUSY : STORE_NO_MEMORY;

	if (c && fresh && !a->writing && account_take(fresh, v)) {
		*c = (struct change){.table = t, .account = a, .fresh = fresh, .then = then};
		r = put_of(fresh, name);
		status = fresh->flags & ACCOUNT_DROPPED ? delete_keys(t, a) : STORE_OK;
		if (status == STORE_OK)
			status = submit(c, &r, changed);
		a->writing = status == STORE_OK;
		if (status == STORE_OK)
			return status;
	}
	if (fresh)
		account_free(fresh);
	free(c);
	return status;
}

static void key_added(void *arg, const struct store_reply *reply)
{
	struct change *c = arg;
	struct account *a = c->account;

	a->writing = c->key->writing = false;
	if (reply->status != STORE_OK)
		account_discard_key(c->table, c->list, c->key);
	end(c, a, reply->status);
}

/* The record of a key; `names` holds its texts. */
static struct store_request key_record(
	const struct account_key *k, enum account_list list, char names[2][ACCOUNT_FOLDED_MAX])
{
	struct store_text key = account_folded(k->text, names[0]),
			  account = account_folded(k->account->name, names[1]);
	struct store_request r = {.op = STORE_RECORD_PUT};

	r.u.record.table = table_of(list);
	r.u.record.text[0] = key;
	r.u.record.text[1] = list == ACCOUNT_NICKS ? text_of(k->text) : account;
	r.u.record.text[2] = list >= ACCOUNT_APPS ? text_of(k->name) : account;
	r.u.record.number[0] = k->added_ms;
	r.u.record.number[1] = k->used_ms;
	return r;
}

enum store_status accounts_add_key(struct accounts *t, struct account *a,
	const struct account_new_key *n, struct account_then then)
{
	char names[2][ACCOUNT_FOLDED_MAX];
	struct store_request r;
	struct change *c = calloc(1, sizeof(*c));
	struct account_key *k = c && !a->writing ? account_add_key(t, a, n) : NULL;
	enum store_status status = a->writing ? STORE_BUSY : STORE_NO_MEMORY;

	if (k) {
		*c = (struct change){t, a, NULL, k, n->list, then};
		r = key_record(k, n->list, names);
		status = submit(c, &r, key_added);
		a->writing = k->writing = status == STORE_OK;
		if (status == STORE_OK)
			return status;
		account_discard_key(t, n->list, k);
	}
	free(c);
	return status;
}

static void key_removed(void *arg, const struct store_reply *reply)
{
	struct change *c = arg;

	c->account->writing = false;
	end(c, c->account, reply->status);
}

enum store_status accounts_remove_key(
	struct accounts *t, enum account_list list, struct account_key *k, struct account_then then)
{
	char names[2][ACCOUNT_FOLDED_MAX];
	struct account *a = k->account;
	struct store_request r = key_record(k, list, names);
	struct change *c = calloc(1, sizeof(*c));
	enum store_status status = a->writing ? STORE_BUSY : STORE_NO_MEMORY;

	if (c && !a->writing) {
		*c = (struct change){.table = t, .account = a, .then = then};
		r.op = STORE_RECORD_DELETE;
		status = submit(c, &r, key_removed);
		if (status == STORE_OK) {
			a->writing = true;
			account_discard_key(t, list, k);
			return status;
		}
	}
	free(c);
	return status;
}

void accounts_used_key(
	struct accounts *t, enum account_list list, struct account_key *k, int64_t now_ms)
{
	char names[2][ACCOUNT_FOLDED_MAX];
	struct store_request r;

	if (k->used_ms && now_ms - k->used_ms < USED_STEP_MS && now_ms >= k->used_ms)
		return;
	k->used_ms = now_ms;
	r = key_record(k, list, names);
	if (t->store && !k->writing)
		store_submit(t->store, &r); /* if it fails, the next login writes it */
}
