/* ergo_ban.c - bans.* of Ergo's database. */
#include "import/ergo_ban.h"

#include "import/ergo_json.h"

enum {
	NANOSECONDS = 1000000, /* in a ms */
};

static void skip(struct import *im, const char *what, const char *mask, const char *why)
{
	char row[2 * IMPORT_SHOWN_MAX];

	snprintf(row, sizeof(row), "%s %.100s", what, mask);
	import_skip(im, row, why);
}

static void take(struct import *im, enum ban_kind kind, const char *mask, const json_t *o)
{
	const char *what = kind == BAN_USER ? "K-line" : "D-line";
	json_int_t duration = json_integer_value(json_object_get(o, "Duration"));
	struct import_ban ban = {.kind = kind, .mask = mask};

	if (json_is_true(json_object_get(o, "RequireSASL"))) {
		skip(im, what, mask, "who logs in was let in: a ban here excepts nobody");
		return;
	}
	if (ergo_keep(im, o, "oper_reason"))
		skip(im, "operators' note on", mask, "a ban here has only the reason for users");
	ban.reason = ergo_keep(im, o, "reason");
	ban.setter = ergo_keep(im, o, "oper_name");
	ban.set_ms = ergo_time(json_object_get(o, "TimeCreated"));
	if (duration > 0)
		ban.expire_ms = ban.set_ms + duration / NANOSECONDS;
	import_push(im, &im->bans, ban);
}

bool ergo_ban(struct import *im, const struct resp_pair *p)
{
	static const struct {
		const char *key;
		enum ban_kind kind;
	} kinds[] = {{"bans.dlinev2 ", BAN_ADDRESS}, {"bans.klinev2 ", BAN_USER}};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i].key);
		json_t *o;

		if (p->key.len <= n || memcmp(p->key.p, kinds[i].key, n) != 0 ||
			memchr(p->key.p, '\0', p->key.len))
			continue;
		o = ergo_object(p->value);
		if (o)
			take(im, kinds[i].kind, import_text(im, p->key.p + n, p->key.len - n), o);
		else
			skip(im, kinds[i].key, "", "malformed");
		json_decref(o);
		return true;
	}
	return false;
}
