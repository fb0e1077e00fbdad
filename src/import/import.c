/* import.c - accounts and channels of another server in memory, and the report of what is not. */
#include "import/import.h"

#include "base/utf8.h"
#include "chat/model/modes.h"
#include "chat/proto/casemap.h"
#include "chat/proto/password_foreign.h"

#include <ctype.h>

enum {
	FINGERPRINT = 64, /* hexadecimal digits of SHA-256 */
};

void import_init(struct import *im, const struct siphash_key *hash, FILE *report)
{
	*im = (struct import){.hash = *hash, .report = report};
	hash_init(&im->account_names);
	hash_init(&im->channel_names);
}

void import_free(struct import *im)
{
	for (uint32_t i = 0; i < im->accounts.count; i++) {
		VEC_FREE(&im->accounts.at[i]->nicks);
		VEC_FREE(&im->accounts.at[i]->certs);
		VEC_FREE(&im->accounts.at[i]->places);
	}
	for (uint32_t i = 0; i < im->channels.count; i++) {
		VEC_FREE(&im->channels.at[i]->access);
		VEC_FREE(&im->channels.at[i]->masks);
	}
	VEC_FREE(&im->accounts);
	VEC_FREE(&im->channels);
	VEC_FREE(&im->bans);
	hash_free(&im->account_names);
	hash_free(&im->channel_names);
	arena_free(&im->arena);
}

bool import_is_line(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' && !strchr("\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f", *p))
			return false;
	return utf8_valid(text, strlen(text));
}

const char *import_text(struct import *im, const char *p, size_t n)
{
	const char *copy = arena_copy(&im->arena, p, n);

	im->failed |= !copy;
	return copy ? copy : "";
}

static const char *folded(struct import *im, const char *name)
{
	char *copy = arena_copy(&im->arena, name, strlen(name));

	im->failed |= !copy;
	for (char *p = copy; p && *p; p++)
		*p = case_fold(*p);
	return copy;
}

static bool account_is(const struct hash_node *n, const void *name)
{
	return case_equal(container_of(n, struct import_account, by_name)->folded, name);
}

static bool channel_is(const struct hash_node *n, const void *name)
{
	return case_equal(container_of(n, struct import_channel, by_name)->folded, name);
}

static struct import_account *look(const struct import *im, const char *name)
{
	struct hash_node *n = hash_find(
		&im->account_names, case_hash(name, strlen(name), &im->hash), account_is, name);

	return n ? container_of(n, struct import_account, by_name) : NULL;
}

struct import_account *import_find_account(const struct import *im, const char *name)
{
	struct import_account *a = look(im, name);

	return a && a->name ? a : NULL;
}

struct import_account *import_account(struct import *im, const char *name)
{
	struct import_account *a = look(im, name);

	if (a)
		return a;
	a = arena_alloc(&im->arena, sizeof(*a));
	if (a)
		a->folded = folded(im, name);
	if (!a || !a->folded || !VEC_PUSH(&im->accounts, a, IMPORT_ROWS_MAX) ||
		!hash_insert(&im->account_names, &a->by_name,
			case_hash(name, strlen(name), &im->hash))) {
		im->failed = true;
		return NULL;
	}
	return a;
}

static struct import_channel *look_channel(const struct import *im, const char *name)
{
	struct hash_node *n = hash_find(
		&im->channel_names, case_hash(name, strlen(name), &im->hash), channel_is, name);

	return n ? container_of(n, struct import_channel, by_name) : NULL;
}

struct import_channel *import_find_channel(const struct import *im, const char *name)
{
	struct import_channel *c = look_channel(im, name);

	return c && c->name ? c : NULL;
}

struct import_channel *import_channel(struct import *im, const char *name)
{
	struct import_channel *c = look_channel(im, name);

	if (c)
		return c;
	c = arena_alloc(&im->arena, sizeof(*c));
	if (c)
		c->folded = folded(im, name);
	if (!c || !c->folded || !VEC_PUSH(&im->channels, c, IMPORT_ROWS_MAX) ||
		!hash_insert(&im->channel_names, &c->by_name,
			case_hash(name, strlen(name), &im->hash))) {
		im->failed = true;
		return NULL;
	}
	return c;
}

void import_skip(struct import *im, const char *row, const char *why)
{
	size_t n = strnlen(row, IMPORT_SHOWN_MAX);
	bool cut = row[n];

	im->skipped++;
	if (!im->report)
		return;
	while (n && row[n - 1] == ' ')
		n--;
	fputs("not taken: ", im->report);
	for (size_t i = 0; i < n; i++)
		fputc((unsigned char)row[i] < ' ' || (unsigned char)row[i] > '~' ? '?' : row[i],
			im->report);
	fprintf(im->report, "%s: %s\n", cut ? "..." : "", why);
}

void import_hash(struct import *im, struct import_account *a, const char *hash)
{
	const char *why = password_foreign_refusal(hash);
	char row[2 * IMPORT_SHOWN_MAX];

	if (!why) {
		a->hash = import_text(im, hash, strlen(hash));
		return;
	}
	snprintf(row, sizeof(row), "password of %s", a->folded);
	import_skip(im, row, why);
}

const char *import_fingerprint(struct import *im, const char *text)
{
	char out[FINGERPRINT + 1];
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ':')
			continue;
		if (!isxdigit((unsigned char)*text) || n == FINGERPRINT)
			return NULL;
		out[n++] = case_fold(*text);
	}
	return n == FINGERPRINT ? import_text(im, out, n) : NULL;
}

uint32_t import_modes(const char *letters, char rest[64])
{
	uint32_t bits = 0;
	size_t n = 0;

	for (; *letters; letters++) {
		const struct mode_row *row = mode_find(*letters);

		if (row && row->kind == MODE_FLAG)
			bits |= row->bit;
		else if (*letters != '+' && n < 63)
			rest[n++] = *letters;
	}
	rest[n] = '\0';
	return bits;
}
