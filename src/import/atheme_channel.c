/* atheme_channel.c - rows of services.db about channels. */
#include "import/atheme_channel.h"

#include "chat/model/channel.h"
#include "chat/model/modes.h"

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

/* Bits without a letter (key, limit), or one that depends on the server beside Atheme. */
enum {
	LOCK_KEY_LIMIT = 0x2 | 0x4,
};

/* Locks that are not among those are named: which modes they are is not in the file. */
static void skip_locks(struct reader *r, const struct import_channel *c, uint32_t on)
{
	char shown[2 * IMPORT_SHOWN_MAX];

	on &= ~(uint32_t)LOCK_KEY_LIMIT;
	for (size_t i = 0; i < ARRAY_SIZE(locks); i++)
		on &= ~locks[i].bit;
	if (!on)
		return;
	snprintf(shown, sizeof(shown), "locked modes 0x%x of %.60s", (unsigned)on, c->name);
	import_skip(r->im, shown, "which they are depends on the server beside Atheme");
}

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
void atheme_channel(struct reader *r, struct row *row)
{
	struct import_channel *c = import_channel(r->im, row->word[0]);

	if (!c)
		return;
	if (c->name) {
		row_skip(r, row, "the channel is in the file already");
		return;
	}
	c->name = row_keep(r, row->word[0]);
	c->created_ms = row_ms(row->word[1]);
	c->used_ms = row_ms(row->word[2]);
	take_locks(c, (uint32_t)strtoul(row->word[4], NULL, 10),
		(uint32_t)strtoul(row->word[5], NULL, 10));
	skip_locks(r, c, (uint32_t)strtoul(row->word[4], NULL, 10));
	c->limit = (uint32_t)strtoul(row->word[6], NULL, 10);
	if (strpbrk(row->word[3], "r"))
		c->modes |= CHANNEL_REGISTERED;
	if (*row->word[7])
		c->key = row_keep(r, row->word[7]);
}

static struct import_channel *channel_of(struct reader *r, const struct row *row)
{
	struct import_channel *c = import_find_channel(r->im, row->word[0]);

	if (!c)
		row_skip(r, row, "of a channel that is not in the file");
	return c;
}

/* Data that no user would miss: when what another row tells was done, and by whom. */
static bool says_nothing(const char *key)
{
	static const char *const keys[] = {"private:channelts", "private:close:reason",
		"private:close:timestamp", "private:mark:setter", "private:mark:timestamp"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

void atheme_channel_data(struct reader *r, struct row *row)
{
	struct import_channel *c = channel_of(r, row);
	const char *what = row->word[1];

	if (!c)
		return;
	if (strcmp(what, "private:topic:text") == 0)
		c->topic = row_keep(r, row->rest);
	else if (strcmp(what, "private:topic:setter") == 0)
		c->topic_by = row_keep(r, row->rest);
	else if (strcmp(what, "private:topic:ts") == 0)
		c->topic_ms = row_ms(row->rest);
	else if (strcmp(what, "private:close:closer") == 0)
		c->closed = true;
	else if (strcmp(what, "private:mark:reason") == 0)
		row_skip(r, row, "a note of operators: burble has none");
	else if (!says_nothing(what))
		row_skip(r, row, "burble has no place for it");
}

/* MDA channel mask reason|expires value: of the row CA before it */
void atheme_access_data(struct reader *r, struct row *row)
{
	struct import_channel *c = channel_of(r, row);
	const char *what = row->word[2];

	if (!c)
		return;
	if (strcmp(what, "expires") == 0 && c->masks.count > 0)
		c->masks.at[c->masks.count - 1].ends = true;
	else if (strcmp(what, "reason") == 0)
		row_skip(r, row, "burble keeps no reason with a mask");
	else
		row_skip(r, row, "burble has no place for it");
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
		row_skip(r, row, "a rank of a mask: here only accounts have ranks");
	else
		import_push(r->im, &c->masks,
			((struct import_mask){list, row_keep(r, mask), row_keep(r, row->word[4]),
				row_ms(row->word[3]), false}));
}

/* CA channel account|mask flags changed setter */
void atheme_access(struct reader *r, struct row *row)
{
	struct import_channel *c = channel_of(r, row);
	const char *who = row->word[1], *flags = row->word[2];
	struct import_account *a = import_find_account(r->im, who);
	uint32_t rank = rank_of(flags);

	if (!c)
		return;
	if (*who == '!')
		row_skip(r, row, "a group: burble has none");
	else if (strpbrk(who, "!@*?$") || (a && strchr(flags, 'b')))
		take_mask(r, row, c);
	else if (!a)
		row_skip(r, row, "of an account that is not taken");
	else if (strchr(flags, 'F') && !c->founder)
		c->founder = a->folded;
	else if (rank)
		import_push(r->im, &c->access,
			((struct import_access){a->folded, rank, row_ms(row->word[3])}));
	else
		row_skip(r, row, "flags without a rank");
}
