/*
 * tls_stream_test.c - the rules of RFC 8446 sections 4.6.3, 5, 6 and 7, one a test, on a connection
 * whose secrets the test knows; interoperation is in tls_net_test.c.
 */
#include "base/bytes.h"
#include "base/test/test.h"
#include "tls/tls_bio.h"
#include "tls/tls_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIRE = 1 << 18,
};

static const uint8_t client_secret[TLS_SECRET_MAX] =
	"the secret of the client, 48 bytes of no value",
		     server_secret[TLS_SECRET_MAX] =
			     "the secret of the server, 48 bytes of no value";

struct wire {
	struct net net;
	struct tls_shared shared;
	struct tls_conn conn;
	struct record_keys *peer; /* of the client */
	uint8_t in[WIRE], out[WIRE], scratch[2 * RECORD_MAX];
	size_t in_len, out_len, room;
	bool eof;
	char text[WIRE];
};

static ssize_t wire_recv(struct net *n, int handle, void *buf, size_t len)
{
	struct wire *w = container_of(n, struct wire, net);
	size_t part = size_min(len, w->in_len);

	if (part == 0)
		return w->eof ? 0 : -EAGAIN;
	memcpy(buf, w->in, part);
	memmove(w->in, w->in + part, w->in_len - part);
	w->in_len -= part;
	return (ssize_t)part;
}

static ssize_t wire_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	struct wire *w = container_of(n, struct wire, net);
	size_t part = size_min(iov->iov_len, w->room);

	memcpy(w->out + w->out_len, iov->iov_base, part);
	w->out_len += part;
	w->room -= part;
	return part ? (ssize_t)part : -EAGAIN;
}

static const struct net_ops wire_ops = {.recv = wire_recv, .send = wire_send};

static int begin(void **state)
{
	struct wire *w = calloc(1, sizeof(*w));
	struct tls_stream *s = calloc(1, sizeof(*s));
	int suite = tls_suite_find(0x1301);

	w->net.ops = &wire_ops;
	w->room = SIZE_MAX;
	w->shared.inner = &w->net;
	assert_true(tls_ciphers_init(&w->shared.ciphers));
	s->keys = record_keys_new(suite, client_secret, server_secret, 0);
	w->peer = record_keys_new(suite, server_secret, client_secret, 0);
	w->conn = (struct tls_conn){.shared = &w->shared, .stream = s, .flags = TLS_OPEN};
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct wire *w = *state;

	tls_conn_end(&w->conn);
	tls_ciphers_free(&w->shared.ciphers);
	record_keys_free(w->peer);
	free(w);
	return 0;
}

#define STREAM_TEST(name) TEST_OF(name, struct wire, w, begin, end)

static void deliver(struct wire *w, const void *bytes, size_t len)
{
	memcpy(w->in + w->in_len, bytes, len);
	w->in_len += len;
}

/* A record of the client, sealed in scratch; returns its size. */
static size_t seal(struct wire *w, uint8_t type, const void *content, size_t len)
{
	memcpy(w->scratch + RECORD_HEADER, content, len);
	return record_seal(&w->shared.ciphers, w->peer, type, w->scratch, len);
}

static void client_sends(struct wire *w, uint8_t type, const void *content, size_t len)
{
	size_t size = seal(w, type, content, len);

	deliver(w, w->scratch, size);
}

static void says(struct wire *w, const char *text)
{
	client_sends(w, RECORD_DATA, text, strlen(text));
}

static ssize_t receive(struct wire *w, size_t len)
{
	ssize_t got = tls_conn_recv(&w->conn, w->text, len);

	w->text[got > 0 ? got : 0] = '\0';
	return got;
}

/* The next record of the server: its type; content in *v. */
static int server_sent(struct wire *w, struct record_view *v)
{
	ssize_t size = record_size(w->out, w->out_len);

	if (size == 0)
		return -1;
	assert_true(size > 0 && (size_t)size <= w->out_len);
	memcpy(w->scratch, w->out, (size_t)size);
	memmove(w->out, w->out + size, w->out_len - (size_t)size);
	w->out_len -= (size_t)size;
	assert_true(record_open(&w->shared.ciphers, w->peer, w->scratch, (size_t)size, v));
	return v->type;
}

