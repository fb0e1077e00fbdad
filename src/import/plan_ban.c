/* plan_ban.c - bans from the server, in the form in which a server here keeps them. */
#include "import/plan_ban.h"

#include "base/utf8.h"

static void skip(struct import *im, const struct import_ban *ban, const char *why)
{
	char row[2 * IMPORT_SHOWN_MAX];

	snprintf(row, sizeof(row), "%s %.100s", ban->kind == BAN_USER ? "K-line" : "D-line",
		ban->mask);
	import_skip(im, row, why);
}

static struct store_text text_of(const char *text, const char *otherwise)
{
	const char *p = text && *text && import_is_line(text) ? text : otherwise;

	return (struct store_text){p, utf8_cut(p, BAN_TEXT_MAX)};
}

static bool put(const struct import_to *to, const struct store_ban *ban, const char *key)
{
	struct store_record r = {.table = STORE_SERVER_BAN};

	r.text[0] = (struct store_text){key, 1};
	r.text[1] = ban->mask;
	r.text[2] = ban->reason;
	r.text[3] = ban->setter;
	r.number[0] = ban->set_ms;
	r.number[1] = ban->expire_ms;
	return to->put(to->arg, &r);
}

/* The set of those before it knows what is a ban, and whether it is there already. */
static bool write_ban(struct import *im, const struct import_to *to, const struct import_ban *from,
	struct bans *before, struct import_counts *n)
{
	struct store_ban ban = {.kind = (uint8_t)from->kind,
		.mask = import_column(from->mask),
		.reason = text_of(from->reason, "No reason given"),
		.setter = text_of(from->setter, "imported"),
		.set_ms = from->set_ms ? from->set_ms : to->now_ms,
		.expire_ms = from->expire_ms};
	const struct ban *added = NULL;
	uint32_t count = before->count;
	enum ban_result result = BAN_BAD_MASK;
	char key[BAN_MASK_MAX + 8];

	if (from->expire_ms && from->expire_ms <= to->now_ms) {
		skip(im, from, "it has ended");
		return true;
	}
	if (import_is_line(from->mask))
		result = bans_add(before, &ban, &added);
	if (result == BAN_NO_MEMORY)
		return false;
	if (result != BAN_OK) {
		skip(im, from, ban_result_text(result));
		return true;
	}
	snprintf(key, sizeof(key), "%d %s", (int)from->kind, added->mask);
	if (before->count == count || to->has(to->arg, STORE_SERVER_BAN, key)) {
		skip(im, from, "there is such a ban already");
		return true;
	}
	ban.mask = import_column(added->mask);
	*(from->kind == BAN_USER ? &n->klines : &n->dlines) += 1;
	return put(to, &ban, key);
}

bool import_write_bans(struct import *im, const struct import_to *to, struct import_counts *n)
{
	struct bans before;
	bool good = true;

	bans_init(&before, &im->hash);
	for (uint32_t i = 0; good && i < im->bans.count; i++)
		good = write_ban(im, to, &im->bans.at[i], &before, n);
	bans_free(&before);
	return good;
}
