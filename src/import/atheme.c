/* atheme.c - services.db: its lines, cut into words, each to what reads its kind. */
#include "import/atheme.h"

#include "import/atheme_account.h"
#include "import/atheme_channel.h"
#include "import/atheme_row.h"

#include <ctype.h>

enum {
	VERSION_MIN = 8,
	VERSION_MAX = 12,
};

/* KL number user host duration set by reason */
static void take_ban(struct reader *r, struct row *row)
{
	int64_t duration = row_ms(row->word[3]);
	struct import_ban ban = {.kind = BAN_USER,
		.reason = row_keep(r, row->rest),
		.setter = row_keep(r, row->word[5]),
		.set_ms = row_ms(row->word[4])};
	char mask[2 * BAN_MASK_MAX];

	snprintf(mask, sizeof(mask), "%.127s@%.127s", row->word[1], row->word[2]);
	ban.mask = row_keep(r, mask);
	ban.expire_ms = duration ? ban.set_ms + duration : 0;
	import_push(r->im, &r->im->bans, ban);
}

/* Kinds of rows: the words that a row has before its rest, and what takes it; or NULL, and why it
 * is not taken; or NULL twice: counters, versions and settings that say nothing about users. */
static const struct kind {
	const char *name;
	int words;
	void (*take)(struct reader *r, struct row *row);
	const char *why;
} kinds[] = {
	{"MU", 8, atheme_account, NULL},
	{"MDU", 2, atheme_account_data, NULL},
	{"MN", 4, atheme_nick, NULL},
	{"MCFP", 2, atheme_cert, NULL},
	{"MC", 8, atheme_channel, NULL},
	{"MDC", 2, atheme_channel_data, NULL},
	{"CA", 5, atheme_access, NULL},
	{"MDA", 3, atheme_access_data, NULL},
	{"KL", 6, take_ban, NULL},
	{"HR", 4, atheme_host_wanted, NULL},
	{"AC", 2, NULL, "a host does not log a user in here"},
	{"BOT", 1, NULL, "burble's services are ChanServ, HistServ, HostServ and NickServ"},
	{"CLONES-EX", 2, NULL, "what exempts an address from limits is in the configuration"},
	{"GACL", 2, NULL, "burble has no groups"},
	{"GRP", 2, NULL, "burble has no groups"},
	{"HO", 1, NULL, "burble offers no hosts: users ask HostServ for one"},
	{"ME", 1, NULL, "burble has no memos"},
	{"QL", 2, NULL, "burble has no list of forbidden nicks and channels"},
	{"SI", 1, NULL, "burble's services ignore nobody"},
	{"SO", 2, NULL, "operators are in the configuration, [oper]"},
	{"XL", 2, NULL, "burble has no bans of real names"},
	{"BOT-COUNT", 1, NULL, NULL},
	{"CF", 1, NULL, NULL},
	{"CFCHAN", 1, NULL, NULL}, /* ChanFix's scores */
	{"CFDBV", 1, NULL, NULL},
	{"CFOP", 1, NULL, NULL},
	{"CLONES-CD", 1, NULL, NULL},
	{"CLONES-CK", 1, NULL, NULL},
	{"CLONES-DBV", 1, NULL, NULL},
	{"CLONES-GR", 1, NULL, NULL},
	{"DBV", 1, NULL, NULL},
	{"GDBV", 1, NULL, NULL},
	{"GFA", 1, NULL, NULL},
	{"GRVER", 1, NULL, NULL},
	{"KID", 1, NULL, NULL},
	{"LUID", 1, NULL, NULL},
	{"MDEP", 1, NULL, NULL},
	{"QID", 1, NULL, NULL},
	{"TS", 1, NULL, NULL},
	{"XID", 1, NULL, NULL},
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
	for (int i = 0; i < ATHEME_WORDS_MAX; i++) {
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
		row->word[account && r->version >= ATHEME_VERSION_WITH_ID],
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
	if (!kind || (!kind->take && kind->why)) {
		row_skip(r, &row, kind ? kind->why : "burble has no place for it");
		return;
	}
	if (!kind->take)
		return;
	if (!*row.word[kind == &kinds[0] && r->version >= ATHEME_VERSION_WITH_ID])
		row_skip(r, &row, "nothing is in it");
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
