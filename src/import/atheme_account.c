/* atheme_account.c - rows of services.db about accounts. */
#include "chat/accounts/account.h"
#include "import/atheme_row.h"

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

void atheme_account_data(struct reader *r, struct row *row)
{
	struct import_account *a = account_of(r, row);

	if (!a)
		return;
	if (strcmp(row->word[1], "private:freeze:freezer") == 0)
		a->flags |= ACCOUNT_SUSPENDED;
	else if (strncmp(row->word[1], "private:freeze:", 15) != 0)
		row_skip(r, row, "burble has no place for it");
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
