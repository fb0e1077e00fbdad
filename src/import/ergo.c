/* ergo.c - keys of ircd.db: accounts, then the channels that they own. */
#include "import/ergo.h"

#include "chat/model/channel.h"
#include "chat/model/channel_history.h"
#include "chat/model/modes.h"
#include "import/ergo_account.h"
#include "import/ergo_ban.h"
#include "import/ergo_json.h"
#include "import/resp.h"

enum {
	VERSION_MIN = 23,
	VERSION_MAX = 24,
};

static const char version_key[] = "0 AP9VDdQKv3n1mI5ZYY3bVw";
static const char old_version_key[] = "db.version";

static bool begins(struct resp_text t, const char *with)
{
	return t.len > strlen(with) && memcmp(t.p, with, strlen(with)) == 0;
}

static struct resp_text behind(struct resp_text t, const char *prefix)
{
	return (struct resp_text){t.p + strlen(prefix), t.len - strlen(prefix)};
}

static void skip(struct import *im, struct resp_text key, const char *why)
{
	char row[IMPORT_SHOWN_MAX];

	snprintf(row, sizeof(row), "%.*s", (int)(key.len < sizeof(row) ? key.len : sizeof(row) - 1),
		key.p);
	import_skip(im, row, why);
}

/* --- channels --- */

/* {"MASK":{"TimeCreated":...,"CreatorNickmask":...}} */
static void take_masks(struct import *im, struct import_channel *c, const json_t *o, char list)
{
	const char *mask;
	json_t *info;

	json_object_foreach((json_t *)o, mask, info)
	{
		struct import_mask m = {list, import_text(im, mask, strlen(mask)),
			ergo_keep(im, info, "CreatorNickmask"),
			ergo_time(json_object_get(info, "TimeCreated")), false};

		import_push(im, &c->masks, m);
	}
}

/* {"bob":111}: the letter of a rank, as a number */
static void take_ranks(struct import *im, struct import_channel *c, const json_t *o)
{
	const char *account;
	json_t *letter;

	json_object_foreach((json_t *)o, account, letter)
	{
		const struct mode_row *row = mode_find((char)json_integer_value(letter));
		const struct import_account *a = import_find_account(im, account);
		char shown[2 * IMPORT_SHOWN_MAX];

		snprintf(shown, sizeof(shown), "rank of %.60s in %.60s", account, c->name);
		if (!a || !row || row->kind != MODE_MEMBER)
			import_skip(im, shown, a ? "no rank" : "of an account that is not taken");
		else if (!c->founder || strcmp(a->folded, c->founder) != 0)
			import_push(im, &c->access,
				((struct import_access){a->folded, row->bit, c->created_ms}));
	}
}

static void take_modes(struct import *im, struct import_channel *c, const json_t *o)
{
	char letters[64], rest[64], shown[2 * IMPORT_SHOWN_MAX];
	size_t n = 0, i;
	json_t *mode;

	json_array_foreach(json_object_get(o, "Modes"), i, mode)
	{
		json_int_t letter = json_integer_value(mode);

		if (n + 1 < sizeof(letters) && letter > ' ' && letter < 127)
			letters[n++] = (char)letter;
	}
	letters[n] = '\0';
	c->modes = import_modes(letters, rest);
	if (rest[strspn(rest, "klf")]) { /* those with a parameter are read elsewhere */
		snprintf(shown, sizeof(shown), "modes %.20s of %.60s", rest, c->name);
		import_skip(im, shown, "burble has no such modes");
	}
}

/* {"History":1}: 0 default, 1 off, 2 in memory only, 3 on */
static void take_history(struct import *im, struct import_channel *c, const json_t *settings)
{
	json_int_t history = json_integer_value(json_object_get(settings, "History"));
	char shown[2 * IMPORT_SHOWN_MAX];

	if (history == 1)
		c->history = CHANNEL_HISTORY_OFF;
	else if (history == 3)
		c->history = CHANNEL_HISTORY_ON;
	else if (history != 0) {
		snprintf(shown, sizeof(shown), "history of %.60s", c->name);
		import_skip(im, shown, "burble keeps it on the disk or not at all: as the default");
	}
}

