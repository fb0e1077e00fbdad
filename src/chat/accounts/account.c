/* account.c - the table of accounts in memory. */
#include "chat/accounts/account_table.h"

#include <sodium.h>
#include <stdlib.h>

#define GUESS_SPAN (60 * NSEC_SEC)
#define MAIL_SPAN  (3600 * NSEC_SEC)

static bool key_match(const struct hash_node *n, const void *key)
{
	return case_equal(container_of(n, struct account_key, by_text)->text, key);
}

bool accounts_init(struct accounts *t, struct store *store, const struct siphash_key *key,
	struct skeletons *skeletons)
{
	*t = (struct accounts){.store = store, .key = *key, .skeletons = skeletons};
	hash_init(&t->names);
	for (int l = 0; l < ACCOUNT_LISTS; l++)
		hash_init(&t->keys[l]);
	hash_init(&t->emails);
	hash_init(&t->looks);
	t->guesses = calloc(ACCOUNT_GUESSES, sizeof(*t->guesses));
	t->mails = calloc(ACCOUNT_MAILS, sizeof(*t->mails));
	return t->guesses && t->mails && sodium_init() >= 0;
}

void accounts_free(struct accounts *t)
{
	struct hash_iter it = hash_walk(&t->names);
	struct hash_node *n = hash_next(&it);

	while (n) {
		struct account *a = container_of(n, struct account, by_name);

		n = hash_next(&it);
		account_free(a);
	}
	hash_free(&t->names);
	for (int l = 0; l < ACCOUNT_LISTS; l++)
		hash_free(&t->keys[l]);
	hash_free(&t->emails);
	hash_free(&t->looks);
	free(t->guesses);
	free(t->mails);
	VEC_FREE(&t->waiting);
	sodium_memzero(t->secret, sizeof(t->secret));
}

/* --- lookup --- */

struct account *accounts_find(const struct accounts *t, const char *name)
{
	struct account *a = account_any(t, name);

	return a && !(a->flags & ACCOUNT_DROPPED) ? a : NULL;
}

struct account_key *accounts_key(const struct accounts *t, enum account_list list, const char *text)
{
	struct hash_node *n = hash_find(&t->keys[list], account_hash(t, text), key_match, text);

	return n ? container_of(n, struct account_key, by_text) : NULL;
}

struct account *accounts_of_nick(const struct accounts *t, const char *nick)
{
	struct account *a = accounts_find(t, nick);
	struct account_key *k = a ? NULL : accounts_key(t, ACCOUNT_NICKS, nick);

	return k ? k->account : a;
}

struct account *accounts_of_cert(const struct accounts *t, const char *fingerprint)
{
	struct account_key *k = accounts_key(t, ACCOUNT_CERTS, fingerprint);

	return k && !k->writing ? k->account : NULL;
}

bool accounts_is_free(const struct accounts *t, const char *name)
{
	return !account_any(t, name) && !accounts_key(t, ACCOUNT_NICKS, name);
}

uint32_t account_keys(const struct account *a, enum account_list list)
{
	uint32_t n = 0;

	for (const struct account_key *k = a->keys[list]; k; k = k->next)
		n++;
	return n;
}

struct account_values account_values(const struct account *a)
{
	return (struct account_values){a->name, a->password, a->scram, a->email, a->code, a->flags,
		a->created_ms, a->seen_ms};
}

bool account_enter(struct account *a, struct user *u, uint32_t max)
{
	return VEC_PUSH(&a->sessions, u, u32_min(max, ACCOUNT_SESSIONS_MAX));
}

void account_leave(struct account *a, const struct user *u)
{
	for (uint32_t i = 0; i < a->sessions.count; i++)
		if (a->sessions.at[i] == u) {
			a->sessions.at[i] = a->sessions.at[--a->sessions.count];
			break;
		}
	if (a->sessions.count == 0)
		VEC_FREE(&a->sessions);
}

/* --- guessing --- */

static uint64_t guess_key(const struct accounts *t, const char *name)
{
	char text[ACCOUNT_FOLDED_MAX];
	struct store_text folded_name = account_folded(name, text);

	return siphash(folded_name.p, folded_name.len, &t->key) | 1;
}

/* The whole allowance of a span may be used at once, as for an address (conn_limit.c). */
static bool allowed(
	const struct account_guess *g, uint64_t key, nsec_t span, int64_t rate, nsec_t now)
{
	return rate == 0 || g->key != key || g->full + span / rate - now <= span;
}

static void count(struct account_guess *g, uint64_t key, nsec_t each, nsec_t now)
{
	if (g->key != key || g->full < now)
		*g = (struct account_guess){key, now};
	g->full += each;
}

bool accounts_may_guess(const struct accounts *t, const char *name, int64_t rate, nsec_t now)
{
	uint64_t key = guess_key(t, name);

	return allowed(&t->guesses[key % ACCOUNT_GUESSES], key, GUESS_SPAN, rate, now);
}

void accounts_guessed(struct accounts *t, const char *name, int64_t rate, nsec_t now)
{
	uint64_t key = guess_key(t, name);

	if (rate)
		count(&t->guesses[key % ACCOUNT_GUESSES], key, GUESS_SPAN / rate, now);
}

bool accounts_may_mail(struct accounts *t, const char *to, int64_t rate, nsec_t now)
{
	uint64_t key = guess_key(t, to);
	struct account_guess *g = &t->mails[key % ACCOUNT_MAILS];

	if (!allowed(g, key, MAIL_SPAN, rate, now))
		return false;
	if (rate)
		count(g, key, MAIL_SPAN / rate, now);
	return true;
}

void accounts_secret_of(const struct accounts *t, const char *name, uint8_t out[32])
{
	char text[ACCOUNT_FOLDED_MAX];
	struct store_text n = account_folded(name, text);

	crypto_auth_hmacsha256(out, (const uint8_t *)n.p, n.len, t->secret);
}
