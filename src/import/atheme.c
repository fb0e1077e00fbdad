/* atheme.c - rows of services.db: a handler for each kind. */
#include "import/atheme.h"

#include "chat/accounts/account.h"
#include "chat/model/channel.h"
#include "chat/model/modes.h"

#include <ctype.h>

enum {
	WORDS_MAX = 8,
	LINE_MAX_BYTES = 8192,
	VERSION_MIN = 8,
	VERSION_MAX = 12,
	VERSION_WITH_ID = 10,
	LEGACY_HASH = 144, /* characters: crypto/pbkdf2 has no sign of its own */
};

/* A row: its words, and what stands behind the last of them that its kind has. */
struct row {
	char line[LINE_MAX_BYTES];
	char *word[WORDS_MAX]; /* "" if missing */
	char *rest;
	char name[2 * IMPORT_SHOWN_MAX]; /* for the report */
};

struct reader {
	struct import *im;
	uint64_t number; /* of the line */
	unsigned version;
};

static void skip(struct reader *r, const struct row *row, const char *why)
{
	import_skip(r->im, row->name, why);
}

static int64_t ms_of(const char *seconds)
{
	int64_t n = 0;

	for (const char *p = seconds; *p >= '0' && *p <= '9' && p - seconds < 12; p++)
		n = n * 10 + (*p - '0');
	return n * 1000;
}

static const char *keep(struct reader *r, const char *text)
{
	return import_text(r->im, text, strlen(text));
}

/* --- accounts --- */

/* MU [ID] name password email registered seen flags language */
static void take_account(struct reader *r, struct row *row)
{
	char **w = row->word + (r->version >= VERSION_WITH_ID);
	struct import_account *a = import_account(r->im, w[0]);
	bool hashed = strchr(w[5], 'C') != NULL;
	char legacy[LEGACY_HASH + 8];

	if (!a)
		return;
	if (a->name) {
		skip(r, row, "the account is in the file already");
		return;
	}
	if (strchr(w[5], 'W')) {
		skip(r, row, "the account was never verified");
		return;
	}
	a->name = keep(r, w[0]);
	a->created_ms = ms_of(w[3]);
	a->seen_ms = ms_of(w[4]);
	if (strchr(w[2], '@') && strcmp(w[2], "noemail") != 0) {
		a->email = keep(r, w[2]);
		a->flags |= ACCOUNT_MAIL;
	}
	if (strchr(w[5], 'S') || !*w[1] || strcmp(w[1], "*") == 0)
		skip(r, row,
			"it has no password: without a certificate or a reset nobody can log in");
	else if (!hashed)
		a->plain = keep(r, w[1]);
	else if (strlen(w[1]) == LEGACY_HASH && isalnum((unsigned char)w[1][0])) {
		snprintf(legacy, sizeof(legacy), "pbkdf2$%s", w[1]);
		import_hash(r->im, a, legacy);
	} else {
		import_hash(r->im, a, w[1]);
	}
}

static struct import_account *account_of(struct reader *r, const struct row *row)
{
	struct import_account *a = import_find_account(r->im, row->word[0]);

	if (!a)
		skip(r, row, "of an account that is not taken");
	return a;
}

static void take_account_data(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);

	if (!a)
		return;
	if (strcmp(row->word[1], "private:freeze:freezer") == 0)
		a->flags |= ACCOUNT_SUSPENDED;
	else if (strncmp(row->word[1], "private:freeze:", 15) != 0)
		skip(r, row, "burble has no place for it");
}

static void take_nick(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);

	if (a && strcasecmp(row->word[1], a->folded) != 0)
		import_push(r->im, &a->nicks,
			((struct import_key){keep(r, row->word[1]), ms_of(row->word[2])}));
}

static void take_cert(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);
	const char *fingerprint = a ? import_fingerprint(r->im, row->word[1]) : NULL;

	if (fingerprint)
		import_push(r->im, &a->certs, ((struct import_key){fingerprint, a->created_ms}));
	else if (a)
		skip(r, row, "not a SHA-256 fingerprint");
}

/* An account's old name, a name that must not be registered, and the like. */
static void take_none(struct reader *r, struct row *row)
{
	skip(r, row, "burble has no place for it");
}

/* Counters and versions that say nothing about users. */
static void ignore(struct reader *r, struct row *row)
{
}

/* --- channels --- */

