/* store_load.c - a table, page by page. */
#include "chat/store/store_load.h"

#include "chat/store/store_record.h"

enum {
	KEYS_MAX = 3, /* texts of the longest key */
};

struct load {
	bool (*each)(void *arg, const struct store_record *r);
	void *arg;
	bool failed;
	uint32_t count;
	char after[KEYS_MAX][STORE_RECORD_TEXT_MAX + 1]; /* the key of the last record */
};

int store_table_key(enum store_table table)
{
	return record_shape(table)->key;
}

const char *store_string(struct store_text t, char out[STORE_RECORD_TEXT_MAX + 1])
{
	size_t n = size_min(t.len, STORE_RECORD_TEXT_MAX);

	if (n)
		memcpy(out, t.p, n);
	out[n] = '\0';
	return out;
}

static void take_page(void *arg, const struct store_reply *reply)
{
	struct load *l = arg;

	l->failed = reply->status != STORE_OK;
	l->count = l->failed ? 0 : reply->count;
	for (uint32_t i = 0; i < l->count && !l->failed; i++)
		l->failed = !l->each(l->arg, &reply->records[i]);
	for (size_t k = 0; l->count && k < KEYS_MAX; k++)
		store_string(reply->records[l->count - 1].text[k], l->after[k]);
}

bool store_load(struct store *s, enum store_table table,
	bool (*each)(void *arg, const struct store_record *r), void *arg)
{
	struct load l = {.each = each, .arg = arg};

	do {
		struct store_request r = {.op = STORE_RECORD_LIST, .done = take_page, .arg = &l};

		r.u.record.table = table;
		for (size_t k = 0; k < KEYS_MAX; k++)
			r.u.record.text[k] = (struct store_text){l.after[k], strlen(l.after[k])};
		if (store_submit(s, &r) != STORE_OK)
			return false;
		store_drain(s);
	} while (l.count == STORE_PAGE_MAX && !l.failed);
	return !l.failed;
}
