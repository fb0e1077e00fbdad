/* account_table.c - accounts and keys as members of the tables. */
#include "chat/accounts/account_table.h"
#include "chat/accounts/account_look.h"
#include "chat/accounts/account_mail.h"
#include "chat/accounts/guard.h"
#include "chat/accounts/vhost.h"

#include <stdlib.h>

static bool name_match(const struct hash_node *n, const void *key)
{
	return case_equal(container_of(n, struct account, by_name)->name, key);
}

uint32_t account_hash(const struct accounts *t, const char *name)
{
	return case_hash(name, strlen(name), &t->key);
}

struct store_text account_folded(const char *name, char out[ACCOUNT_FOLDED_MAX])
{
	size_t n = 0;

	for (; name[n] && n < STORE_NAME_MAX; n++)
		out[n] = case_fold(name[n]);
	out[n] = '\0';
	return (struct store_text){out, n};
}

void account_free(struct account *a)
{
	for (int l = 0; l < ACCOUNT_LISTS; l++)
		while (a->keys[l]) {
			struct account_key *k = a->keys[l];

			a->keys[l] = k->next;
			account_look_free(&k->look);
			free(k);
		}
	while (a->shown) {
		struct account_shown *shown = a->shown;

		a->shown = shown->next;
		free(shown);
	}
	VEC_FREE(&a->sessions);
	account_look_free(&a->look);
	guard_free(a->guard);
	free(a->vhost);
	free(a->name);
	free(a->password);
	free(a->scram);
	free(a->email);
	free(a->code);
	free(a);
}

struct account *account_any(const struct accounts *t, const char *name)
{
	struct hash_node *n = hash_find(&t->names, account_hash(t, name), name_match, name);

	return n ? container_of(n, struct account, by_name) : NULL;
}

static bool replace(char **at, const char *text)
{
	char *copy = strdup(text ? text : "");

	if (!copy)
		return false;
	free(*at);
	*at = copy;
	return true;
}

/* Copies the values; false, and a of no use, if out of memory. */
bool account_take(struct account *a, const struct account_values *v)
{
	a->flags = v->flags;
	a->created_ms = v->created_ms;
	a->seen_ms = v->seen_ms;
	return replace(&a->name, v->name) && replace(&a->password, v->password) &&
	       replace(&a->scram, v->scram) && replace(&a->email, v->email) &&
	       replace(&a->code, v->code);
}

/* Makes an account in the table; NULL if out of memory. */
struct account *account_add(struct accounts *t, const struct account_values *v)
{
	struct account *a = calloc(1, sizeof(*a));

	if (a && account_take(a, v) &&
		hash_insert(&t->names, &a->by_name, account_hash(t, a->name))) {
		if (account_look_add(t, &a->look, a, a->name)) {
			account_index_mail(t, a);
			return a;
		}
		hash_remove(&t->names, &a->by_name);
	}
	if (a)
		account_free(a);
	return NULL;
}

void account_discard(struct accounts *t, struct account *a)
{
	hash_remove(&t->names, &a->by_name);
	account_look_remove(t, &a->look);
	account_unindex_mail(t, a);
	vhost_forget(t, a);
	account_free(a);
}

struct account_key *account_add_key(
	struct accounts *t, struct account *a, const struct account_new_key *n)
{
	const char *name = n->name ? n->name : "";
	size_t len = strlen(n->text) + 1;
	struct account_key *k = calloc(1, sizeof(*k) + len + strlen(name) + 1);

	if (!k)
		return NULL;
	strcpy(k->text, n->text);
	k->name = strcpy(k->text + len, name);
	k->added_ms = n->now_ms;
	if (!hash_insert(&t->keys[n->list], &k->by_text, account_hash(t, n->text))) {
		free(k);
		return NULL;
	}
	if (n->list == ACCOUNT_NICKS && !account_look_add(t, &k->look, a, k->text)) {
		hash_remove(&t->keys[n->list], &k->by_text);
		free(k);
		return NULL;
	}
	k->account = a;
	k->next = a->keys[n->list];
	a->keys[n->list] = k;
	return k;
}

void account_discard_key(struct accounts *t, enum account_list list, struct account_key *k)
{
	struct account_key **at = &k->account->keys[list];

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	hash_remove(&t->keys[list], &k->by_text);
	if (list == ACCOUNT_NICKS)
		account_look_remove(t, &k->look);
	free(k);
}
