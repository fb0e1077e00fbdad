/* atheme.c - services.db: its lines, cut into words, each to what reads its kind. */
#include "import/atheme.h"

#include "import/atheme_row.h"

#include <ctype.h>

enum {
	VERSION_MIN = 8,
	VERSION_MAX = 12,
};

/* An account's old name, a name that must not be registered, and the like. */
static void take_none(struct reader *r, struct row *row)
{
	row_skip(r, row, "burble has no place for it");
}

/* Counters and versions that say nothing about users. */
static void ignore(struct reader *r, struct row *row)
{
}

/* Kinds of rows: the words that a row has before its rest. */
static const struct kind {
	const char *name;
	int words;
	void (*take)(struct reader *r, struct row *row);
} kinds[] = {
	{"MU", 8, atheme_account},
	{"MDU", 2, atheme_account_data},
	{"MN", 4, atheme_nick},
	{"MCFP", 2, atheme_cert},
	{"MC", 8, atheme_channel},
	{"MDC", 2, atheme_channel_data},
	{"CA", 5, atheme_access},
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
	if (!kind)
		take_none(r, &row);
	else if (!*row.word[kind == &kinds[0] && r->version >= ATHEME_VERSION_WITH_ID])
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
