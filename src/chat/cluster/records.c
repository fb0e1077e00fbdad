/* records.c - records that every node has, on their way out and in. */
#include "chat/cluster/records.h"

#include "chat/accounts/account_record.h"
#include "chat/cluster/apply_record.h"
#include "chat/model/channel_owned.h"
#include "chat/model/filter.h"
#include "chat/proto/casemap.h"
#include "chat/store/store_load.h"

#define RECORD_AHEAD_MAX (24 * 3600 * NSEC_SEC) /* of a version, before our clock */

static struct store_text text_of(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

/* --- what is shared --- */

/* Of an account, or of what belongs to one. */
static bool shares_account(struct network *n, struct store_record *r)
{
	const struct accounts *t = &n->server->accounts;
	char name[STORE_RECORD_TEXT_MAX + 1];
	const struct account *a;

	if (r->table == STORE_ACCOUNT) /* " ": the server's secret */
		return r->text[0].len > 0 && r->text[0].p[0] != ' ';
	if (r->table == STORE_ACCOUNT_ENTRY && r->text[1].len == 0)
		return false; /* all of them go with their account, on every node */
	a = accounts_find(t, store_string(account_of_record(r), name));
	r->owner = a ? a->created_ms : 0;
	return a || r->gone;
}

static bool shares_channel(struct network *n, struct store_record *r)
{
	char name[STORE_RECORD_TEXT_MAX + 1];
	const struct channel *ch = registry_channel(n->server, store_string(r->text[0], name));

	r->owner = ch && ch->owned ? ch->owned->registered_ms : 0;
	return r->owner || r->gone;
}

bool record_shared(struct network *n, struct store_record *r)
{
	switch (r->table) {
	case STORE_ACCOUNT:
	case STORE_ACCOUNT_NICK:
	case STORE_ACCOUNT_CERT:
	case STORE_ACCOUNT_APP:
	case STORE_ACCOUNT_ENTRY: return shares_account(n, r);
	case STORE_CHANNEL:
	case STORE_CHANNEL_ACCESS:
	case STORE_CHANNEL_MASK: return shares_channel(n, r);
	case STORE_SERVER_BAN:
	case STORE_FILTER: return true;
	default: return false;
	}
}

/* --- ours --- */

/* A number for the key of a record. */
static uint64_t hash_of(const struct network *n, const struct store_record *r)
{
	uint64_t h = r->table;

	for (int i = 0; i < store_table_key(r->table); i++)
		h = siphash_2u64(
			h, siphash(r->text[i].p, r->text[i].len, &n->server->key), &n->server->key);
	return h;
}

/* The place of a record among those that are being written; count: it is not. */
static uint32_t writing_at(const struct network *n, const struct store_record *r)
{
	uint64_t h = hash_of(n, r);
	uint32_t i = 0;

	while (i < n->writing.count && n->writing.at[i] != h)
		i++;
	return i;
}

static uint64_t give_version(void *arg, struct store_record *r)
{
	struct network *n = arg;

	if (!record_shared(n, r))
		return 0;
	if (!VEC_PUSH(&n->writing, hash_of(n, r), RECORDS_WRITING_MAX))
		server_count(n->server, COUNT_NO_MEMORY);
	return stamp_now(n->server);
}

static void was_written(void *arg, const struct store_record *r, enum store_status status)
{
	struct network *n = arg;
	uint32_t at = writing_at(n, r);
	struct entry e;

	if (at < n->writing.count)
		n->writing.at[at] = n->writing.at[--n->writing.count];
	if (status != STORE_OK)
		return;
	e = entry_of_record(r);
	network_log(n, &e);
}

void records_watch(struct network *n)
{
	n->watch = (struct store_watch){give_version, was_written, n};
	if (n->server->store)
		n->server->store->watch = &n->watch;
}

void records_stop(struct network *n)
{
	if (n->server->store)
		n->server->store->watch = NULL;
	compare_stop(n);
	VEC_FREE(&n->writing);
}

/* --- entries --- */

struct entry entry_of_record(const struct store_record *r)
{
	struct entry e = {.kind = ENTRY_RECORD,
		.number = {[RECORD_TABLE] = r->table,
			[RECORD_GONE] = r->gone,
			[RECORD_VERSION] = r->version,
			[RECORD_AFTER] = r->after,
			[RECORD_OWNER] = r->owner > 0 ? (uint64_t)r->owner : 0}};
	int texts = r->gone ? store_table_key(r->table) : STORE_RECORD_TEXTS;

	for (int i = 0; i < texts; i++)
		e.text[i] = r->text[i];
	for (int i = 0; i < STORE_RECORD_NUMBERS && !r->gone; i++)
		e.number[RECORD_FIELDS + i] = r->number[i] > 0 ? (uint64_t)r->number[i] : 0;
	return e;
}

/* Whether a text is the folded form of a name. */
static bool is_folded(const char *name, const char *folded)
{
	for (; *name && *folded; name++, folded++)
		if (case_fold(*name) != *folded)
			return false;
	return !*name && !*folded;
}

static bool name_right(const struct entry *e, bool valid)
{
	return valid && (e->number[RECORD_GONE] || is_folded(entry_text(e, 1), entry_text(e, 0)));
}

static bool nick_right(const struct entry *e)
{
	return name_right(e, nick_valid(entry_text(e, 0), NICK_BYTES_MAX - 1));
}

static bool channel_right(const struct entry *e)
{
	return channel_name_valid(entry_text(e, 0), CHANNEL_BYTES_MAX - 1);
}

/* The kind of a ban, of those that this version knows; and the bounds of the texts. */
static bool ban_right(const struct entry *e)
{
	const char kind = *entry_text(e, 0);

	return e->text[0].len == 1 && kind >= '0' + BAN_USER && kind < '0' + BAN_KIND_END &&
	       e->text[1].len > 0 && e->text[1].len < BAN_MASK_MAX &&
	       e->text[2].len + e->text[3].len <= BAN_TEXT_MAX;
}

/* Whether the record may be one of its table: what the table is read for later depends on it. */
static bool is_right(const struct entry *e)
{
	switch (e->number[RECORD_TABLE]) {
	case STORE_ACCOUNT:
	case STORE_ACCOUNT_NICK: return nick_right(e);
	case STORE_ACCOUNT_CERT:
	case STORE_ACCOUNT_APP: return e->text[0].len > 0;
	case STORE_ACCOUNT_ENTRY:
		return nick_valid(entry_text(e, 0), NICK_BYTES_MAX - 1) && e->text[1].len > 0;
	case STORE_CHANNEL:
		return name_right(e, channel_right(e)) &&
		       (e->number[RECORD_GONE] || e->text[2].len > 0);
	case STORE_CHANNEL_ACCESS: return channel_right(e) && e->text[1].len > 0;
	case STORE_CHANNEL_MASK: return channel_right(e) && e->text[1].len == 1;
	case STORE_SERVER_BAN: return ban_right(e);
	case STORE_FILTER:
		return e->text[0].len > 0 && e->text[0].len <= FILTER_PATTERN_MAX &&
		       e->text[1].len <= FILTER_REASON_MAX;
	default: return false;
	}
}

static void merged(void *arg, const struct store_reply *reply)
{
	struct server *s = arg;
	struct network *n = s->cluster ? network_of(s->cluster) : NULL;

	if (!n)
		return;
	if (reply->status != STORE_OK || !reply->records) {
		network_count(n, NETWORK_RECORDS_LOST);
		return;
	}
	network_count(n, reply->count == STORE_MERGED || reply->count == STORE_MERGED_OVER
				 ? NETWORK_RECORDS
				 : NETWORK_RECORDS_NOT);
	/* what this node is writing is later, and is in memory when that is on the disk */
	if (reply->count != STORE_MERGED_NOT && writing_at(n, reply->records) == n->writing.count)
		record_take(n, reply->records, (enum store_merged)reply->count);
}

bool apply_record(const struct arrival *a, const struct entry *e)
{
	struct network *n = a->n;
	struct server *s = n->server;
	uint64_t version = e->number[RECORD_VERSION];
	struct store_request r = {.op = STORE_RECORD_MERGE, .done = merged, .arg = s};

	if (!is_right(e) || version == 0 || version > INT64_MAX ||
		msgid_ms(version) > (s->wall + RECORD_AHEAD_MAX) / NSEC_MSEC)
		return false;
	if (!s->store || !s->accounts.loaded)
		return true;
	stamp_seen(s, version);
	r.u.record = (struct store_record){.table = (enum store_table)e->number[RECORD_TABLE],
		.version = version,
		.after = e->number[RECORD_AFTER],
		.owner = (int64_t)(e->number[RECORD_OWNER] & INT64_MAX),
		.node = n->number,
		.gone = e->number[RECORD_GONE]};
	for (int i = 0; i < STORE_RECORD_TEXTS; i++)
		r.u.record.text[i] = e->text[i].p ? e->text[i] : text_of("");
	for (int i = 0; i < STORE_RECORD_NUMBERS; i++)
		r.u.record.number[i] = (int64_t)(e->number[RECORD_FIELDS + i] & INT64_MAX);
	if (store_submit(s->store, &r) != STORE_OK)
		network_count(n, NETWORK_RECORDS_LOST);
	return true;
}
