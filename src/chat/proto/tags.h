/*
 * tags.h - message tags (IRCv3 message-tags): "key=value;key;+vendor/key=value", values escaped.
 */
#ifndef CHAT_PROTO_TAGS_H
#define CHAT_PROTO_TAGS_H

#include "base/base.h"

/* One tag as in the text: not terminated, value still escaped (NULL: none). */
struct tag {
	const char *key, *value;
	size_t key_len, value_len;
};

/* Takes the next tag off *text (without '@'); false at the end. Empty pieces are skipped. */
bool tag_next(const char **text, struct tag *out);

/* Whether the tag has this key, byte for byte. */
bool tag_is(const struct tag *t, const char *key);

/* The last tag with this key (the specification: the last wins); false if there is none. */
bool tag_find(const char *text, const char *key, struct tag *out);

/* Whether the key is well formed: ['+'] [vendor '/'] name. */
bool tag_key_valid(const struct tag *t);

/* Writes the unescaped value of t to out (`size` bytes), NUL-terminated and truncated to fit.
 * Returns its length. */
size_t tag_unescape(const struct tag *t, char *out, size_t size);

/* Writes n bytes of value escaped to out (`size` bytes), not terminated. Returns the length, or 0
 * if it does not fit: size >= 2 * n always suffices. */
size_t tag_escape(const char *value, size_t n, char *out, size_t size);

#endif