static void take_rest(struct import *im, struct import_channel *c, const json_t *o)
{
	const json_t *limit = json_object_get(o, "UserLimit");
	json_t *settings = json_object_get(o, "Settings");
	char shown[2 * IMPORT_SHOWN_MAX];

	c->topic = ergo_keep(im, o, "Topic");
	c->topic_by = ergo_keep(im, o, "TopicSetBy");
	c->topic_ms = ergo_time(json_object_get(o, "TopicSetTime"));
	c->key = ergo_keep(im, o, "Key");
	if (json_integer_value(limit) > 0 && json_integer_value(limit) < INT32_MAX)
		c->limit = (uint32_t)json_integer_value(limit);
	if (ergo_keep(im, o, "Forward")) {
		snprintf(shown, sizeof(shown), "forward of %.60s", c->name);
		import_skip(im, shown, "burble forwards nobody");
	}
	take_history(im, c, settings);
	json_object_del(settings, "History");
	ergo_settings(im, settings, c->name);
	take_modes(im, c, o);
	take_ranks(im, c, json_object_get(o, "AccountToUMode"));
	take_masks(im, c, json_object_get(o, "Bans"), 'b');
	take_masks(im, c, json_object_get(o, "Excepts"), 'e');
	take_masks(im, c, json_object_get(o, "Invites"), 'I');
}

static void take_channel(struct import *im, const struct resp_pair *p)
{
	json_t *o = ergo_object(p->value);
	const char *name = ergo_text(o, "Name"), *founder = ergo_text(o, "Founder");
	const struct import_account *a = founder ? import_find_account(im, founder) : NULL;
	struct import_channel *c = name ? import_channel(im, name) : NULL;

	if (!name) {
		skip(im, p->key, "a channel without a name, or malformed");
	} else if (c && c->name) {
		skip(im, p->key, "the channel is in the file already");
	} else if (c) {
		c->name = import_text(im, name, strlen(name));
		c->founder = a ? a->folded : NULL;
		c->created_ms = ergo_time(json_object_get(o, "RegisteredAt"));
		take_rest(im, c, o);
	}
	json_decref(o);
}

/* --- keys --- */

static void take_key(struct import *im, const struct resp *r, const struct resp_pair *p)
{
	if (begins(p->key, "account.exists "))
		ergo_account(im, r, behind(p->key, "account.exists "));
	else if (begins(p->key, "account.unregistered "))
		ergo_account(im, r, behind(p->key, "account.unregistered "));
}

/* Keys that are not read are named, but for the server's own secrets and versions, which table 0
 * has. */
static void take_others(struct import *im, const struct resp_pair *p)
{
	if (begins(p->key, "1 "))
		take_channel(im, p);
	else if (begins(p->key, "2 "))
		skip(im, p->key, "a purged channel: burble has no list of them");
	else if (ergo_ban(im, p))
		return;
	else if (p->value.len == 4 && memcmp(p->value.p, "null", 4) == 0)
		return; /* nothing is in it */
	else if (!ergo_account_reads(p->key) && !begins(p->key, "0 "))
		skip(im, p->key, "burble has no place for it");
}

static const char *check_version(const struct resp *r, char *why)
{
	struct resp_text none = {0}, t = resp_get(r, version_key, none);
	unsigned n = 0;

	if (!t.p)
		t = resp_get(r, old_version_key, none);
	for (size_t i = 0; t.p && i < t.len && i < 4 && t.p[i] >= '0' && t.p[i] <= '9'; i++)
		n = n * 10 + (unsigned)(t.p[i] - '0');
	if (n >= VERSION_MIN && n <= VERSION_MAX)
		return NULL;
	snprintf(why, IMPORT_WHY_MAX,
		n ? "version %u of Ergo's database, not 23 or 24: let Ergo 2.12 or later upgrade it"
		  : "not a database of Ergo: it has no version",
		n);
	return why;
}

const char *ergo_read(struct import *im, const char *file, size_t len, char *why)
{
	struct resp r = {.hash = im->hash, .now_ms = im->now_ms, .written_ms = im->written_ms};
	size_t at = 0;
	const char *wrong = resp_read(&r, file, len, &at);

	if (wrong) {
		snprintf(why, IMPORT_WHY_MAX, "not a database of Ergo: %s at byte %zu", wrong, at);
		wrong = why;
	} else {
		wrong = check_version(&r, why);
	}
	if (!wrong && r.cut)
		import_skip(im, "the last command", "the file ends within it");
	for (uint32_t i = 0; !wrong && i < r.pairs.count; i++)
		if (r.pairs.at[i]->value.p)
			take_key(im, &r, r.pairs.at[i]);
	for (uint32_t i = 0; !wrong && i < r.pairs.count; i++)
		if (r.pairs.at[i]->value.p)
			take_others(im, r.pairs.at[i]);
	resp_free(&r);
	return wrong;
}
