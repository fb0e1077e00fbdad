/* ergo_account.c - account.* of one account. */
#include "import/ergo_account.h"

#include "chat/accounts/account.h"
#include "chat/accounts/scram.h"
#include "chat/model/modes.h"
#include "import/ergo_json.h"

#include <sodium.h>

enum {
	NAME_MAX_BYTES = 255,
	ALWAYS_ON_NO = 1, /* Ergo's numbers */
	ALWAYS_ON_YES = 4,
	NANOSECONDS = 1000000,
};

static const char *const read_keys[] = {"account.exists ", "account.verified ", "account.name ",
	"account.registered.time ", "account.credentials ", "account.additionalnicks ",
	"account.settings ", "account.lastseen ", "account.suspended ", "account.unregistered ",
	"account.channeltomodes ", "account.realname ", "account.creds.certfp ", "account.vhost ",
	"account.modes ", "account.verificationcode "};

bool ergo_account_reads(struct resp_text key)
{
	for (size_t i = 0; i < ARRAY_SIZE(read_keys); i++)
		if (key.len > strlen(read_keys[i]) &&
			memcmp(key.p, read_keys[i], strlen(read_keys[i])) == 0)
			return true;
	return false;
}

/* An account being read. */
struct reading {
	struct import *im;
	const struct resp *from;
	struct resp_text name;
	struct import_account *account;
};

static struct resp_text get(const struct reading *g, const char *key)
{
	return resp_get(g->from, key, g->name);
}

static void skip(const struct reading *g, const char *key, const char *why)
{
	char row[2 * IMPORT_SHOWN_MAX];

	snprintf(row, sizeof(row), "%s%.*s", key, (int)(g->name.len < 60 ? g->name.len : 60),
		g->name.p);
	import_skip(g->im, row, why);
}

static int64_t number(struct resp_text t)
{
	int64_t n = 0;

	for (size_t i = 0; i < t.len && i < 19 && t.p[i] >= '0' && t.p[i] <= '9'; i++)
		n = n * 10 + (t.p[i] - '0');
	return n;
}

/* The keys of SCRAM-SHA-256 are the same here and there. */
static void take_scram(const struct reading *g, const json_t *o)
{
	struct scram_keys k;
	json_int_t rounds = json_integer_value(json_object_get(o, "Iters"));
	size_t salt, stored, server;
	char text[SCRAM_KEYS_TEXT_MAX];

	if (rounds < SCRAM_ITERATIONS_MIN || rounds > 10000000 ||
		!ergo_bytes(o, "Salt", k.salt, sizeof(k.salt), &salt) || salt != SCRAM_SALT ||
		!ergo_bytes(o, "StoredKey", k.stored, SCRAM_KEY, &stored) || stored != SCRAM_KEY ||
		!ergo_bytes(o, "ServerKey", k.server, SCRAM_KEY, &server) || server != SCRAM_KEY)
		return;
	k.iterations = (uint32_t)rounds;
	scram_keys_print(&k, text);
	g->account->scram = import_text(g->im, text, strlen(text));
}

/* Version 1 is bcrypt of SHA3-512; -1 and -2 came from Atheme and Anope by Ergo's import. */
static void take_hash(const struct reading *g, const json_t *o)
{
	static const char *const prefixes[][2] = {
		{"md5:", "$rawmd5$"}, {"sha1:", "$rawsha1$"}, {"bcrypt:", ""}};
	json_int_t version = json_integer_value(json_object_get(o, "Version"));
	char hash[512] = "", kept[600];
	size_t n;

	if (!ergo_bytes(o, "PassphraseHash", (uint8_t *)hash, sizeof(hash) - 1, &n) || n == 0 ||
		strlen(hash) != n) {
		skip(g, "account.credentials ",
			"no password, or a malformed one: it must be reset");
		return;
	}
	snprintf(kept, sizeof(kept), "%s%s", version == 1 ? "sha3" : "", hash);
	if (version == -1 && n == 144)
		snprintf(kept, sizeof(kept), "pbkdf2$%s", hash);
	for (size_t i = 0; version == -2 && i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(hash, prefixes[i][0], strlen(prefixes[i][0])) == 0)
			snprintf(kept, sizeof(kept), "%s%s", prefixes[i][1],
				hash + strlen(prefixes[i][0]));
	if (version == 0)
		skip(g, "account.credentials ", "a hash of Oragono 1: the password must be reset");
	else
		import_hash(g->im, g->account, kept);
}

static void take_credentials(const struct reading *g)
{
	json_t *o = ergo_object(get(g, "account.credentials "));
	const json_t *certs = json_object_get(o, "Certfps");
	size_t i;
	json_t *cert;

	if (!o) {
		skip(g, "account.credentials ", "missing or malformed: the password must be reset");
		return;
	}
	take_hash(g, o);
	if (g->account->hash)
		take_scram(g, o);
	json_array_foreach(certs, i, cert)
	{
		const char *text = json_string_value(cert);
		const char *fingerprint = text ? import_fingerprint(g->im, text) : NULL;

		if (fingerprint)
			import_push(g->im, &g->account->certs,
				((struct import_key){fingerprint, g->account->created_ms}));
		else
			skip(g, "a certificate of ", "not a SHA-256 fingerprint");
	}
	json_decref(o);
}

