/*
 * tags.c - iteration and escaping of message tags.
 */
#include "chat/proto/tags.h"

bool tag_next(const char **text, struct tag *out)
{
	const char *p = *text, *end, *eq;

	while (*p == ';')
		p++;
	if (!*p) {
		*text = p;
		return false;
	}
	end = strchrnul(p, ';');
	eq = memchr(p, '=', (size_t)(end - p));
	out->key = p;
	out->key_len = (size_t)((eq ? eq : end) - p);
	out->value = eq ? eq + 1 : NULL;
	out->value_len = eq ? (size_t)(end - eq - 1) : 0;
	*text = end;
	return true;
}

bool tag_is(const struct tag *t, const char *key)
{
	return strlen(key) == t->key_len && memcmp(t->key, key, t->key_len) == 0;
}

bool tag_find(const char *text, const char *key, struct tag *out)
{
	struct tag t;
	bool found = false;

	while (text && tag_next(&text, &t))
		if (tag_is(&t, key)) {
			*out = t;
			found = true;
		}
	return found;
}

static bool word_byte(char c, bool vendor)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || (vendor && c == '.');
}

bool tag_key_valid(const struct tag *t)
{
	const char *p = t->key, *end = t->key + t->key_len, *slash;

	if (p < end && *p == '+')
		p++;
	slash = p < end ? memchr(p, '/', (size_t)(end - p)) : NULL;
	if (slash == p || p == end || slash == end - 1)
		return false;
	for (; p < end; p++)
		if (p != slash && !word_byte(*p, slash && p < slash))
			return false;
	return true;
}

/* The escapes of the specification: the character after the backslash, and its meaning. */
static const struct {
	char escape, raw;
} escapes[] = {{':', ';'}, {'s', ' '}, {'\\', '\\'}, {'r', '\r'}, {'n', '\n'}};

static char unescaped(char c)
{
	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
		if (escapes[i].escape == c)
			return escapes[i].raw;
	return c; /* an unknown escape is the character itself */
}

static char escape_of(char c)
{
	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
		if (escapes[i].raw == c)
			return escapes[i].escape;
	return 0;
}

size_t tag_unescape(const struct tag *t, char *out, size_t size)
{
	size_t n = 0;

	assert(size > 0);
	for (size_t i = 0; i < t->value_len && n + 1 < size; i++) {
		char c = t->value[i];

		if (c == '\\') {
			if (++i == t->value_len)
				break; /* a lone backslash at the end is dropped */
			c = unescaped(t->value[i]);
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return n;
}

size_t tag_escape(const char *value, size_t n, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char e = escape_of(value[i]);

		if (len + (e ? 2 : 1) > size)
			return 0;
		if (e)
			out[len++] = '\\';
		out[len++] = e ? e : value[i];
	}
	return len;
}
