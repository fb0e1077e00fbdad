/*
 * tls_net_test.c - TLS over a network in memory: handshakes in any pieces, records, ends, refusals,
 * bounds, certificates, tickets.
 */
#include "base/test/test.h"
#include "tls/test/tls_fixture.h"
#include "tls/tls_conn.h"
#include "tls/tls_self_signed.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct one {
	struct mem_net net;
	bool own; /* records by tls_stream.c, with TLS 1.3 */
	struct tls_client client;
	char text[MEM_BYTES];
};

static const struct tls_settings self_signed = {
	.name = "irc.example.org", .client_certificates = true};

static void limits(struct one *o, nsec_t time, uint32_t at_once)
{
	tls_net_limit(o->net.tls, &(struct tls_limits){time, at_once, o->own});
}

static struct one *one_new(bool own)
{
	struct one *o = calloc(1, sizeof(*o));

	o->own = own;
	mem_open(&o->net, &self_signed);
	limits(o, 10 * NSEC_SEC, 256);
	return o;
}

static int begin(void **state)
{
	*state = one_new(false);
	return 0;
}

static int begin_own(void **state)
{
	*state = one_new(true);
	return 0;
}

static int end(void **state)
{
	struct one *o = *state;

	client_close(&o->client);
	mem_close(&o->net);
	free(o);
	return 0;
}

