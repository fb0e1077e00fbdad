/*
 * account_mail.c - the mail addresses of accounts: how many accounts have one, those that were not
 * verified, and their end.
 */
#include "chat/accounts/account_mail.h"

#include "chat/accounts/account_table.h"

/* Counts the accounts with a text, and matches none, so that hash_find() passes all of them. */
struct count {
	const char *email;
	uint32_t n;
};

static bool count_match(const struct hash_node *n, const void *key)
{
	const struct count *c = key;

	if (case_equal(container_of(n, struct account, by_email)->email, c->email))
		((struct count *)key)->n++;
	return false;
}

uint32_t accounts_of_email(const struct accounts *t, const char *email)
{
	struct count c = {email, 0};

	hash_find(&t->emails, account_hash(t, email), count_match, &c);
	return c.n;
}

/* If memory is out, it does not count. */
void account_index_mail(struct accounts *t, struct account *a)
{
	if (*a->email && !(a->flags & ACCOUNT_DROPPED))
		a->has_email = hash_insert(&t->emails, &a->by_email, account_hash(t, a->email));
	if (!(a->flags & ACCOUNT_UNVERIFIED))
		return;
	a->after = t->unverified;
	if (a->after)
		a->after->before = a;
	t->unverified = a;
	t->unverified_count++;
	t->expire_ms = 0;
}

static void leave_unverified(struct accounts *t, struct account *a)
{
	if (a->after)
		a->after->before = a->before;
	if (a->before)
		a->before->after = a->after;
	else
		t->unverified = a->after;
	a->before = a->after = NULL;
	t->unverified_count--;
}

void account_unindex_mail(struct accounts *t, struct account *a)
{
	if (a->has_email)
		hash_remove(&t->emails, &a->by_email);
	if (a->flags & ACCOUNT_UNVERIFIED)
		leave_unverified(t, a);
	a->has_email = false;
}

/* Deletes an account that never was of use, so that its name is free. */
static bool expire(struct accounts *t, struct account *a)
{
	char name[ACCOUNT_FOLDED_MAX];
	struct store_request r = {.op = STORE_RECORD_DELETE};

	r.u.record.table = STORE_ACCOUNT;
	r.u.record.text[0] = account_folded(a->name, name);
	if (a->writing || !t->store || store_submit(t->store, &r) != STORE_OK)
		return false;
	account_discard(t, a);
	return true;
}

uint32_t accounts_expire(struct accounts *t, int64_t now_ms, int64_t age_ms)
{
	struct account *next;
	uint32_t n = 0;

	if (t->unverified_count == 0 || now_ms < t->expire_ms)
		return 0;
	t->expire_ms = INT64_MAX;
	for (struct account *a = t->unverified; a; a = next) {
		int64_t due = a->created_ms + age_ms;

		next = a->after;
		if (due <= now_ms && expire(t, a))
			n++;
		else if (due < t->expire_ms)
			t->expire_ms = due;
	}
	return n;
}