/* Bits of the locked modes (Atheme's channels.h) that have a letter with every server. */
static const struct {
	uint32_t bit, mode;
} locks[] = {
	{0x1, CHANNEL_INVITE_ONLY},
	{0x8, CHANNEL_MODERATED},
	{0x10, CHANNEL_NO_EXTERNAL},
	{0x80, CHANNEL_SECRET},
	{0x100, CHANNEL_TOPIC_OPS},
};

/* +n and +t are what Atheme sets unless they are locked off. */
static void take_locks(struct import_channel *c, uint32_t on, uint32_t off)
{
	c->modes = CHANNEL_NO_EXTERNAL | CHANNEL_TOPIC_OPS;
	for (size_t i = 0; i < ARRAY_SIZE(locks); i++) {
		if (off & locks[i].bit)
			c->modes &= ~locks[i].mode;
		if (on & locks[i].bit)
			c->modes |= locks[i].mode;
	}
}

/* MC name registered used flags on off limit key */
static void take_channel(struct reader *r, struct row *row)
{
	struct import_channel *c = import_channel(r->im, row->word[0]);

	if (!c)
		return;
	if (c->name) {
		skip(r, row, "the channel is in the file already");
		return;
	}
	c->name = keep(r, row->word[0]);
	c->created_ms = ms_of(row->word[1]);
	c->used_ms = ms_of(row->word[2]);
	take_locks(c, (uint32_t)strtoul(row->word[4], NULL, 10),
		(uint32_t)strtoul(row->word[5], NULL, 10));
	c->limit = (uint32_t)strtoul(row->word[6], NULL, 10);
	if (strpbrk(row->word[3], "r"))
		c->modes |= CHANNEL_REGISTERED;
	if (*row->word[7])
		c->key = keep(r, row->word[7]);
}

static struct import_channel *channel_of(struct reader *r, const struct row *row)
{
	struct import_channel *c = import_find_channel(r->im, row->word[0]);

	if (!c)
		skip(r, row, "of a channel that is not in the file");
	return c;
}

static void take_channel_data(struct reader *r, struct row *row)
{
	struct import_channel *c = channel_of(r, row);
	const char *what = row->word[1];

	if (!c)
		return;
	if (strcmp(what, "private:topic:text") == 0)
		c->topic = keep(r, row->rest);
	else if (strcmp(what, "private:topic:setter") == 0)
		c->topic_by = keep(r, row->rest);
	else if (strcmp(what, "private:topic:ts") == 0)
		c->topic_ms = ms_of(row->rest);
	else if (strcmp(what, "private:channelts") != 0)
		skip(r, row, "burble has no place for it");
}

/* The highest rank that the flags give. */
static uint32_t rank_of(const char *flags)
{
	if (strpbrk(flags, "Fq"))
		return MEMBER_OWNER;
	if (strchr(flags, 'a'))
		return MEMBER_ADMIN;
	if (strpbrk(flags, "oO"))
		return MEMBER_OP;
	if (strpbrk(flags, "hH"))
		return MEMBER_HALFOP;
	return strpbrk(flags, "vV") ? MEMBER_VOICE : 0;
}

static void take_mask(struct reader *r, const struct row *row, struct import_channel *c)
{
	const char *flags = row->word[2], *mask = row->word[1];
	char list = strchr(flags, 'b')   ? 'b'
		    : strchr(flags, 'e') ? 'e'
		    : strchr(flags, 'i') ? 'I'
					 : 0;
	char account[IMPORT_SHOWN_MAX];
	bool is_account = !strpbrk(mask, "!@*?$");

	if (is_account) { /* an account that is kept out */
		snprintf(account, sizeof(account), "a:%s", mask);
		mask = account;
	}
	if (!list)
		skip(r, row, "a rank of a mask: here only accounts have ranks");
	else
		import_push(r->im, &c->masks,
			((struct import_mask){
				list, keep(r, mask), keep(r, row->word[4]), ms_of(row->word[3])}));
}

/* CA channel account|mask flags changed setter */
static void take_access(struct reader *r, struct row *row)
{
	struct import_channel *c = channel_of(r, row);
	const char *who = row->word[1], *flags = row->word[2];
	struct import_account *a = import_find_account(r->im, who);
	uint32_t rank = rank_of(flags);

	if (!c)
		return;
	if (*who == '!')
		skip(r, row, "a group: burble has none");
	else if (strpbrk(who, "!@*?$") || (a && strchr(flags, 'b')))
		take_mask(r, row, c);
	else if (!a)
		skip(r, row, "of an account that is not taken");
	else if (strchr(flags, 'F') && !c->founder)
		c->founder = a->folded;
	else if (rank)
		import_push(r->im, &c->access,
			((struct import_access){a->folded, rank, ms_of(row->word[3])}));
	else
		skip(r, row, "flags without a rank");
}