/* The connection has failed with this alert, and for this reason. */
static void refused(struct wire *w, enum record_alert alert, enum tls_count why)
{
	struct record_view v;
	struct iovec iov = {"x", 1};

	assert_int_equal(receive(w, 100), -EPROTO);
	assert_int_equal(w->conn.reason, why);
	assert_int_equal(server_sent(w, &v), RECORD_ALERT);
	assert_int_equal(v.len, 2);
	assert_int_equal(v.content[0], 2);
	assert_int_equal(v.content[1], alert);
	assert_int_equal(receive(w, 100), -EPROTO);
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), -EPROTO);
	assert_int_equal(w->out_len, 0);
}

static void bytes_of(const char *hex, uint8_t *out)
{
	unsigned byte;

	for (; *hex; hex += 2) {
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		*out++ = (uint8_t)byte;
	}
}

/* RFC 8448 section 3: the client's application traffic secret, its key and IV. */
TEST(keys_are_derived_as_in_the_example_of_rfc_8448)
{
	uint8_t secret[32], want[16], got[16];
	const struct tls_suite *s = tls_suite_at(tls_suite_find(0x1301));

	bytes_of("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", secret);
	bytes_of("17422dda596ed5d9acd890e3c63f5051", want);
	assert_true(tls_expand(s, secret, "key", got, 16));
	assert_memory_equal(got, want, 16);
	bytes_of("5b78923dee08579033e523d9", want);
	assert_true(tls_expand(s, secret, "iv", got, 12));
	assert_memory_equal(got, want, 12);
}

STREAM_TEST(text_arrives_in_order_however_it_is_cut)
{
	size_t size;
	uint8_t record[100];

	says(w, "one");
	says(w, "two");
	assert_int_equal(receive(w, 100), 6);
	assert_string_equal(w->text, "onetwo");
	size = seal(w, RECORD_DATA, "three", 5);
	memcpy(record, w->scratch, size);
	for (size_t i = 0; i + 1 < size; i++) {
		deliver(w, record + i, 1);
		assert_int_equal(receive(w, 100), -EAGAIN);
	}
	deliver(w, record + size - 1, 1);
	assert_int_equal(receive(w, 100), 5);
	assert_string_equal(w->text, "three");
}

STREAM_TEST(a_short_buffer_gets_a_record_in_pieces)
{
	says(w, "abcdefgh");
	says(w, "ij");
	assert_int_equal(receive(w, 3), 3);
	assert_int_equal(receive(w, 3), 3);
	assert_string_equal(w->text, "def");
	assert_int_equal(receive(w, 100), 4);
	assert_string_equal(w->text, "ghij");
	assert_int_equal(receive(w, 100), -EAGAIN);
	assert_null(w->conn.stream->kept); /* idle is free */
}

STREAM_TEST(the_longest_record_is_taken)
{
	char *text = malloc(RECORD_TEXT_MAX);

	memset(text, 'x', RECORD_TEXT_MAX);
	client_sends(w, RECORD_DATA, text, RECORD_TEXT_MAX);
	assert_int_equal(receive(w, WIRE - 1), RECORD_TEXT_MAX);
	free(text);
}

