/*
 * skeleton.c - skeletons, character by character: wide forms become narrow (as PRECIS maps them,
 * RFC 8265 section 3.3.1), then the table applies, then case is folded. Folding first would lose
 * what an I and a Cyrillic В look like. Combining marks are not sorted.
 */
#include "chat/proto/skeleton.h"

#include "base/utf8.h"
#include "chat/proto/casemap.h"

enum {
	WIDE_FIRST = 0xff01, /* U+FF01 to U+FF5E are '!' to '~', twice as wide */
	WIDE_LAST = 0xff5e,
};

/* Of ASCII what UTS 39 maps, as far as nicks may have it. */
static const char *ascii_prototype(char c)
{
	switch (c) {
	case '0': return "o";
	case '1':
	case 'I':
	case '|': return "l";
	case 'm': return "rn";
	case '`': return "'";
	default: return NULL;
	}
}

bool skeleton_needs_table(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			return true;
	return false;
}

struct writer {
	struct skeletons *table;
	bool full;
	char *out;
	size_t n;
};

static void put(struct writer *w, const char *text)
{
	char *out = w->out;

	for (; *text && w->n + 1 < SKELETON_MAX; text++)
		out[w->n++] = case_fold(*text);
}

static void put_ascii(struct writer *w, char c)
{
	const char *prototype = w->full ? ascii_prototype(c) : NULL;
	char text[2] = {c, '\0'};

	put(w, prototype ? prototype : text);
}

static void put_other(struct writer *w, const char *character)
{
	char text[SKELETON_CHAR_MAX];

	if (!w->table || !w->table->of(w->table, character, text))
		put(w, character);
	else if (!w->full && strcmp(text, "rn") == 0)
		put(w, "m"); /* only m and its likes have this one */
	else
		put(w, text);
}

static void write_skeleton(struct writer *w, const char *name)
{
	while (*name) {
		const char *start = name;
		uint32_t c = utf8_next(&name);
		char character[8] = "";

		if (c >= WIDE_FIRST && c <= WIDE_LAST)
			c = c - WIDE_FIRST + '!';
		memcpy(character, start, (size_t)(name - start));
		if (c < 0x80)
			put_ascii(w, (char)c);
		else
			put_other(w, character);
	}
	w->out[w->n] = '\0';
}

void skeleton_plain(struct skeletons *x, const char *name, char out[SKELETON_MAX])
{
	write_skeleton(&(struct writer){x, false, out, 0}, name);
}

void skeleton_full(struct skeletons *x, const char *name, char out[SKELETON_MAX])
{
	write_skeleton(&(struct writer){x, true, out, 0}, name);
}

bool skeleton_fold(struct skeletons *x, const char *name, char out[SKELETON_MAX])
{
	bool changed = false;
	size_t n = 0;

	while (*name && n + UTF8_MAX < SKELETON_MAX) {
		uint32_t c = utf8_next(&name);
		uint32_t small = x && c >= 0x80 ? x->fold(x, c) : c;

		changed |= small != c;
		n += utf8_put(out + n, small);
	}
	out[n] = '\0';
	return changed;
}
