/* atheme_account.c - rows of services.db about accounts. */
#include "import/atheme_account.h"

#include "chat/accounts/account.h"

#include <ctype.h>

enum {
	LEGACY_HASH = 144, /* characters: crypto/pbkdf2 has no sign of its own */
};

/* MU [ID] name password email registered seen flags language */
void atheme_account(struct reader *r, struct row *row)
{
	char **w = row->word + (r->version >= ATHEME_VERSION_WITH_ID);
	struct import_account *a = import_account(r->im, w[0]);
	bool hashed = strchr(w[5], 'C') != NULL;
	char legacy[LEGACY_HASH + 8];

	if (!a)
		return;
	if (a->name) {
		row_skip(r, row, "the account is in the file already");
		return;
	}
	if (strchr(w[5], 'W')) {
		row_skip(r, row, "the account was never verified");
		return;
	}
	a->name = row_keep(r, w[0]);
	a->created_ms = row_ms(w[3]);
	a->seen_ms = row_ms(w[4]);
	if (strchr(w[2], '@') && strcmp(w[2], "noemail") != 0) {
		a->email = row_keep(r, w[2]);
		a->flags |= ACCOUNT_MAIL;
	}
	if (strchr(w[5], 'S') || !*w[1] || strcmp(w[1], "*") == 0)
		row_skip(r, row,
			"it has no password: without a certificate or a reset nobody can log in");
	else if (!hashed)
		a->plain = row_keep(r, w[1]);
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
		row_skip(r, row, "of an account that is not taken");
	return a;
}

/* Data of accounts that are not taken, and why; NULL: it says nothing that a user would miss, such
 * as who did when what another row tells. */
static const struct {
	const char *key, *why;
} others[] = {
	{"private:freeze:reason", "a suspension here has no reason"},
	{"private:freeze:timestamp", NULL},
	{"private:host:actual", NULL}, /* where the user last was */
	{"private:host:vhost", NULL},
	{"private:mark:reason", "a note of operators: burble has none"},
	{"private:mark:setter", NULL},
	{"private:mark:timestamp", NULL},
	{"private:restrict:reason", "the account was restricted: here it is not, or SUSPEND it"},
	{"private:restrict:setter", NULL},
	{"private:restrict:timestamp", NULL},
	{"private:usercloak-assigner", NULL},
	{"private:usercloak-timestamp", NULL},
};

static const char *refusal(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(key, others[i].key) == 0)
			return others[i].why;
	if (strncmp(key, "private:usercloak:", 18) == 0)
		return "a host of one nick: here an account has one for all its nicks";
	return "burble has no place for it";
}

void atheme_account_data(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);
	const char *key = row->word[1], *why;

	if (!a)
		return;
	why = refusal(key);
	if (strcmp(key, "private:freeze:freezer") == 0)
		a->flags |= ACCOUNT_SUSPENDED;
	else if (strcmp(key, "private:usercloak") == 0)
		a->host = row_keep(r, row->rest);
	else if (why)
		row_skip(r, row, why);
}

/* HR nick host asked by */
void atheme_host_wanted(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);

	if (!a)
		return;
	a->wanted = row_keep(r, row->word[1]);
	a->wanted_ms = row_ms(row->word[2]);
}

void atheme_nick(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);

	if (a && strcasecmp(row->word[1], a->folded) != 0)
		import_push(r->im, &a->nicks,
			((struct import_key){row_keep(r, row->word[1]), row_ms(row->word[2])}));
}

void atheme_cert(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);
	const char *fingerprint = a ? import_fingerprint(r->im, row->word[1]) : NULL;

	if (fingerprint)
		import_push(r->im, &a->certs, ((struct import_key){fingerprint, a->created_ms}));
	else if (a)
		row_skip(r, row, "not a SHA-256 fingerprint");
}