/* 5: "protected records are to have the outer type application_data" */
STREAM_TEST(an_unprotected_record_is_an_unexpected_message)
{
	deliver(w, "\x15\x03\x03\0\x02\x02\x28", 7);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

/* 5: change_cipher_spec only until the client's Finished */
STREAM_TEST(a_late_change_cipher_spec_is_an_unexpected_message)
{
	deliver(w, "\x14\x03\x03\0\x01\x01", 6);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

/* 5.2: "The length MUST NOT exceed 2^14 + 256 bytes" */
STREAM_TEST(a_record_too_long_is_an_overflow_before_it_has_come)
{
	deliver(w, "\x17\x03\x03\x41\x01", 5);
	refused(w, ALERT_RECORD_OVERFLOW, TLS_BAD_RECORD);
}

/* 5.4: "the full encoded TLSInnerPlaintext MUST NOT exceed 2^14 + 1 octets" */
STREAM_TEST(padding_beyond_the_longest_text_is_an_overflow)
{
	uint8_t *record = w->scratch, nonce[TLS_IV];
	EVP_CIPHER_CTX *x = w->shared.ciphers.of[0];
	const struct tls_suite *s = tls_suite_at(0);
	uint8_t key[16];
	int n, text = RECORD_TEXT_MAX + 2;

	assert_true(tls_expand(s, client_secret, "key", key, 16));
	assert_true(tls_expand(s, client_secret, "iv", nonce, TLS_IV)); /* of sequence number 0 */
	memset(record, 0, RECORD_MAX);
	memcpy(record, "\x17\x03\x03", 3);
	put_be16(record + 3, (uint16_t)(text + TLS_TAG));
	record[RECORD_HEADER] = RECORD_DATA; /* no content, the type, zeros */
	EVP_CipherInit_ex(x, NULL, NULL, key, nonce, 1);
	EVP_CipherUpdate(x, NULL, &n, record, RECORD_HEADER);
	EVP_CipherUpdate(x, record + RECORD_HEADER, &n, record + RECORD_HEADER, text);
	EVP_EncryptFinal_ex(x, nonce, &n);
	EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, TLS_TAG, record + RECORD_HEADER + text);
	deliver(w, record, (size_t)(RECORD_HEADER + text + TLS_TAG));
	refused(w, ALERT_RECORD_OVERFLOW, TLS_BAD_RECORD);
}

/* 5.2: "If the decryption fails, the receiver MUST terminate the connection with bad_record_mac" */
STREAM_TEST(a_changed_byte_is_a_bad_record)
{
	says(w, "text");
	w->in[6] ^= 1;
	refused(w, ALERT_BAD_RECORD_MAC, TLS_BAD_RECORD);
}

STREAM_TEST(a_changed_header_is_a_bad_record)
{
	says(w, "text");
	w->in[2] ^= 1; /* the version: ignored, but authenticated */
	refused(w, ALERT_BAD_RECORD_MAC, TLS_BAD_RECORD);
}

STREAM_TEST(a_record_without_room_for_its_tag_is_a_bad_record)
{
	deliver(w, "\x17\x03\x03\0\x0f...............", 20);
	refused(w, ALERT_BAD_RECORD_MAC, TLS_BAD_RECORD);
}

/* 5.3: the sequence number is in the nonce */
STREAM_TEST(a_record_sent_twice_is_a_bad_record)
{
	says(w, "text");
	deliver(w, w->scratch, 5 + 4 + 1 + TLS_TAG);
	assert_int_equal(receive(w, 4), 4);
	refused(w, ALERT_BAD_RECORD_MAC, TLS_BAD_RECORD);
}

STREAM_TEST(a_missing_record_is_noticed)
{
	says(w, "lost");
	w->in_len = 0;
	says(w, "text");
	refused(w, ALERT_BAD_RECORD_MAC, TLS_BAD_RECORD);
}

/* 5.4: padding */
STREAM_TEST(zeros_behind_the_type_are_removed)
{
	client_sends(w, 0, "hello\x17\0\0\0", 9);
	assert_int_equal(receive(w, 100), 5);
	assert_string_equal(w->text, "hello");
}

STREAM_TEST(a_record_of_zeros_is_an_unexpected_message)
{
	client_sends(w, 0, "\0\0\0", 3);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

STREAM_TEST(an_inner_type_that_does_not_exist_is_an_unexpected_message)
{
	client_sends(w, 99, "x", 1);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

/* 5.1: "Zero-length fragments of Application Data MAY be sent" */
STREAM_TEST(some_empty_records_are_taken_and_a_flood_is_not)
{
	for (int i = 0; i < STREAM_IDLE_MAX; i++)
		says(w, "");
	assert_int_equal(receive(w, 100), -EAGAIN);
	says(w, "text");
	assert_int_equal(receive(w, 100), 4);
	for (int i = 0; i <= STREAM_IDLE_MAX; i++)
		says(w, "");
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

/* 5.4: "Handshake and Alert records that have a zero-length content" */
STREAM_TEST(an_empty_alert_is_an_unexpected_message)
{
	client_sends(w, RECORD_ALERT, "", 0);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

STREAM_TEST(an_empty_handshake_record_is_an_unexpected_message)
{
	client_sends(w, RECORD_HANDSHAKE, "", 0);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

/* 6.1 */
STREAM_TEST(nothing_after_close_notify_is_received_and_output_goes_on)
{
	struct iovec iov = {"bye", 3};
	struct record_view v;

	says(w, "last");
	client_sends(w, RECORD_ALERT, "\x01\0", 2);
	says(w, "ignored");
	assert_int_equal(receive(w, 100), 4);
	assert_true(w->conn.flags & TLS_MORE);
	assert_int_equal(receive(w, 100), 0);
	assert_int_equal(receive(w, 100), 0);
	assert_int_equal(w->conn.reason, 0);
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), 3);
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
}

STREAM_TEST(the_end_is_announced_by_close_notify)
{
	struct record_view v;

	tls_conn_end(&w->conn);
	assert_int_equal(server_sent(w, &v), RECORD_ALERT);
	assert_memory_equal(v.content, "\x01\0", 2);
	assert_null(w->conn.stream);
}

STREAM_TEST(an_end_without_close_notify_is_a_truncation)
{
	says(w, "text");
	w->eof = true;
	assert_int_equal(receive(w, 100), 4);
	assert_int_equal(receive(w, 100), 0);
	assert_int_equal(w->conn.reason, TLS_TRUNCATED);
	assert_int_equal(receive(w, 100), 0);
}

/* 6.2: "all errors are fatal", whatever the level says */
STREAM_TEST(an_alert_ends_the_connection_without_an_answer)
{
	client_sends(w, RECORD_ALERT, "\x01\x28", 2);
	assert_int_equal(receive(w, 100), -EPROTO);
	assert_int_equal(w->conn.reason, TLS_ALERTED);
	assert_int_equal(w->out_len, 0);
}

STREAM_TEST(user_canceled_is_ignored)
{
	client_sends(w, RECORD_ALERT, "\x01\x5a", 2);
	says(w, "text");
	assert_int_equal(receive(w, 100), 4);
}

/* 5.1: "Alert messages MUST NOT be fragmented" */
STREAM_TEST(half_an_alert_is_a_decode_error)
{
	client_sends(w, RECORD_ALERT, "\x01", 1);
	refused(w, ALERT_DECODE_ERROR, TLS_BAD_RECORD);
}

/* 4.6.3 */
static void client_updates(struct wire *w, uint8_t request)
{
	const uint8_t message[] = {24, 0, 0, 1, request};

	client_sends(w, RECORD_HANDSHAKE, message, sizeof(message));
	assert_true(record_keys_update(w->peer, RECORD_SEAL));
}

STREAM_TEST(after_a_key_update_the_new_key_opens)
{
	client_updates(w, 0);
	says(w, "text");
	assert_int_equal(receive(w, 100), 4);
	assert_int_equal(w->out_len, 0);
	assert_int_equal(w->conn.stream->keys->seq[RECORD_OPEN], 1);
}

STREAM_TEST(a_record_under_the_old_key_is_a_bad_record)
{
	const uint8_t message[] = {24, 0, 0, 1, 0};

	client_sends(w, RECORD_HANDSHAKE, message, sizeof(message));
	says(w, "text");
	refused(w, ALERT_BAD_RECORD_MAC, TLS_BAD_RECORD);
}

STREAM_TEST(a_requested_key_update_comes_once_and_before_the_next_text)
{
	struct iovec iov = {"text", 4};
	struct record_view v;

	client_updates(w, 1);
	client_updates(w, 1);
	assert_int_equal(receive(w, 100), -EAGAIN);
	assert_int_equal(w->out_len, 0); /* a flood of requests brings no flood of answers */
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), 4);
	assert_int_equal(server_sent(w, &v), RECORD_HANDSHAKE);
	assert_memory_equal(v.content, "\x18\0\0\x01\0", 5);
	assert_true(record_keys_update(w->peer, RECORD_OPEN));
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
	assert_memory_equal(v.content, "text", 4);
}

STREAM_TEST(a_flood_of_key_updates_is_refused)
{
	for (int i = 0; i <= TLS_KEY_UPDATES_MAX; i++)
		client_updates(w, 0);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_KEY_UPDATES);
}

STREAM_TEST(text_between_key_updates_does_not_make_more_of_them_cheap)
{
	for (int minute = 0; minute < 2; minute++) {
		w->shared.now += 60 * NSEC_SEC;
		for (int i = 0; i < TLS_KEY_UPDATES_MAX; i++) {
			client_updates(w, 0);
			says(w, "x");
		}
		assert_int_equal(receive(w, 1000), TLS_KEY_UPDATES_MAX);
	}
	client_updates(w, 0);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_KEY_UPDATES);
}

