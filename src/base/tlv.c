/* tlv.c - records of type, length and value: tlv.h. */
#include "base/tlv.h"

#include "base/bytes.h"

#include <stdlib.h>

enum {
	HEAD = 6,
	NUMBER_MAX = 8,
	FIRST = 4096, /* bytes allocated first */
};

/* ---- writing ---- */

/* Room for n more bytes, by a copy: what is left behind is wiped. NULL if out of memory. */
static uint8_t *room(struct tlv_out *o, size_t n)
{
	size_t size = o->size ? o->size : FIRST;
	uint8_t *at;

	if (o->failed || n > PTRDIFF_MAX / 4 - o->len)
		o->failed = true;
	if (o->failed)
		return NULL;
	while (size - o->len < n)
		size *= 2;
	if (size != o->size) {
		at = malloc(size);
		if (!at) {
			o->failed = true;
			return NULL;
		}
		if (o->len)
			memcpy(at, o->at, o->len);
		if (o->at)
			explicit_bzero(o->at, o->len);
		free(o->at);
		o->at = at;
		o->size = size;
	}
	o->len += n;
	return o->at + o->len - n;
}

static void put_head(uint8_t *p, uint16_t type, uint32_t len)
{
	type = htole16(type);
	len = htole32(len);
	memcpy(p, &type, sizeof(type));
	memcpy(p + sizeof(type), &len, sizeof(len));
}

size_t tlv_begin(struct tlv_out *o, uint16_t type)
{
	size_t begun = o->len;
	uint8_t *p = room(o, HEAD);

	if (p)
		put_head(p, type, 0);
	return begun;
}

void tlv_end(struct tlv_out *o, size_t begun)
{
	uint32_t len;

	if (o->failed)
		return;
	assert(begun + HEAD <= o->len);
	if (o->len - begun - HEAD > UINT32_MAX) {
		o->failed = true;
		return;
	}
	len = htole32((uint32_t)(o->len - begun - HEAD));
	memcpy(o->at + begun + sizeof(uint16_t), &len, sizeof(len));
}

void tlv_bytes(struct tlv_out *o, uint16_t type, const void *bytes, size_t n)
{
	size_t begun = tlv_begin(o, type);
	uint8_t *p = room(o, n);

	if (p && n)
		memcpy(p, bytes, n);
	tlv_end(o, begun);
}

void tlv_raw(struct tlv_out *o, const void *bytes, size_t n)
{
	uint8_t *p = room(o, n);

	if (p && n)
		memcpy(p, bytes, n);
}

void tlv_number(struct tlv_out *o, uint16_t type, uint64_t n)
{
	uint8_t bytes[NUMBER_MAX];
	size_t len = 0;

	put_le64(bytes, n);
	for (; n; n >>= 8)
		len++;
	if (len)
		tlv_bytes(o, type, bytes, len);
}

void tlv_text(struct tlv_out *o, uint16_t type, const char *text)
{
	if (text)
		tlv_bytes(o, type, text, strlen(text));
}

void tlv_free(struct tlv_out *o)
{
	if (o->at)
		explicit_bzero(o->at, o->len);
	free(o->at);
	*o = (struct tlv_out){0};
}

/* ---- reading ---- */

bool tlv_next(struct tlv_in *in, struct tlv *r)
{
	size_t left = (size_t)(in->end - in->at);
	uint16_t type;
	uint32_t len;

	if (left == 0 || in->bad)
		return false;
	if (left >= HEAD) {
		memcpy(&type, in->at, sizeof(type));
		memcpy(&len, in->at + sizeof(type), sizeof(len));
		*r = (struct tlv){le16toh(type), in->at + HEAD, le32toh(len)};
	}
	if (left < HEAD || r->len > left - HEAD) {
		in->bad = true;
		return false;
	}
	in->at = r->at + r->len;
	return true;
}

bool tlv_find(const struct tlv_in *in, uint16_t type, struct tlv *r)
{
	struct tlv_in rest = *in;
	struct tlv found;

	while (tlv_next(&rest, &found))
		if (found.type == type) {
			*r = found;
			return true;
		}
	return false;
}

uint64_t tlv_as_number(const struct tlv *r)
{
	uint8_t bytes[NUMBER_MAX] = {0};

	memcpy(bytes, r->at, size_min(r->len, sizeof(bytes)));
	return get_le64(bytes);
}

uint64_t tlv_find_number(const struct tlv_in *in, uint16_t type)
{
	struct tlv r;

	return tlv_find(in, type, &r) ? tlv_as_number(&r) : 0;
}

char *tlv_as_text(const struct tlv *r)
{
	char *text = r->len && memchr(r->at, '\0', r->len) ? NULL : malloc(r->len + 1);

	if (!text)
		return NULL;
	memcpy(text, r->at, r->len);
	text[r->len] = '\0';
	return text;
}

/* ---- members ---- */

static uint64_t number_at(const struct tlv_row *row, const void *from)
{
	uint64_t n = 0;

	assert(row->size <= sizeof(n));
	memcpy(low_bytes(&n, row->size), (const char *)from + row->offset, row->size);
	return n;
}

static char **text_at(const struct tlv_row *row, void *from)
{
	return (char **)(void *)((char *)from + row->offset);
}

void tlv_put_rows(struct tlv_out *o, const struct tlv_row *rows, size_t count, const void *from)
{
	for (const struct tlv_row *row = rows; row < rows + count; row++)
		if (row->size)
			tlv_number(o, row->type, number_at(row, from));
		else
			tlv_text(o, row->type, *text_at(row, (void *)from));
}

static bool take_row(const struct tlv_row *row, void *to, const struct tlv *r)
{
	uint64_t n;

	if (!row->size) {
		char **text = text_at(row, to);

		free(*text);
		*text = tlv_as_text(r);
		return *text;
	}
	n = tlv_as_number(r);
	n = row->flag ? n != 0 : n;
	if (r->len > row->size)
		return false;
	memcpy((char *)to + row->offset, low_bytes(&n, row->size), row->size);
	return true;
}

bool tlv_take_rows(struct tlv_in in, const struct tlv_row *rows, size_t count, void *to)
{
	struct tlv r;

	while (tlv_next(&in, &r))
		for (const struct tlv_row *row = rows; row < rows + count; row++)
			if (row->type == r.type && !take_row(row, to, &r))
				return false;
	return !in.bad;
}

void tlv_free_rows(const struct tlv_row *rows, size_t count, void *to)
{
	for (const struct tlv_row *row = rows; row < rows + count; row++)
		if (!row->size) {
			free(*text_at(row, to));
			*text_at(row, to) = NULL;
		}
}
