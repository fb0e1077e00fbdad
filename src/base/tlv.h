/*
 * tlv.h - state as bytes that another process, of this release or another, reads: records of type,
 * length and value, one within the other.
 *
 *     type (2) | length (4) | value        numbers little-endian; of a value that is a number only
 *                                          the bytes up to the last that is not zero
 *
 * A reader skips types that it does not know. What is not there is 0, or no text; so 0 is not
 * written. Memory that is freed here is wiped first: the state may hold keys.
 */
#ifndef BASE_TLV_H
#define BASE_TLV_H

#include "base/base.h"

struct tlv_out {
	uint8_t *at;
	size_t len, size;
	bool failed; /* out of memory: bytes are missing */
};

/* Begins a record; what is written until tlv_end(), which gets the result, is its value. */
size_t tlv_begin(struct tlv_out *o, uint16_t type);
void tlv_end(struct tlv_out *o, size_t begun);

/* Writes a record of bytes; n may be 0. */
void tlv_bytes(struct tlv_out *o, uint16_t type, const void *bytes, size_t n);

/* Writes bytes of the value of the record that was begun. */
void tlv_raw(struct tlv_out *o, const void *bytes, size_t n);

/* Writes a number, unless it is 0; a text, unless it is NULL. */
void tlv_number(struct tlv_out *o, uint16_t type, uint64_t n);
void tlv_text(struct tlv_out *o, uint16_t type, const char *text);

/* Wipes and frees. */
void tlv_free(struct tlv_out *o);

/* The rest of the records of a value. */
struct tlv_in {
	const uint8_t *at, *end;
	bool bad; /* a record was cut off, or was not what it should be */
};

/* A record: borrowed from the bytes that are read. */
struct tlv {
	uint16_t type;
	const uint8_t *at;
	size_t len;
};

static inline struct tlv_in tlv_read(const void *bytes, size_t len)
{
	return (struct tlv_in){bytes, (const uint8_t *)bytes + len, false};
}

/* The records within a record. */
static inline struct tlv_in tlv_inside(const struct tlv *r)
{
	return tlv_read(r->at, r->len);
}

/* Takes the next record. False at the end, or, with in->bad, if the rest is none. */
bool tlv_next(struct tlv_in *in, struct tlv *r);

/* The first record of that type from the start of `in`, which stays. False, and *r is as before, if
 * there is none. */
bool tlv_find(const struct tlv_in *in, uint16_t type, struct tlv *r);

/* The number that a record is, or the text as a string from malloc(): NULL if it holds a NUL or if
 * out of memory. A number that is too long is 0 with the bytes beyond the eighth ignored. */
uint64_t tlv_as_number(const struct tlv *r);
char *tlv_as_text(const struct tlv *r);

/* The same of the first record of that type. */
uint64_t tlv_find_number(const struct tlv_in *in, uint16_t type);

/* A member of a structure that is a record. Its numbers are unsigned, nsec_t or bool; its texts are
 * pointers to strings from malloc(). */
struct tlv_row {
	uint16_t type, offset;
	uint8_t size; /* of a number; 0: a text */
	bool flag;    /* the number is a bool */
};

#define TLV_NUMBER(number, structure, member)                                                      \
	{                                                                                          \
		number, offsetof(structure, member), sizeof(((structure *)0)->member),             \
			_Generic(((structure *)0)->member, bool                                    \
				 : true, default                                                   \
				 : false)                                                          \
	}
#define TLV_TEXT(number, structure, member)                                                        \
	{                                                                                          \
		number, offsetof(structure, member), 0, false                                      \
	}

/* Writes the members of `from`. */
void tlv_put_rows(struct tlv_out *o, const struct tlv_row *rows, size_t count, const void *from);

/* Reads the members of `to`, whose texts are NULL before and are freed by tlv_free_rows(). False if
 * a number is too large for its member or a text cannot be had. */
bool tlv_take_rows(struct tlv_in in, const struct tlv_row *rows, size_t count, void *to);
void tlv_free_rows(const struct tlv_row *rows, size_t count, void *to);

#endif