/* 5.1: "Handshake messages MAY be [...] fragmented across several records" */
STREAM_TEST(a_key_update_may_come_in_pieces)
{
	static const uint8_t message[] = {24, 0, 0, 1, 1};

	for (size_t first = 1; first < 5; first++) {
		client_sends(w, RECORD_HANDSHAKE, message, first);
		assert_int_equal(receive(w, 100), -EAGAIN);
		client_sends(w, RECORD_HANDSHAKE, message + first, 5 - first);
		assert_true(record_keys_update(w->peer, RECORD_SEAL));
		says(w, "text");
		assert_int_equal(receive(w, 100), 4);
	}
	assert_true(w->conn.stream->update);
}

/* 5.1: "there MUST NOT be any other records between them" */
STREAM_TEST(between_the_pieces_of_a_key_update_nothing_else_may_come)
{
	client_sends(w, RECORD_HANDSHAKE, "\x18\0", 2);
	says(w, "");
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

STREAM_TEST(a_piece_with_more_than_the_rest_of_a_key_update_is_an_unexpected_message)
{
	client_sends(w, RECORD_HANDSHAKE, "\x18\0\0", 3);
	client_sends(w, RECORD_HANDSHAKE, "\x01\0\x18", 3);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

STREAM_TEST(a_key_update_with_another_value_is_an_illegal_parameter)
{
	client_sends(w, RECORD_HANDSHAKE, "\x18\0\0\x01\x02", 5);
	refused(w, ALERT_ILLEGAL_PARAMETER, TLS_BAD_RECORD);
}

STREAM_TEST(a_key_update_of_another_length_is_a_decode_error)
{
	client_sends(w, RECORD_HANDSHAKE, "\x18\0\0\x02\x01", 5);
	refused(w, ALERT_DECODE_ERROR, TLS_BAD_RECORD);
}

/* 5.1: "Handshake messages preceding a key change MUST align with a record boundary" */
STREAM_TEST(a_key_update_with_more_behind_it_is_an_unexpected_message)
{
	client_sends(w, RECORD_HANDSHAKE, "\x18\0\0\x01\0\x18\0\0\x01\0", 10);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

STREAM_TEST(another_handshake_message_is_unexpected)
{
	client_sends(w, RECORD_HANDSHAKE, "\x01\0\0\x01\0", 5);
	refused(w, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
}

/* 5.5: limits on key usage */
STREAM_TEST(a_key_is_replaced_before_its_limit)
{
	struct iovec iov = {"text", 4};
	struct record_view v;

	w->conn.stream->keys->seq[RECORD_SEAL] = w->peer->seq[RECORD_OPEN] = RECORD_KEY_USES;
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), 4);
	assert_int_equal(server_sent(w, &v), RECORD_HANDSHAKE);
	assert_memory_equal(v.content, "\x18\0\0\x01\0", 5);
	assert_true(record_keys_update(w->peer, RECORD_OPEN));
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), 4);
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
}

