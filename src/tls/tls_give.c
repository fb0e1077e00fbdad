/* tls_give.c - an open connection as a record, and back: tls_give.h. */
#include "tls/tls_give.h"

#include "tls/tls_stream.h"

#include <errno.h>
#include <stdlib.h>

/* The numbers are read by other releases: do not change them. */
enum {
	FIELD_SUITE = 1, /* its number in RFC 8446 B.4 */
	FIELD_OPEN_SECRET = 2,
	FIELD_SEAL_SECRET = 3,
	FIELD_KEPT = 4,        /* received and not handed over: */
	FIELD_KEPT_TEXT = 5,   /* of these so many are decrypted */
	FIELD_PENDING = 6,     /* sealed, and not taken by the socket */
	FIELD_FINGERPRINT = 7, /* of the client's certificate */
	FIELD_NUMBERS = 16,    /* and up: the rows */
};

/* The part that goes along as numbers. */
struct given {
	uint64_t opened, sealed; /* records */
	bool update, asked;
	uint8_t idle, part, reason, key_updates;
	uint16_t update_minute;
	uint32_t owed;
	bool eof, gone, closed, more;
};

static const struct tlv_row rows[] = {
	TLV_NUMBER(FIELD_NUMBERS, struct given, opened),
	TLV_NUMBER(FIELD_NUMBERS + 1, struct given, sealed),
	TLV_NUMBER(FIELD_NUMBERS + 2, struct given, update),
	TLV_NUMBER(FIELD_NUMBERS + 3, struct given, asked),
	TLV_NUMBER(FIELD_NUMBERS + 4, struct given, idle),
	TLV_NUMBER(FIELD_NUMBERS + 5, struct given, part),
	TLV_NUMBER(FIELD_NUMBERS + 6, struct given, key_updates),
	TLV_NUMBER(FIELD_NUMBERS + 7, struct given, update_minute),
	TLV_NUMBER(FIELD_NUMBERS + 8, struct given, owed),
	TLV_NUMBER(FIELD_NUMBERS + 9, struct given, eof),
	TLV_NUMBER(FIELD_NUMBERS + 10, struct given, gone),
	TLV_NUMBER(FIELD_NUMBERS + 11, struct given, closed),
	TLV_NUMBER(FIELD_NUMBERS + 12, struct given, more),
	TLV_NUMBER(FIELD_NUMBERS + 13, struct given, reason),
};

static struct given numbers_of(const struct tls_conn *c)
{
	const struct tls_stream *s = c->stream;

	return (struct given){
		.opened = s->keys->seq[RECORD_OPEN],
		.sealed = s->keys->seq[RECORD_SEAL],
		.update = s->update,
		.asked = s->asked,
		.idle = s->idle,
		.part = s->part,
		.reason = c->reason,
		.key_updates = c->key_updates,
		.update_minute = c->update_minute,
		.owed = c->owed,
		.eof = c->flags & TLS_EOF,
		.gone = c->flags & TLS_GONE,
		.closed = c->flags & TLS_CLOSED_NOTIFIED,
		.more = c->flags & (TLS_MORE | TLS_LISTED),
	};
}

int tls_give(const struct tls_conn *c, struct tlv_out *out)
{
	const struct tls_stream *s = c->stream;
	const struct tls_suite *suite;
	struct given numbers;
	size_t begun;

	if (c->handshake || !s || c->error)
		return -EOPNOTSUPP;
	suite = tls_suite_at(s->keys->suite);
	numbers = numbers_of(c);
	begun = tlv_begin(out, NET_LAYER_TLS);
	tlv_number(out, FIELD_SUITE, suite->number);
	tlv_bytes(out, FIELD_OPEN_SECRET, record_keys_secret(s->keys, RECORD_OPEN), suite->secret);
	tlv_bytes(out, FIELD_SEAL_SECRET, record_keys_secret(s->keys, RECORD_SEAL), suite->secret);
	tlv_put_rows(out, rows, ARRAY_SIZE(rows), &numbers);
	if (s->kept) {
		tlv_bytes(out, FIELD_KEPT, s->kept->bytes, s->kept->len);
		tlv_number(out, FIELD_KEPT_TEXT, s->kept->text);
	}
	if (c->pending)
		tlv_bytes(out, FIELD_PENDING, c->pending->bytes + c->pending->at,
			c->pending->len - c->pending->at);
	if (s->has_certificate)
		tlv_bytes(out, FIELD_FINGERPRINT, s->fingerprint, NET_FINGERPRINT);
	tlv_end(out, begun);
	return 0;
}

