/* metadata.c - sets of metadata keys, with and without values. */
#include "chat/model/metadata.h"

#include "base/vec.h"

#include <stdlib.h>

bool metadata_key_valid(const char *key)
{
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_./-");

	return n > 0 && n <= METADATA_KEY_MAX && !key[n];
}

/* The index of a word, or w->count. Bytes after its NUL are not compared. */
static uint32_t find(const struct words *w, const char *word)
{
	uint32_t i = 0;

	while (i < w->count && strcmp(w->at[i], word) != 0)
		i++;
	return i;
}

/* Adds a word, taking ownership. */
static bool add(struct words *w, char *word)
{
	if (word && VEC_PUSH(w, word, UINT32_MAX))
		return true;
	free(word);
	return false;
}

static bool drop(struct words *w, const char *word)
{
	uint32_t i = find(w, word);

	if (i == w->count)
		return false;
	free(w->at[i]);
	w->count--;
	memmove(w->at + i, w->at + i + 1, (w->count - i) * sizeof(*w->at));
	return true;
}

static struct metadata *make(struct metadata **m)
{
	if (!*m)
		*m = calloc(1, sizeof(**m));
	return *m;
}

static char *pair(const char *key, const char *value)
{
	char *p = malloc(strlen(key) + strlen(value) + 2);

	if (p)
		strcpy(stpcpy(p, key) + 1, value);
	return p;
}

const char *metadata_get(const struct metadata *m, const char *key)
{
	uint32_t i = m ? find(&m->pairs, key) : 0;

	return m && i < m->pairs.count ? metadata_value(m->pairs.at[i]) : NULL;
}

enum metadata_result metadata_set(struct metadata **m, const char *key, const char *value)
{
	const char *old = metadata_get(*m, key);
	char *fresh;

	if (old && strcmp(old, value) == 0)
		return METADATA_SAME;
	if (!make(m))
		return METADATA_NO_MEMORY;
	if (!old && (*m)->pairs.count >= METADATA_KEYS_MAX)
		return METADATA_FULL;
	fresh = pair(key, value);
	if (!old)
		return add(&(*m)->pairs, fresh) ? METADATA_DONE : METADATA_NO_MEMORY;
	if (fresh) {
		uint32_t i = find(&(*m)->pairs, key);

		free((*m)->pairs.at[i]);
		(*m)->pairs.at[i] = fresh;
	}
	return fresh ? METADATA_DONE : METADATA_NO_MEMORY;
}

bool metadata_unset(struct metadata *m, const char *key)
{
	return m && drop(&m->pairs, key);
}

enum metadata_result metadata_subscribe(struct metadata **m, const char *key)
{
	if (metadata_subscribed(*m, key))
		return METADATA_SAME;
	if (!make(m))
		return METADATA_NO_MEMORY;
	if ((*m)->subs.count >= METADATA_SUBS_MAX)
		return METADATA_FULL;
	return add(&(*m)->subs, strdup(key)) ? METADATA_DONE : METADATA_NO_MEMORY;
}

bool metadata_unsubscribe(struct metadata *m, const char *key)
{
	return m && drop(&m->subs, key);
}

bool metadata_subscribed(const struct metadata *m, const char *key)
{
	return m && find(&m->subs, key) < m->subs.count;
}

static void words_free(struct words *w)
{
	for (uint32_t i = 0; i < w->count; i++)
		free(w->at[i]);
	free(w->at);
}

void metadata_free(struct metadata *m)
{
	if (!m)
		return;
	words_free(&m->pairs);
	words_free(&m->subs);
	free(m);
}
