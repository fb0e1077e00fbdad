/* account_entry.c - lists that go with an account, on their way to the store. */
#include "chat/accounts/account_entry.h"

#include "chat/accounts/account_table.h"

static struct store_text text_of(const char *s)
{
	return (struct store_text){s ? s : "", s ? strlen(s) : 0};
}

static enum store_status submit(struct accounts *t, const struct account *a, enum store_op op,
	const struct account_entry *e)
{
	char name[ACCOUNT_FOLDED_MAX];
	struct store_request r = {.op = op};

	r.u.record = (struct store_record){
		.table = STORE_ACCOUNT_ENTRY,
		.text = {account_folded(a->name, name), text_of(e->list), text_of(e->text),
			text_of(e->note)},
		.number = {e->added_ms},
	};
	return t->store ? store_submit(t->store, &r) : STORE_OFF;
}

enum store_status account_entry_put(
	struct accounts *t, const struct account *a, const struct account_entry *e)
{
	return submit(t, a, STORE_RECORD_PUT, e);
}

enum store_status account_entry_delete(
	struct accounts *t, const struct account *a, const struct account_entry *e)
{
	return submit(t, a, STORE_RECORD_DELETE, e);
}

enum store_status account_entries_delete(struct accounts *t, const struct account *a)
{
	return submit(t, a, STORE_RECORD_DELETE, &(struct account_entry){NULL, NULL, NULL, 0});
}