/* --- lines --- */

/* Kinds of rows: the words that a row has before its rest. */
static const struct kind {
	const char *name;
	int words;
	void (*take)(struct reader *r, struct row *row);
} kinds[] = {
	{"MU", 8, take_account},
	{"MDU", 2, take_account_data},
	{"MN", 4, take_nick},
	{"MCFP", 2, take_cert},
	{"MC", 8, take_channel},
	{"MDC", 2, take_channel_data},
	{"CA", 5, take_access},
	{"DBV", 1, ignore},
	{"MDEP", 1, ignore},
	{"LUID", 1, ignore},
	{"CF", 1, ignore},
	{"TS", 1, ignore},
	{"KID", 1, ignore},
	{"XID", 1, ignore},
	{"QID", 1, ignore},
	{"GRVER", 1, ignore},
	{"GDBV", 1, ignore},
	{"CFDBV", 1, ignore},
	{"CLONES-DBV", 1, ignore},
	{"BOT-COUNT", 1, ignore},
};

/* Cuts a line into words. The report shows its number and its first two words, and no others: a
 * password could be among them. */
static const struct kind *split(struct reader *r, struct row *row)
{
	static char none[] = "";
	const struct kind *kind = NULL;
	char *p = row->line + strcspn(row->line, " ");
	bool account;

	if (*p)
		*p++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(row->line, kinds[i].name) == 0)
			kind = &kinds[i];
	for (int i = 0; i < WORDS_MAX; i++) {
		row->word[i] = none;
		if ((kind && i >= kind->words) || !*p)
			continue;
		row->word[i] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	row->rest = p;
	account = kind == &kinds[0];
	snprintf(row->name, sizeof(row->name), "line %llu: %.16s %.60s %.60s",
		(unsigned long long)r->number, row->line,
		row->word[account && r->version >= VERSION_WITH_ID],
		kind && !account ? row->word[1] : "");
	return kind;
}

static void take_line(struct reader *r, const char *line, size_t n)
{
	struct row row;
	const struct kind *kind;
	char where[32];

	if (n && line[n - 1] == '\r')
		n--;
	if (n == 0 || line[0] == '#')
		return;
	if (n >= sizeof(row.line) || memchr(line, '\0', n) || memchr(line, '\r', n)) {
		snprintf(where, sizeof(where), "line %llu", (unsigned long long)r->number);
		import_skip(r->im, where, "too long, or not text");
		return;
	}
	memcpy(row.line, line, n);
	row.line[n] = '\0';
	kind = split(r, &row);
	if (!kind)
		take_none(r, &row);
	else if (!*row.word[kind == &kinds[0] && r->version >= VERSION_WITH_ID])
		skip(r, &row, "nothing is in it");
	else
		kind->take(r, &row);
}

/* The version stands in the first line that is no module's. */
static unsigned version_of(const char *file, size_t len)
{
	const char *p = file, *end = file + len;

	for (int i = 0; i < 16 && p < end; i++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		if (end - p > 6 && memcmp(p, "DBV ", 4) == 0 && isdigit((unsigned char)p[4]))
			return (unsigned)(p[4] - '0') * (isdigit((unsigned char)p[5]) ? 10 : 1) +
			       (isdigit((unsigned char)p[5]) ? (unsigned)(p[5] - '0') : 0);
		p = stop ? stop + 1 : end;
	}
	return 0;
}

const char *atheme_read(struct import *im, const char *file, size_t len)
{
	struct reader r = {.im = im, .version = version_of(file, len)};
	const char *p = file, *end = file + len;

	if (r.version == 0)
		return "not a database of Atheme: there is no row DBV";
	if (r.version < VERSION_MIN || r.version > VERSION_MAX)
		return "a version of Atheme's database other than 8 to 12: let Atheme 7.2 or 7.3 "
		       "write it";
	while (p < end && !im->failed) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		r.number++;
		take_line(&r, p, (size_t)((stop ? stop : end) - p));
		p = stop ? stop + 1 : end;
	}
	return NULL;
}