/* Each test runs with OpenSSL's records and with ours. */
#define TLS_TEST(name)                                                                             \
	static void name##_both(struct one *o);                                                    \
	TEST_OF(name, struct one, o, begin, end)                                                   \
	{                                                                                          \
		name##_both(o);                                                                    \
	}                                                                                          \
	TEST_OF(name##_with_own_records, struct one, o, begin_own, end)                            \
	{                                                                                          \
		name##_both(o);                                                                    \
	}                                                                                          \
	static void name##_both(struct one *o)

static void connected(struct one *o, int version)
{
	client_open(&o->client, &o->net, version);
	assert_true(client_handshake(&o->client));
}

static ssize_t receive(struct one *o, void *buf, size_t len)
{
	return o->net.tls->ops->recv(o->net.tls, o->client.handle, buf, len);
}

static ssize_t send_text(struct one *o, const char *text)
{
	struct iovec iov = {(void *)text, strlen(text)};

	return o->net.tls->ops->send(o->net.tls, o->client.handle, &iov, 1);
}

static const char *why(struct one *o)
{
	return o->net.tls->ops->why(o->net.tls, o->client.handle);
}

static void both_ways(struct one *o)
{
	char buf[64];

	client_say(&o->client, "NICK a\r\n");
	assert_true(mem_wait(&o->net, o->client.handle) & NET_IN);
	assert_int_equal(receive(o, buf, sizeof(buf)), 8);
	assert_memory_equal(buf, "NICK a\r\n", 8);
	assert_int_equal(receive(o, buf, sizeof(buf)), -EAGAIN);
	assert_int_equal(send_text(o, "PONG\r\n"), 6);
	assert_string_equal(client_hear(&o->client, o->text), "PONG\r\n");
}

TLS_TEST(text_goes_both_ways_with_1_3)
{
	connected(o, TLS1_3_VERSION);
	both_ways(o);
	assert_int_equal(mem_count(&o->net, "tls-opened"), 1);
}

TLS_TEST(text_goes_both_ways_with_1_2)
{
	connected(o, TLS1_2_VERSION);
	both_ways(o);
}

TLS_TEST(version_1_1_is_refused_with_a_reason)
{
	client_open(&o->client, &o->net, TLS1_1_VERSION);
	SSL_set_security_level(o->client.ssl, 0);
	assert_false(client_handshake(&o->client));
	assert_string_equal(o->net.refused, "tls-version");
	assert_int_equal(receive(o, o->text, 10), -EPROTO);
	assert_string_equal(why(o), "TLS: no version of the protocol in common");
}

TLS_TEST(a_listener_may_refuse_1_2)
{
	struct net_addr at = {.family = 4, .port = 6697};
	struct tls_world world = {NULL, NULL};
	char text[TLS_WHY_MAX];

	tls_net_free(o->net.tls);
	o->net.tls = tls_net_new(&o->net.net, &world);
	assert_true(tls_net_load(o->net.tls, &self_signed, text));
	assert_true(tls_net_listener(o->net.tls, &at, &(struct tls_protocol){true, TLS_ALPN_IRC}));
	o->net.tls->ops->listen(o->net.tls, &at, NULL, 1);
	limits(o, 10 * NSEC_SEC, 256);
	client_open(&o->client, &o->net, TLS1_2_VERSION);
	assert_false(client_handshake(&o->client));
	assert_int_equal(mem_count(&o->net, "tls-version"), 1);
}

TLS_TEST(a_handshake_may_arrive_byte_by_byte)
{
	client_open(&o->client, &o->net, TLS1_3_VERSION);
	o->net.conns[o->client.handle].piece = 1;
	assert_true(client_handshake(&o->client));
	o->net.conns[o->client.handle].piece = SIZE_MAX;
	both_ways(o);
}

/* Delivers the client's bytes one a turn, and takes the server's one a turn. */
static void trickle(struct one *o, int version)
{
	struct mem_conn *s;
	uint8_t byte;
	uint32_t events = 0;

	client_open(&o->client, &o->net, version);
	s = &o->net.conns[o->client.handle];
	s->room = 0;
	for (int i = 0; i < 20000 && !(events & NET_IN); i++) {
		SSL_do_handshake(o->client.ssl);
		if (BIO_read(SSL_get_wbio(o->client.ssl), &byte, 1) == 1)
			mem_say(&o->net, o->client.handle, &byte, 1);
		s->room = 1;
		s->ready |= NET_OUT;
		events |= mem_wait(&o->net, o->client.handle);
		BIO_write(SSL_get_rbio(o->client.ssl), s->out, (int)s->out_len);
		s->out_len = 0;
	}
	assert_true(events & NET_IN);
	for (int i = 0; i < 2000; i++) { /* the tickets, or Finished */
		s->room = 1;
		s->ready |= NET_OUT;
		mem_wait(&o->net, o->client.handle);
	}
	s->room = SIZE_MAX;
	client_pump(&o->client);
	both_ways(o);
}

TLS_TEST(every_step_may_block_with_1_3)
{
	trickle(o, TLS1_3_VERSION);
}

TLS_TEST(every_step_may_block_with_1_2)
{
	trickle(o, TLS1_2_VERSION);
}

TLS_TEST(all_pieces_of_a_send_are_one_record)
{
	struct iovec iov[10];
	uint32_t before;

	connected(o, TLS1_3_VERSION);
	before = o->net.conns[o->client.handle].sends;
	for (int i = 0; i < 10; i++)
		iov[i] = (struct iovec){"a line\r\n", 8};
	assert_int_equal(o->net.tls->ops->send(o->net.tls, o->client.handle, iov, 10), 80);
	assert_int_equal(o->net.conns[o->client.handle].sends, before + 1);
	assert_int_equal(o->net.conns[o->client.handle].out_len, 5 + 80 + 1 + 16);
}

static ssize_t batch_text(struct one *o, int handle, ssize_t *plain)
{
	struct iovec iov[2] = {{"a line\r\n", 8}, {"more\r\n", 6}};
	struct net_send sends[] = {{handle, 2, iov, 0}, {o->client.handle, 2, iov, 0}};

	o->net.tls->ops->send_batch(o->net.tls, sends, 2);
	*plain = sends[0].done;
	return sends[1].done;
}

TLS_TEST(a_batch_reaches_encrypted_connections_and_others)
{
	int handle = mem_connect(&o->net, false);
	ssize_t plain;

	connected(o, TLS1_3_VERSION);
	assert_int_equal(batch_text(o, handle, &plain), 14);
	assert_int_equal(plain, 14);
	assert_memory_equal(o->net.conns[handle].out, "a line\r\nmore\r\n", 14);
	assert_int_equal(o->net.conns[o->client.handle].out_len, 5 + 14 + 1 + 16);
	assert_string_equal(client_hear(&o->client, o->text), "a line\r\nmore\r\n");
	assert_int_equal(batch_text(o, handle, &plain), 14);
	assert_string_equal(client_hear(&o->client, o->text), "a line\r\nmore\r\n");
}

TLS_TEST(what_a_full_socket_refuses_of_a_batch_arrives_once)
{
	int handle = mem_connect(&o->net, false);
	struct mem_conn *s;
	ssize_t plain;

	connected(o, TLS1_3_VERSION);
	s = &o->net.conns[o->client.handle];
	s->room = 10;
	assert_int_equal(batch_text(o, handle, &plain), -EAGAIN);
	assert_int_equal(batch_text(o, handle, &plain), -EAGAIN);
	s->room = SIZE_MAX;
	assert_int_equal(batch_text(o, handle, &plain), 14);
	assert_string_equal(client_hear(&o->client, o->text), "a line\r\nmore\r\n");
	s->error = EPIPE;
	assert_int_equal(batch_text(o, handle, &plain), -EPIPE);
	assert_int_equal(plain, 14);
}

TLS_TEST(a_long_send_takes_records_of_16_kilobytes)
{
	char *text = malloc(40001);
	struct iovec iov = {text, 40000};

	connected(o, TLS1_3_VERSION);
	for (int i = 0; i < 40000; i++)
		text[i] = (char)('a' + i % 26);
	text[40000] = '\0';
	assert_int_equal(o->net.tls->ops->send(o->net.tls, o->client.handle, &iov, 1), 40000);
	assert_int_equal(o->net.conns[o->client.handle].out_len, 40000 + 3 * 22);
	assert_string_equal(client_hear(&o->client, o->text), text);
	free(text);
}

TLS_TEST(what_a_full_socket_refuses_is_sent_again_and_arrives_once)
{
	struct mem_conn *s;

	connected(o, TLS1_3_VERSION);
	s = &o->net.conns[o->client.handle];
	s->room = 10;
	assert_int_equal(send_text(o, "one\r\n"), -EAGAIN);
	assert_int_equal(send_text(o, "one\r\ntwo\r\n"), -EAGAIN);
	s->room = SIZE_MAX;
	assert_int_equal(send_text(o, "one\r\ntwo\r\n"), 10);
	assert_string_equal(client_hear(&o->client, o->text), "one\r\ntwo\r\n");
}

/* It was short of memory, not of room, so that it will not report room. */
TLS_TEST(a_send_that_lacked_memory_is_tried_again_in_the_next_turn)
{
	struct mem_conn *s;
	struct net *n = o->net.tls;

	connected(o, TLS1_3_VERSION);
	s = &o->net.conns[o->client.handle];
	s->error = ENOBUFS;
	assert_int_equal(send_text(o, "one\r\n"), -EAGAIN);
	n->ops->rewatch(
		n, o->client.handle, NET_IN | NET_OUT | NET_EDGE, (uint64_t)o->client.handle);
	assert_true(mem_wait(&o->net, o->client.handle) & NET_OUT);
	assert_int_equal(o->net.waited, 0);
	assert_int_equal(send_text(o, "one\r\n"), -ENOBUFS); /* the caller may try at once */
	s->error = 0;
	assert_int_equal(send_text(o, "one\r\n"), 5);
	assert_string_equal(client_hear(&o->client, o->text), "one\r\n");
}

TLS_TEST(room_is_reported_when_it_was_asked_for)
{
	struct mem_conn *s;
	struct net *n = o->net.tls;

	connected(o, TLS1_3_VERSION);
	s = &o->net.conns[o->client.handle];
	s->ready = NET_OUT;
	assert_int_equal(mem_wait(&o->net, o->client.handle), 0);
	n->ops->rewatch(
		n, o->client.handle, NET_IN | NET_OUT | NET_EDGE, (uint64_t)o->client.handle);
	s->ready = NET_OUT;
	assert_int_equal(mem_wait(&o->net, o->client.handle), NET_OUT);
}

TLS_TEST(a_failed_socket_ends_the_connection)
{
	connected(o, TLS1_3_VERSION);
	o->net.conns[o->client.handle].error = EPIPE;
	assert_int_equal(send_text(o, "x"), -EPIPE);
	assert_int_equal(send_text(o, "x"), -EPIPE);
}

TLS_TEST(close_notify_ends_the_stream_in_order)
{
	connected(o, TLS1_3_VERSION);
	client_say(&o->client, "QUIT\r\n");
	SSL_shutdown(o->client.ssl);
	client_pump(&o->client);
	assert_int_equal(receive(o, o->text, 100), 6);
	assert_int_equal(receive(o, o->text, 100), 0);
	assert_null(why(o));
	assert_int_equal(send_text(o, "ERROR\r\n"), 7); /* half closed: output still goes */
	assert_string_equal(client_hear(&o->client, o->text), "ERROR\r\n");
}

TLS_TEST(an_end_without_close_notify_is_noticed)
{
	connected(o, TLS1_3_VERSION);
	client_say(&o->client, "QUIT\r\n");
	o->net.conns[o->client.handle].eof = true;
	o->net.conns[o->client.handle].ready = NET_IN | NET_GONE;
	assert_true(mem_wait(&o->net, o->client.handle) & NET_GONE);
	assert_int_equal(receive(o, o->text, 100), 6);
	assert_int_equal(receive(o, o->text, 100), 0);
	assert_string_equal(why(o), "Connection closed without TLS close_notify");
	assert_int_equal(mem_count(&o->net, "tls-truncated"), 1);
}

TLS_TEST(closing_sends_close_notify)
{
	char byte;

	connected(o, TLS1_3_VERSION);
	o->net.tls->ops->close(o->net.tls, o->client.handle);
	assert_false(o->net.conns[o->client.handle].open);
	client_hear(&o->client, o->text);
	assert_int_equal(SSL_get_error(o->client.ssl, SSL_read(o->client.ssl, &byte, 1)),
		SSL_ERROR_ZERO_RETURN);
}

TLS_TEST(plain_text_is_answered_in_plain_text)
{
	client_open(&o->client, &o->net, 0);
	mem_say(&o->net, o->client.handle, "NICK a\r\nUSER a 0 * :a\r\n", 23);
	assert_true(mem_wait(&o->net, o->client.handle) & NET_GONE);
	assert_string_equal(o->net.refused, "tls-plain-text");
	assert_memory_equal(o->net.conns[o->client.handle].out, "ERROR :Closing Link", 19);
	assert_int_equal(o->net.conns[o->client.handle].in_len, 0); /* close() would reset */
	assert_int_equal(receive(o, o->text, 10), -EPROTO);
}

TLS_TEST(a_corrupted_record_is_refused)
{
	struct mem_conn *s;

	connected(o, TLS1_3_VERSION);
	s = &o->net.conns[o->client.handle];
	client_say(&o->client, "JOIN #a\r\n");
	s->in[7] ^= 1;
	assert_int_equal(receive(o, o->text, 100), -EPROTO);
	assert_string_equal(why(o), "TLS: broken record");
	assert_int_equal(send_text(o, "x"), -EPROTO);
}

TLS_TEST(garbage_after_the_first_byte_is_refused)
{
	char hostile[600];

	client_open(&o->client, &o->net, 0);
	memset(hostile, 0x16, sizeof(hostile));
	mem_say(&o->net, o->client.handle, hostile, sizeof(hostile));
	assert_true(mem_wait(&o->net, o->client.handle) & NET_GONE);
	assert_int_equal(o->net.refusals, 1);
}

TLS_TEST(a_handshake_without_end_is_refused)
{
	/* a ClientHello of 131,000 bytes, in records of 16 KB */
	uint8_t record[5 + 16384] = {0x16, 3, 1, 0x40, 0, 1, 1, 0xff, 0xb8};
	uint32_t events = 0;

	client_open(&o->client, &o->net, 0);
	for (int i = 0; i < 8 && !(events & NET_GONE); i++) {
		mem_say(&o->net, o->client.handle, record, sizeof(record));
		events |= mem_wait(&o->net, o->client.handle);
		memset(record + 5, 0, 4);
	}
	assert_true(events & NET_GONE);
	assert_string_equal(o->net.refused, "tls-too-large");
}

TLS_TEST(a_client_that_leaves_during_the_handshake_is_counted)
{
	client_open(&o->client, &o->net, 0);
	mem_say(&o->net, o->client.handle, "\x16\x03\x01", 3);
	assert_int_equal(mem_wait(&o->net, o->client.handle), 0);
	o->net.conns[o->client.handle].eof = true;
	o->net.conns[o->client.handle].ready = NET_IN | NET_GONE;
	assert_true(mem_wait(&o->net, o->client.handle) & NET_GONE);
	assert_string_equal(o->net.refused, "tls-closed");
}

TLS_TEST(a_slow_handshake_is_refused_after_its_time)
{
	client_open(&o->client, &o->net, 0);
	limits(o, 3 * NSEC_SEC, 10);
	o->net.now += NSEC_SEC; /* counted from accept, with the limit of then */
	assert_int_equal(mem_wait(&o->net, o->client.handle), 0);
	assert_int_equal(o->net.waited, 9 * NSEC_SEC);
	o->net.now += 9 * NSEC_SEC;
	assert_true(mem_wait(&o->net, o->client.handle) & NET_GONE);
	assert_string_equal(o->net.refused, "tls-timeout");
}

TLS_TEST(the_end_of_a_handshake_in_time_stops_its_clock)
{
	connected(o, TLS1_3_VERSION);
	o->net.now += 60 * NSEC_SEC;
	assert_int_equal(mem_wait(&o->net, o->client.handle), 0);
	assert_int_equal(o->net.refusals, 0);
	both_ways(o);
}

TLS_TEST(renegotiation_ends_the_connection)
{
	connected(o, TLS1_2_VERSION);
	assert_int_equal(SSL_renegotiate(o->client.ssl), 1);
	SSL_do_handshake(o->client.ssl);
	client_pump(&o->client);
	assert_int_equal(receive(o, o->text, 100), -EPROTO);
	assert_string_equal(why(o), "TLS: renegotiation refused");
}

TLS_TEST(key_updates_are_taken_and_a_flood_of_them_is_not)
{
	connected(o, TLS1_3_VERSION);
	SSL_key_update(o->client.ssl, SSL_KEY_UPDATE_REQUESTED);
	both_ways(o);
	for (int i = 0; i <= TLS_KEY_UPDATES_MAX; i++) {
		SSL_key_update(o->client.ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
		SSL_do_handshake(o->client.ssl);
	}
	client_pump(&o->client);
	assert_int_equal(receive(o, o->text, 100), -EPROTO);
	assert_string_equal(why(o), "TLS: too many key updates");
}

TLS_TEST(one_call_receives_a_bounded_number_of_bytes_and_the_rest_follows)
{
	static char big[16001];
	size_t sum = 0;
	ssize_t got;
	uint32_t rounds = 0;

	connected(o, TLS1_3_VERSION);
	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 20; i++)
		client_say(&o->client, big);
	do {
		assert_true(mem_wait(&o->net, o->client.handle) & NET_IN);
		got = receive(o, o->text, MEM_BYTES);
		assert_true(got <= TLS_READ_BYTES);
		sum += got > 0 ? (size_t)got : 0;
		rounds++;
	} while (sum < 20 * 16000);
	assert_in_range(rounds, 5, 7);
	assert_int_equal(receive(o, o->text, 10), -EAGAIN);
	assert_int_equal(mem_wait(&o->net, o->client.handle), 0);
}

TLS_TEST(handshakes_beyond_a_turn_wait_for_the_next)
{
	struct tls_client c[10];

	for (int i = 0; i < 10; i++) {
		client_open(&c[i], &o->net, TLS1_3_VERSION);
		SSL_do_handshake(c[i].ssl);
	}
	o->net.tick = NSEC_MSEC; /* each takes a millisecond */
	for (int i = 0; i < 10; i++) {
		uint8_t bytes[1024];
		int n = BIO_read(SSL_get_wbio(c[i].ssl), bytes, sizeof(bytes));

		mem_say(&o->net, c[i].handle, bytes, (size_t)n);
	}
	mem_wait(&o->net, 0);
	assert_true(o->net.conns[c[0].handle].out_len > 0);
	assert_int_equal(o->net.conns[c[9].handle].out_len, 0);
	for (int i = 0; i < 10; i++)
		mem_wait(&o->net, 0);
	assert_true(o->net.conns[c[9].handle].out_len > 0);
	o->net.tick = 0;
	for (int i = 0; i < 10; i++)
		client_close(&c[i]);
	connected(o, 0);
}

TLS_TEST(handshakes_beyond_the_limit_are_parked_until_one_is_over)
{
	struct tls_client c[3];

	limits(o, 10 * NSEC_SEC, 2);
	for (int i = 0; i < 3; i++) {
		client_open(&c[i], &o->net, TLS1_3_VERSION);
		mem_say(&o->net, c[i].handle, "\x16\x03\x01", 3);
	}
	mem_wait(&o->net, 0);
	assert_int_equal(mem_count(&o->net, "tls-parked"), 1);
	mem_wait(&o->net, 0);
	assert_int_equal(o->net.waited, TLS_PATIENCE); /* no busy loop */
	o->net.tls->ops->close(o->net.tls, c[0].handle);
	mem_say(&o->net, c[2].handle, "garbagegarbage", 14);
	assert_true(mem_wait(&o->net, c[2].handle) & NET_GONE); /* has had its turn */
	for (int i = 0; i < 3; i++)
		client_close(&c[i]);
	connected(o, 0);
}

TLS_TEST(handshakes_that_do_not_go_on_make_room_for_parked_ones)
{
	struct tls_client c[3];

	limits(o, 60 * NSEC_SEC, 2);
	for (int i = 0; i < 3; i++) {
		client_open(&c[i], &o->net, TLS1_3_VERSION);
		if (i < 2)
			mem_say(&o->net, c[i].handle, "\x16\x03\x01", 3);
		mem_wait(&o->net, 0);
	}
	assert_false(client_handshake(&c[2]));
	o->net.now += TLS_PATIENCE;
	assert_true(client_handshake(&c[2]));
	assert_int_equal(mem_count(&o->net, "tls-timeout"), 1);
	for (int i = 0; i < 3; i++)
		client_close(&c[i]);
	connected(o, 0);
}

TLS_TEST(a_connection_closed_during_its_handshake_leaves_nothing)
{
	client_open(&o->client, &o->net, 0);
	mem_say(&o->net, o->client.handle, "\x16\x03", 2);
	mem_wait(&o->net, 0);
	assert_int_equal(send_text(o, "x"), -ENOTCONN);
	o->net.tls->ops->close(o->net.tls, o->client.handle);
	o->net.now += 100 * NSEC_SEC;
	assert_int_equal(mem_wait(&o->net, o->client.handle), 0);
	assert_int_equal(o->net.refusals, 0);
}

TLS_TEST(other_connections_pass_through)
{
	int h = mem_connect(&o->net, false);
	struct iovec iov = {"plain", 5};
	struct net_send sends[3] = {{h, 1, &iov, 0}, {0, 1, &iov, 0}, {h, 1, &iov, 0}};

	connected(o, 0);
	sends[1].handle = o->client.handle;
	mem_say(&o->net, h, "hello", 5);
	assert_int_equal(mem_wait(&o->net, h), NET_IN);
	assert_int_equal(o->net.tls->ops->recv(o->net.tls, h, o->text, 100), 5);
	assert_false(net_secure(o->net.tls, h, NULL));
	assert_true(net_secure(o->net.tls, o->client.handle, NULL));
	o->net.tls->ops->send_batch(o->net.tls, sends, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sends[i].done, 5);
	assert_memory_equal(o->net.conns[h].out, "plainplain", 10);
	assert_string_equal(client_hear(&o->client, o->text), "plain");
}

static void offer_protocols(struct one *o, const char *list)
{
	client_open(&o->client, &o->net, 0);
	SSL_set_alpn_protos(o->client.ssl, (const uint8_t *)list, (unsigned)strlen(list));
}

TLS_TEST(alpn_takes_irc_and_refuses_others)
{
	struct tls_client browser;
	const uint8_t *name;
	unsigned len;

	offer_protocols(o, "\x08http/1.1");
	assert_false(client_handshake(&o->client));
	assert_string_equal(o->net.refused, "tls-alpn");
	browser = o->client;
	offer_protocols(o, "\x08http/1.1\x03irc");
	assert_true(client_handshake(&o->client));
	SSL_get0_alpn_selected(o->client.ssl, &name, &len);
	assert_int_equal(len, 3);
	client_close(&browser);
}

/* Another handshake with the ticket of the first; whether it was resumed. */
static bool resumes(struct one *o)
{
	SSL_SESSION *s = SSL_SESSION_dup(SSL_get0_session(o->client.ssl));
	struct tls_client again;
	bool resumed;

	client_open(&again, &o->net, 0);
	SSL_set_session(again.ssl, s);
	SSL_SESSION_free(s);
	assert_true(client_handshake(&again));
	resumed = SSL_session_reused(again.ssl);
	client_close(&again);
	return resumed;
}

/* RFC 8446 4.2.10: no ticket offers early data; a client that sends it anyway is answered as if it
 * had not, and what it has sent is never received. */
TLS_TEST(early_data_is_skipped)
{
	struct tls_client early;
	SSL_SESSION *session;
	size_t written;
	char buf[16];

	connected(o, TLS1_3_VERSION);
	client_hear(&o->client, o->text); /* with it the ticket */
	session = SSL_SESSION_dup(SSL_get0_session(o->client.ssl));
	assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
	assert_int_equal(SSL_SESSION_set_max_early_data(session, 1000), 1);
	client_open(&early, &o->net, TLS1_3_VERSION);
	SSL_set_session(early.ssl, session);
	assert_int_equal(SSL_write_early_data(early.ssl, "early\r\n", 7, &written), 1);
	assert_true(client_handshake(&early));
	assert_int_equal(SSL_get_early_data_status(early.ssl), SSL_EARLY_DATA_REJECTED);
	assert_true(SSL_session_reused(early.ssl));
	client_say(&early, "late\r\n");
	assert_int_equal(o->net.tls->ops->recv(o->net.tls, early.handle, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "late\r\n", 6);
	SSL_SESSION_free(session);
	client_close(&early);
}

TLS_TEST(a_ticket_resumes_after_a_reload_and_a_change_of_keys)
{
	char name[64];
	struct tls_settings file = {
		.pairs = {{name, name}}, .pair_count = 1, .client_certificates = true};
	char text[TLS_WHY_MAX];
	bool made;

	snprintf(name, sizeof(name), "/tmp/burble-tls-test-%d.pem", getpid());
	connected(o, TLS1_3_VERSION);
	client_hear(&o->client, o->text);
	assert_true(resumes(o));
	unlink(name);
	assert_true(tls_self_signed_file(name, "irc.example.org", &made, text));
	assert_true(made);
	assert_true(tls_net_load(o->net.tls, &file, text));
	unlink(name);
	assert_true(resumes(o));
	o->net.now += TICKET_KEY_LIFE + NSEC_SEC;
	mem_wait(&o->net, 0);
	assert_true(resumes(o));
	assert_int_equal(mem_count(&o->net, "tls-resumed"), 3);
	o->net.now += 3 * TICKET_KEY_LIFE;
	mem_wait(&o->net, 0); /* its turn sees the time */
	assert_false(resumes(o));
}

/* A key that is left in memory opens the sessions of its tickets, if they were recorded. */
TEST(keys_of_tickets_are_wiped_even_if_no_new_one_is_needed)
{
	static const struct ticket_keys none;
	struct ticket_keys k = none;

	assert_non_null(ticket_key_now(&k, 0));
	ticket_keys_expire(&k, TICKET_KEYS * TICKET_KEY_LIFE - 1);
	assert_int_equal(k.count, 1);
	ticket_keys_expire(&k, TICKET_KEYS * TICKET_KEY_LIFE);
	assert_memory_equal(&k, &none, sizeof(k));
}

TLS_TEST(the_fingerprint_of_a_client_certificate_is_known)
{
	struct net_secure about;
	uint8_t want[32];

	client_open(&o->client, &o->net, TLS1_3_VERSION);
	assert_true(tls_self_signed_use(o->client.ctx, "client", o->text));
	SSL_use_certificate(o->client.ssl, SSL_CTX_get0_certificate(o->client.ctx));
	SSL_use_PrivateKey(o->client.ssl, SSL_CTX_get0_privatekey(o->client.ctx));
	assert_true(client_handshake(&o->client));
	X509_digest(SSL_CTX_get0_certificate(o->client.ctx), EVP_sha256(), want, NULL);
	assert_true(net_secure(o->net.tls, o->client.handle, &about));
	assert_true(about.has_certificate);
	assert_memory_equal(about.fingerprint, want, 32);
	assert_string_equal(about.version, "TLSv1.3");
	assert_string_equal(about.cipher, "TLS_AES_128_GCM_SHA256");
}

/* Whether a client whose certificate has an RSA key with this exponent is served. */
static bool served_with_exponent(struct one *o, const char *exponent)
{
	EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	X509 *x = X509_new();
	BIGNUM *e = NULL;
	bool served;

	BN_hex2bn(&e, exponent);
	EVP_PKEY_keygen_init(making);
	EVP_PKEY_CTX_set_rsa_keygen_bits(making, 2048);
	EVP_PKEY_CTX_set1_rsa_keygen_pubexp(making, e);
	assert_int_equal(EVP_PKEY_keygen(making, &key), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	client_open(&o->client, &o->net, TLS1_3_VERSION);
	assert_int_equal(SSL_use_certificate(o->client.ssl, x), 1);
	assert_int_equal(SSL_use_PrivateKey(o->client.ssl, key), 1);
	served = client_handshake(&o->client);
	BN_free(e);
	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(making);
	return served;
}

TLS_TEST(a_client_certificate_whose_signature_is_dear_to_check_is_refused)
{
	assert_true(served_with_exponent(o, "10001"));
	client_close(&o->client);
	assert_false(served_with_exponent(o, "10000000000000001"));
	assert_string_equal(o->net.refused, "tls-cipher");
}

TLS_TEST(each_cipher_suite_carries_text)
{
	static const char *const suites[] = {
		"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"};

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		struct net_secure about;

		if (i > 0)
			client_close(&o->client);
		client_open(&o->client, &o->net, TLS1_3_VERSION);
		SSL_set_ciphersuites(o->client.ssl, suites[i]);
		assert_true(client_handshake(&o->client));
		both_ways(o);
		assert_true(net_secure(o->net.tls, o->client.handle, &about));
		assert_string_equal(about.cipher, suites[i]);
	}
}

TLS_TEST(a_client_may_ask_for_short_records)
{
	connected(o, TLS1_3_VERSION);
	client_close(&o->client);
	client_open(&o->client, &o->net, TLS1_3_VERSION);
	SSL_set_tlsext_max_fragment_length(o->client.ssl, TLSEXT_max_fragment_length_512);
	assert_true(client_handshake(&o->client));
	both_ways(o);
}

TLS_TEST(a_server_key_update_follows_a_request)
{
	connected(o, TLS1_3_VERSION);
	for (int i = 0; i < TLS_KEY_UPDATES_MAX; i++) {
		SSL_key_update(o->client.ssl, SSL_KEY_UPDATE_REQUESTED);
		both_ways(o);
	}
}

/* Writes the key or the certificate of ctx to a file. */
static void write_pem(SSL_CTX *ctx, bool key, const char *path)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	if (key)
		PEM_write_PrivateKey(f, SSL_CTX_get0_privatekey(ctx), NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_X509(f, SSL_CTX_get0_certificate(ctx));
	fclose(f);
}

/* OpenSSL compares a key with the certificate only if both are of one kind. */
TLS_TEST(a_key_of_another_kind_than_its_certificate_is_refused)
{
	char dir[] = "/tmp/burble-tls-XXXXXX", certificate[64], key[64], text[TLS_WHY_MAX];
	struct tls_settings bad = {.pairs = {{certificate, key}}, .pair_count = 1};
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	assert_non_null(mkdtemp(dir));
	snprintf(certificate, sizeof(certificate), "%s/crt", dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	assert_true(tls_self_signed_use(ctx, "irc.example.org", text));
	write_pem(ctx, false, certificate);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, rsa), 1);
	write_pem(ctx, true, key);
	EVP_PKEY_free(rsa);
	SSL_CTX_free(ctx);
	assert_false(tls_net_load(o->net.tls, &bad, text));
	assert_non_null(strstr(text, "/key: no usable private key for "));
	unlink(certificate);
	unlink(key);
	rmdir(dir);
	connected(o, 0);
}

TLS_TEST(a_key_file_that_exists_is_kept_and_a_new_one_is_private)
{
	char dir[] = "/tmp/burble-tls-XXXXXX", path[64], other[64], text[TLS_WHY_MAX];
	struct tls_settings s = {.pairs = {{path, path}}, .pair_count = 1};
	struct stat first, second;
	bool made;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.pem", dir);
	snprintf(other, sizeof(other), "%s/a.pem.new", dir);
	/* it exists, but not when we look first: so does one that another server makes meanwhile */
	assert_int_equal(symlink("/nonexistent/target", path), 0);
	assert_true(tls_self_signed_file(path, "irc.example.org", &made, text));
	assert_false(made);
	unlink(path);

	fclose(fopen(other, "we")); /* left by a server that was killed, readable by all */
	assert_int_equal(chmod(other, 0666), 0);
	assert_true(tls_self_signed_file(path, "irc.example.org", &made, text));
	assert_true(made);
	assert_int_equal(stat(path, &first), 0);
	assert_int_equal(first.st_mode & 0777, 0600);
	assert_int_equal(first.st_nlink, 1);
	assert_true(tls_self_signed_file(path, "irc.example.org", &made, text));
	assert_false(made);
	assert_int_equal(stat(path, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	assert_true(tls_net_load(o->net.tls, &s, text));
	unlink(path);
	unlink(other);
	assert_int_equal(rmdir(dir), 0); /* nothing else is left */
}

TLS_TEST(a_bad_file_changes_nothing_and_is_named)
{
	struct tls_settings bad = {
		.pairs = {{"/nonexistent/a.pem", "/nonexistent/a.key"}}, .pair_count = 1};
	char text[TLS_WHY_MAX];

	assert_false(tls_net_load(o->net.tls, &bad, text));
	assert_string_equal(text, "/nonexistent/a.pem: No such file or directory");
	connected(o, 0);
}
