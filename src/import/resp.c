/* resp.c - commands of an append-only file, applied in order. */
#include "import/resp.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct reader {
	const char *at, *end;
};

/* The number behind a sign, up to CR LF. 1; 0: the file ends before; -1: malformed. */
static int take_number(struct reader *r, char sign, uint64_t *n)
{
	const char *p = r->at;
	int digits = 0;

	if (p == r->end)
		return 0;
	if (*p++ != sign)
		return -1;
	for (*n = 0; p < r->end && *p >= '0' && *p <= '9'; p++) {
		if (++digits > RESP_DIGITS_MAX)
			return -1;
		*n = *n * 10 + (uint64_t)(*p - '0');
	}
	if (r->end - p < 2 && (p == r->end || *p == '\r'))
		return 0;
	if (digits == 0 || p[0] != '\r' || p[1] != '\n')
		return -1;
	r->at = p + 2;
	return 1;
}

/* A text, likewise. */
static int take_text(struct reader *r, struct resp_text *t)
{
	uint64_t n;
	int got = take_number(r, '$', &n);

	if (got <= 0)
		return got;
	if ((uint64_t)(r->end - r->at) < n + 2)
		return 0;
	if (r->at[n] != '\r' || r->at[n + 1] != '\n')
		return -1;
	*t = (struct resp_text){r->at, (size_t)n};
	r->at += n + 2;
	return 1;
}

static bool is_word(struct resp_text t, const char *word)
{
	return t.len == strlen(word) && strncasecmp(t.p, word, t.len) == 0;
}

static uint32_t hash_of(const struct resp *r, struct resp_text key)
{
	return (uint32_t)siphash(key.p, key.len, &r->hash);
}

static bool same_key(const struct hash_node *n, const void *key)
{
	const struct resp_pair *p = container_of(n, struct resp_pair, by_key);
	const struct resp_text *t = key;

	return p->key.len == t->len && memcmp(p->key.p, t->p, t->len) == 0;
}

static struct resp_pair *pair_of(const struct resp *r, struct resp_text key)
{
	struct hash_node *n = hash_find(&r->keys, hash_of(r, key), same_key, &key);

	return n ? container_of(n, struct resp_pair, by_key) : NULL;
}

static const char *set(struct resp *r, struct resp_text key, struct resp_text value)
{
	struct resp_pair *p = pair_of(r, key);

	if (p) {
		p->value = value;
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p || !VEC_PUSH(&r->pairs, p, RESP_KEYS_MAX)) {
		free(p);
		return "out of memory, or too many keys";
	}
	p->key = key;
	p->value = value;
	return hash_insert(&r->keys, &p->by_key, hash_of(r, key)) ? NULL : "out of memory";
}

/* Whether a key with this end is there no more. */
static bool has_ended(const struct resp *r, struct resp_text how, struct resp_text seconds)
{
	int64_t end = is_word(how, "ex") ? r->written_ms : 0, n = 0;

	for (size_t i = 0; i < seconds.len && i < RESP_DIGITS_MAX + 2 && seconds.p[i] >= '0' &&
			   seconds.p[i] <= '9';
		i++)
		n = n * 10 + (seconds.p[i] - '0');
	end += n * 1000;
	return end <= r->now_ms;
}

static const char *apply(struct resp *r, const struct resp_text *word, uint64_t words)
{
	struct resp_pair *p;

	if ((words == 3 || words == 5) && is_word(word[0], "set")) {
		struct resp_text value = word[2];

		if (words == 5 && has_ended(r, word[3], word[4]))
			value.p = NULL;
		return set(r, word[1], value);
	}
	if (words == 2 && is_word(word[0], "del")) {
		p = pair_of(r, word[1]);
		if (p)
			p->value.p = NULL;
		return NULL;
	}
	if (words == 1 && is_word(word[0], "flushdb")) {
		for (uint32_t i = 0; i < r->pairs.count; i++)
			r->pairs.at[i]->value.p = NULL;
		return NULL;
	}
	return "a command that is not known";
}

const char *resp_read(struct resp *r, const char *file, size_t len, size_t *at)
{
	struct reader in = {file, file + len};
	struct resp_text word[RESP_WORDS_MAX];
	const char *why = NULL;
	uint64_t words;

	hash_init(&r->keys);
	while (in.at < in.end && !why) {
		int got;

		*at = (size_t)(in.at - file);
		if (*in.at == '\0') { /* buntdb skips them, too */
			in.at++;
			continue;
		}
		got = take_number(&in, '*', &words);
		if (got > 0 && (words == 0 || words > RESP_WORDS_MAX))
			got = -1;
		for (uint64_t i = 0; got > 0 && i < words; i++)
			got = take_text(&in, &word[i]);
		if (got == 0) {
			r->cut = true;
			break;
		}
		why = got < 0 ? "not a command" : apply(r, word, words);
	}
	return why;
}

struct resp_text resp_get(const struct resp *r, const char *name, struct resp_text more)
{
	size_t n = strlen(name);
	char key[512];
	struct resp_pair *p;

	if (n + more.len > sizeof(key))
		return (struct resp_text){0};
	memcpy(key, name, n);
	if (more.len)
		memcpy(key + n, more.p, more.len);
	p = pair_of(r, (struct resp_text){key, n + more.len});
	return p ? p->value : (struct resp_text){0};
}

void resp_free(struct resp *r)
{
	for (uint32_t i = 0; i < r->pairs.count; i++)
		free(r->pairs.at[i]);
	VEC_FREE(&r->pairs);
	hash_free(&r->keys);
}
