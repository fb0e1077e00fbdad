/*
 * tls_memory_test.c - memory runs out at any point of a connection, OpenSSL's or ours: the client
 * is refused or served, and the next one is served.
 */
#include "base/test/failing_memory.h"
#include "base/test/test.h"
#include "tls/test/tls_fixture.h"
#include "tls/tls_record.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	EACH = 60,   /* of the first allocations, each fails once */
	STRIDE = 13, /* of the thousands of a handshake */
};

static void *ssl_malloc(size_t n, const char *file, int line)
{
	return malloc(n);
}

static void *ssl_realloc(void *p, size_t n, const char *file, int line)
{
	return realloc(p, n);
}

static void ssl_free(void *p, const char *file, int line)
{
	free(p);
}

/* Before OpenSSL's first allocation: then it takes its memory where a test can refuse it. */
__attribute__((constructor)) static void take_allocator(void)
{
	CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free);
}

/* A client connects and is answered. */
static bool served(struct mem_net *m, bool limited)
{
	struct tls_client c;
	struct iovec iov = {"PONG\r\n", 6};
	char *text = malloc(MEM_BYTES);
	bool ok;

	client_open(&c, m, TLS1_3_VERSION);
	m->in_server = limited ? &failing_memory.on : NULL;
	ok = client_handshake(&c);
	if (ok) {
		client_say(&c, "PING\r\n");
		ok = mem_wait(m, c.handle) & NET_IN;
		failing_memory.on = limited;
		ok = ok && m->tls->ops->recv(m->tls, c.handle, text, 100) == 6 &&
		     m->tls->ops->send(m->tls, c.handle, &iov, 1) == 6;
		failing_memory.on = false;
	}
	ok = ok && strcmp(client_hear(&c, text), "PONG\r\n") == 0;
	failing_memory.on = limited;
	m->tls->ops->close(m->tls, c.handle);
	failing_memory.on = false;
	m->in_server = NULL;
	client_close(&c);
	free(text);
	return ok;
}

static void each_allocation(bool own_records)
{
	struct tls_settings s = {.name = "irc.example.org", .client_certificates = true};
	struct mem_net *m = malloc(sizeof(*m));
	long refusals = 0;

	for (long n = 1, made = n; made >= n; n += n < EACH ? 1 : STRIDE) {
		mem_open(m, &s);
		tls_net_limit(m->tls, &(struct tls_limits){10 * NSEC_SEC, 256, own_records});
		failing_memory = (struct failing_memory){.fail_at = n, .fails = 1};
		refusals += !served(m, true);
		made = failing_memory.made;
		assert_true(served(m, false));
		mem_close(m);
	}
	assert_true(refusals > 10);
	free(m);
}

TEST(a_connection_without_memory_is_refused_and_the_next_is_served)
{
	each_allocation(false);
}

TEST(the_same_with_own_records)
{
	each_allocation(true);
}

/* Part of a record is sent and the rest cannot be kept: the caller must not try again. */
TEST(a_record_that_cannot_be_kept_ends_the_connection)
{
	struct tls_settings s = {.name = "irc.example.org"};
	struct mem_net *m = malloc(sizeof(*m));
	struct iovec iov = {"PONG\r\n", 6};
	struct tls_client c;
	char buf[8];

	mem_open(m, &s);
	tls_net_limit(m->tls, &(struct tls_limits){10 * NSEC_SEC, 256, true});
	client_open(&c, m, TLS1_3_VERSION);
	assert_true(client_handshake(&c));
	m->conns[c.handle].room = 10;
	failing_memory = (struct failing_memory){.fail_at = 1, .fails = 1, .on = true};
	assert_int_equal(m->tls->ops->send(m->tls, c.handle, &iov, 1), -ECONNABORTED);
	failing_memory.on = false;
	assert_int_equal(m->tls->ops->send(m->tls, c.handle, &iov, 1), -EPROTO);
	assert_int_equal(m->tls->ops->recv(m->tls, c.handle, buf, sizeof(buf)), -EPROTO);
	assert_string_equal(m->tls->ops->why(m->tls, c.handle), "TLS: out of memory");
	m->tls->ops->close(m->tls, c.handle);
	client_close(&c);
	mem_close(m);
	free(m);
}

/* RFC 8446 5.3: the numbers of a key that was not replaced must not begin again. */
TEST(a_key_that_could_not_be_replaced_seals_nothing_more)
{
	static const uint8_t secret[TLS_SECRET_MAX];
	struct record_keys *k = record_keys_new(0, secret, secret, 0);
	struct tls_ciphers c;
	uint8_t record[RECORD_OVERHEAD + 4];
	long failures = 0;

	assert_true(tls_ciphers_init(&c));
	for (long n = 1, made = n; made >= n; n++) {
		bool replaced;

		k->seq[RECORD_SEAL] = 5;
		failing_memory = (struct failing_memory){.fail_at = n, .fails = 1, .on = true};
		replaced = record_keys_update(k, RECORD_SEAL);
		failing_memory.on = false;
		made = failing_memory.made;
		failures += !replaced;
		assert_int_equal(record_seal(&c, k, RECORD_DATA, record, 4) > 0, replaced);
	}
	assert_true(failures > 0);
	tls_ciphers_free(&c);
	record_keys_free(k);
}

TEST(an_accepted_socket_without_memory_is_closed)
{
	static const long at[] = {1, 2, 2, 2}; /* table; list; connection; handshake */
	struct tls_settings s = {.name = "irc.example.org"};
	struct mem_net *m = malloc(sizeof(*m));
	struct net_addr peer;

	mem_open(m, &s);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		m->conns[m->opened++] = (struct mem_conn){.open = true, .encrypted = true};
		failing_memory = (struct failing_memory){.fail_at = at[i], .fails = 1, .on = true};
		assert_int_equal(m->tls->ops->accept(m->tls, MEM_TLS, &peer), -ENOMEM);
		failing_memory.on = false;
		assert_false(m->conns[m->opened - 1].open);
	}
	assert_true(served(m, false));
	mem_close(m);
	free(m);
}