STREAM_TEST(a_client_with_an_old_key_is_asked_once_to_replace_it)
{
	struct iovec iov = {"text", 4};
	struct record_view v;

	w->conn.stream->keys->seq[RECORD_OPEN] = w->peer->seq[RECORD_SEAL] = RECORD_KEY_USES;
	for (int i = 0; i < 2; i++) {
		says(w, "text");
		assert_int_equal(receive(w, 100), 4);
		assert_int_equal(tls_conn_send(&w->conn, &iov, 1), 4);
	}
	assert_int_equal(server_sent(w, &v), RECORD_HANDSHAKE);
	assert_memory_equal(v.content, "\x18\0\0\x01\x01", 5);
	assert_true(record_keys_update(w->peer, RECORD_OPEN));
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
	assert_int_equal(server_sent(w, &v), -1);
	client_updates(w, 0);
	says(w, "text");
	assert_int_equal(receive(w, 100), 4);
}

/* 5.3: a sequence number must not wrap */
STREAM_TEST(the_last_sequence_number_is_not_used)
{
	w->conn.stream->keys->seq[RECORD_OPEN] = w->peer->seq[RECORD_SEAL] = UINT64_MAX - 1;
	says(w, "text");
	assert_int_equal(receive(w, 100), 4);
	deliver(w, w->scratch, 26);
	assert_int_equal(receive(w, 100), -EPROTO);
	w->peer->seq[RECORD_SEAL] = UINT64_MAX;
	assert_int_equal(seal(w, RECORD_DATA, "x", 1), 0);
}