static void take_nicks(const struct reading *g)
{
	struct resp_text t = get(g, "account.additionalnicks ");
	const char *p = t.p, *end = t.p ? t.p + t.len : NULL;

	while (p && p < end) {
		const char *stop = memchr(p, ',', (size_t)(end - p));
		size_t n = (size_t)((stop ? stop : end) - p);

		if (n)
			import_push(g->im, &g->account->nicks,
				((struct import_key){
					import_text(g->im, p, n), g->account->created_ms}));
		p = stop ? stop + 1 : end;
	}
}

static void take_settings(const struct reading *g)
{
	json_t *o = ergo_object(get(g, "account.settings "));
	const char *email = ergo_text(o, "Email");
	json_int_t on = json_integer_value(json_object_get(o, "AlwaysOn"));

	if (email && *email) {
		g->account->email = import_text(g->im, email, strlen(email));
		g->account->flags |= ACCOUNT_MAIL;
	}
	if (on == ALWAYS_ON_NO)
		g->account->flags |= ACCOUNT_NOT_ALWAYS_ON;
	else if (on == ALWAYS_ON_YES)
		g->account->flags |= ACCOUNT_ALWAYS_ON;
	json_object_del(o, "Email");
	json_object_del(o, "AlwaysOn");
	ergo_settings(g->im, o, g->account->folded);
	json_decref(o);
}

static void take_host(const struct reading *g)
{
	json_t *o = ergo_object(get(g, "account.vhost "));

	g->account->host = ergo_keep(g->im, o, "ApprovedVHost");
	g->account->host_off = !json_is_true(json_object_get(o, "Enabled"));
	json_decref(o);
}

/* Ergo ends a suspension by itself. */
static void take_suspension(const struct reading *g)
{
	struct resp_text value = get(g, "account.suspended ");
	json_t *o = ergo_object(value);

	if (value.p)
		g->account->flags |= ACCOUNT_SUSPENDED;
	if (json_integer_value(json_object_get(o, "Duration")) > 0)
		skip(g, "end of account.suspended ",
			"a suspension here lasts until NickServ UNSUSPEND");
	json_decref(o);
}

/* Modes that a user sets; the others are the server's. */
static void take_user_modes(const struct reading *g)
{
	struct resp_text t = get(g, "account.modes ");

	for (size_t i = 0; t.p && i < t.len; i++) {
		const struct user_mode_row *row = user_mode_find(t.p[i]);

		if (row && row->settable)
			g->account->user_modes |= row->bit;
	}
}

static void take_seen(const struct reading *g)
{
	json_t *o = ergo_object(get(g, "account.lastseen ")), *when;
	const char *device;

	g->account->seen_ms = g->account->created_ms;
	json_object_foreach(o, device, when)
	{
		int64_t ms = ergo_time(when);

		if (ms > g->account->seen_ms)
			g->account->seen_ms = ms;
	}
	json_decref(o);
}

static uint32_t ranks_of(const char *letters)
{
	uint32_t bits = 0;

	for (; letters && *letters; letters++) {
		const struct mode_row *row = mode_find(*letters);

		bits |= row && row->kind == MODE_MEMBER ? row->bit : 0;
	}
	return bits;
}

static void take_places(const struct reading *g)
{
	json_t *o = ergo_object(get(g, "account.channeltomodes ")), *at;
	const char *channel;

	json_object_foreach(o, channel, at)
	{
		struct import_place place = {import_text(g->im, channel, strlen(channel)),
			ranks_of(json_is_object(at) ? ergo_text(at, "Modes")
						    : json_string_value(at))};

		import_push(g->im, &g->account->places, place);
	}
	json_decref(o);
}

static const char *copy(const struct reading *g, const char *key)
{
	struct resp_text t = get(g, key);

	return t.p && !memchr(t.p, '\0', t.len) ? import_text(g->im, t.p, t.len) : NULL;
}

/* The name of an account that was dropped there stays taken here, too. */
static void take_dropped(struct reading *g, const char *name)
{
	g->account->name = import_text(g->im, name, strlen(name));
	g->account->flags |= ACCOUNT_DROPPED;
}

void ergo_account(struct import *im, const struct resp *r, struct resp_text name)
{
	struct reading g = {im, r, name, NULL};
	char folded[NAME_MAX_BYTES + 1];

	if (name.len == 0 || name.len > NAME_MAX_BYTES || memchr(name.p, '\0', name.len)) {
		skip(&g, "account.exists ", "not a name");
		return;
	}
	snprintf(folded, sizeof(folded), "%.*s", (int)name.len, name.p);
	g.account = import_account(im, folded);
	if (!g.account || g.account->name)
		return;
	if (get(&g, "account.unregistered ").p) {
		take_dropped(&g, folded);
		return;
	}
	if (!get(&g, "account.verified ").p) {
		skip(&g, "account.exists ", "the account was never verified");
		return;
	}
	g.account->name = copy(&g, "account.name ");
	if (!g.account->name || !case_equal(g.account->name, folded))
		g.account->name = g.account->folded;
	g.account->created_ms = number(get(&g, "account.registered.time ")) / NANOSECONDS;
	take_suspension(&g);
	g.account->real = copy(&g, "account.realname ");
	take_credentials(&g);
	take_nicks(&g);
	take_settings(&g);
	take_host(&g);
	take_user_modes(&g);
	take_seen(&g);
	take_places(&g);
}