static bool take_keys(struct tls_stream *s, struct tlv_in *in, const struct given *g)
{
	int suite = tls_suite_find((uint16_t)tlv_find_number(in, FIELD_SUITE));
	struct tlv opens, seals;

	if (suite < 0 || !tlv_find(in, FIELD_OPEN_SECRET, &opens) ||
		!tlv_find(in, FIELD_SEAL_SECRET, &seals) ||
		opens.len != tls_suite_at(suite)->secret || seals.len != opens.len)
		return false;
	s->keys = record_keys_new(suite, opens.at, seals.at, g->sealed);
	if (s->keys)
		s->keys->seq[RECORD_OPEN] = g->opened;
	return s->keys;
}

static bool take_kept(struct tls_stream *s, struct tlv_in *in)
{
	uint64_t text = tlv_find_number(in, FIELD_KEPT_TEXT);
	struct tlv r;

	if (!tlv_find(in, FIELD_KEPT, &r))
		return true;
	if (r.len == 0 || r.len > RECORD_MAX || text > r.len)
		return false;
	s->kept = malloc(sizeof(*s->kept) + r.len);
	if (!s->kept)
		return false;
	s->kept->text = (uint32_t)text;
	s->kept->len = (uint32_t)r.len;
	memcpy(s->kept->bytes, r.at, r.len);
	return true;
}

static bool take_pending(struct tls_conn *c, struct tlv_in *in)
{
	struct tlv r;

	if (!tlv_find(in, FIELD_PENDING, &r))
		return c->owed == 0;
	if (r.len == 0 || r.len > TLS_PENDING_BYTES || c->owed > RECORD_TEXT_MAX)
		return false;
	c->pending = malloc(sizeof(*c->pending) + r.len);
	if (!c->pending)
		return false;
	c->pending->at = 0;
	c->pending->len = c->pending->size = (uint32_t)r.len;
	memcpy(c->pending->bytes, r.at, r.len);
	return true;
}

static void take_numbers(struct tls_conn *c, const struct given *g)
{
	c->flags = TLS_OPEN | TLS_FIRST;
	c->flags |= g->eof ? TLS_EOF : 0;
	c->flags |= g->gone ? TLS_GONE : 0;
	c->flags |= g->closed ? TLS_CLOSED_NOTIFIED : 0;
	c->flags |= g->more ? TLS_MORE : 0;
	c->owed = g->owed;
	c->reason = g->reason < TLS_COUNTS ? g->reason : (uint8_t)TLS_CLOSED;
	c->key_updates = g->key_updates;
	c->update_minute = g->update_minute;
	c->stream->update = g->update;
	c->stream->asked = g->asked;
	c->stream->idle = g->idle;
	c->stream->part = g->part < KEY_UPDATE_PARTS ? g->part : 0;
}

bool tls_take(struct tls_conn *c, struct tlv_in in)
{
	struct given g = {0};
	struct tlv print;
	bool has = tlv_find(&in, FIELD_FINGERPRINT, &print) && print.len == NET_FINGERPRINT;

	c->stream = calloc(1, sizeof(*c->stream) + (has ? NET_FINGERPRINT : 0));
	if (!c->stream || !tlv_take_rows(in, rows, ARRAY_SIZE(rows), &g))
		return false;
	c->stream->has_certificate = has;
	if (has)
		memcpy(c->stream->fingerprint, print.at, NET_FINGERPRINT);
	take_numbers(c, &g);
	return take_keys(c->stream, &in, &g) && take_kept(c->stream, &in) && take_pending(c, &in);
}