static size_t batch_room(struct wire *w)
{
	struct iovec iov = {"text", 4};

	return tls_stream_room(&w->conn, &iov, 1);
}

STREAM_TEST(what_is_not_one_record_and_nothing_else_is_not_batched)
{
	struct iovec most = {w->text, RECORD_TEXT_MAX}, more = {w->text, RECORD_TEXT_MAX + 1};
	struct iovec iov = {"text", 4}, none = {"", 0};

	assert_int_equal(batch_room(w), 4 + RECORD_OVERHEAD);
	assert_int_equal(tls_stream_room(&w->conn, &most, 1), RECORD_TEXT_MAX + RECORD_OVERHEAD);
	assert_int_equal(tls_stream_room(&w->conn, &more, 1), 0);
	assert_int_equal(tls_stream_room(&w->conn, &none, 1), 0);
	w->conn.stream->update = true;
	assert_int_equal(batch_room(w), 0);
	w->conn.stream->update = false;
	w->conn.stream->keys->seq[RECORD_SEAL] = RECORD_KEY_USES;
	assert_int_equal(batch_room(w), 0);
	w->conn.stream->keys->seq[RECORD_SEAL] = 0;
	w->conn.error = EPIPE;
	assert_int_equal(batch_room(w), 0);
	w->conn.error = 0;
	w->conn.reason = TLS_BAD_RECORD;
	assert_int_equal(batch_room(w), 0);
	w->conn.reason = TLS_TRUNCATED;
	assert_int_equal(batch_room(w), 4 + RECORD_OVERHEAD);
	w->conn.reason = 0;
	w->room = 5;
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), -EAGAIN);
	assert_int_equal(batch_room(w), 0);
	w->room = SIZE_MAX;
	assert_int_equal(tls_flush(&w->conn), 0); /* its text is still owed */
	assert_int_equal(batch_room(w), 0);
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), 4);
	assert_int_equal(batch_room(w), 4 + RECORD_OVERHEAD);
}

STREAM_TEST(a_record_that_cannot_be_sealed_ends_the_connection)
{
	struct iovec iov = {"text", 4};

	w->conn.stream->keys->seq[RECORD_SEAL] = UINT64_MAX;
	assert_int_equal(tls_stream_seal(&w->conn, &iov, 1, w->scratch), 0);
	assert_int_equal(w->conn.error, EPROTO);
}

STREAM_TEST(what_the_socket_refuses_goes_first_and_under_its_own_number)
{
	struct iovec iov = {"one", 3}, both = {"onetwo", 6};
	struct record_view v;

	w->room = 7;
	assert_int_equal(tls_conn_send(&w->conn, &iov, 1), -EAGAIN);
	assert_int_equal(tls_conn_send(&w->conn, &both, 1), -EAGAIN);
	w->room = SIZE_MAX;
	assert_int_equal(tls_conn_send(&w->conn, &both, 1), 6);
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
	assert_memory_equal(v.content, "one", 3);
	assert_int_equal(server_sent(w, &v), RECORD_DATA);
	assert_memory_equal(v.content, "two", 3);
}
