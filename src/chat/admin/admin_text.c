/* admin_text.c - lines of JSON: admin_text.h. */
#include "chat/admin/admin_text.h"

#include "chat/proto/json_char.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	TEXT_FIRST = 4096, /* bytes allocated first */
};

void admin_text_add(struct admin_text *t, const char *bytes, size_t n)
{
	size_t size = t->size ? t->size : TEXT_FIRST;
	char *at;

	while (size - t->len < n)
		size *= 2;
	if (size != t->size) {
		at = realloc(t->at, size);
		if (!at) {
			t->failed = true;
			return;
		}
		t->at = at;
		t->size = size;
	}
	memcpy(t->at + t->len, bytes, n);
	t->len += n;
}

void admin_text_line(struct admin_text *t, const char *text)
{
	admin_text_add(t, text, strlen(text));
}

static void quoted(struct admin_text *t, const char *text)
{
	char code[JSON_CHAR_MAX];

	admin_text_add(t, "\"", 1);
	for (; *text; text++)
		admin_text_add(t, code, json_char(code, *text));
	admin_text_add(t, "\"", 1);
}

/* The comma before a member, unless it is the first, and its name. */
static void member(struct admin_text *t, const char *key)
{
	if (t->len && !strchr("{[", t->at[t->len - 1]))
		admin_text_add(t, ",", 1);
	if (key) {
		quoted(t, key);
		admin_text_add(t, ":", 1);
	}
}

void json_begin(struct admin_text *t)
{
	admin_text_add(t, "{", 1);
}

void json_end(struct admin_text *t)
{
	admin_text_line(t, "}\n");
}

void json_text(struct admin_text *t, const char *key, const char *text)
{
	if (!text)
		return;
	member(t, key);
	quoted(t, text);
}

void json_number(struct admin_text *t, const char *key, int64_t n)
{
	char text[24];

	member(t, key);
	snprintf(text, sizeof(text), "%lld", (long long)n);
	admin_text_line(t, text);
}

void json_flag(struct admin_text *t, const char *key, bool on)
{
	member(t, key);
	admin_text_line(t, on ? "true" : "false");
}

void json_open(struct admin_text *t, const char *key, char bracket)
{
	member(t, key);
	admin_text_add(t, &bracket, 1);
}

void json_close(struct admin_text *t, char bracket)
{
	admin_text_add(t, bracket == '{' ? "}" : "]", 1);
}
