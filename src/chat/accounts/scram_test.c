/* scram_test.c - RFC 7677's example, and messages that are not of the exchange. */
#include "base/test/test.h"
#include "chat/accounts/scram.h"

#include <stdio.h>

static const uint8_t salt[SCRAM_SALT] = {0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0,
	0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81}; /* W22ZaJ0SNY7soEsUEjb6gQ== */

#define NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

static bool first(struct scram *s, const char *message)
{
	return scram_first(s, message, strlen(message));
}

/* The example of RFC 7677 section 3, up to the challenge. */
static struct scram example(void)
{
	struct scram s = {0};
	struct scram_keys k;

	scram_derive(&k, "pencil", salt, 4096);
	assert_true(first(&s, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
	scram_challenge(&s, &k, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
	return s;
}

static enum scram_result final(const struct scram *s, const char *message)
{
	char out[SCRAM_KEYS_TEXT_MAX];

	return scram_final(s, message, strlen(message), out);
}

TEST(the_example_of_rfc_7677)
{
	struct scram s = example();
	char out[SCRAM_KEYS_TEXT_MAX], message[] = "c=biws,r=" NONCE ",p=" PROOF;

	assert_string_equal(s.name, "user");
	assert_string_equal(s.challenge, "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
	assert_int_equal(scram_final(&s, message, strlen(message), out), SCRAM_OK);
	assert_string_equal(out, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(keys_survive_being_text)
{
	struct scram_keys k, back;
	char text[SCRAM_KEYS_TEXT_MAX];

	scram_derive(&k, "pencil", salt, 4096);
	scram_keys_print(&k, text);
	assert_true(scram_keys_parse(&back, text));
	assert_int_equal(back.iterations, 4096);
	assert_memory_equal(back.salt, k.salt, sizeof(k.salt));
	assert_memory_equal(back.stored, k.stored, sizeof(k.stored));
	assert_memory_equal(back.server, k.server, sizeof(k.server));
	text[strlen(text) - 2] = '!';
	assert_false(scram_keys_parse(&back, text));
	assert_false(scram_keys_parse(&back, "SCRAM-SHA-256$4096:"));
	assert_false(scram_keys_parse(&back, "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$a:b"));
}

TEST(a_wrong_proof_is_wrong_and_another_exchange_malformed)
{
	struct scram s = example();

	assert_int_equal(final(&s, "c=biws,r=" NONCE ",p=A" PROOF), SCRAM_MALFORMED);
	assert_int_equal(
		final(&s, "c=biws,r=" NONCE ",p=AHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
		SCRAM_WRONG);
	assert_int_equal(final(&s, "c=eSws,r=" NONCE ",p=" PROOF), SCRAM_MALFORMED);
	assert_int_equal(final(&s, "c=biws,r=" NONCE "x,p=" PROOF), SCRAM_MALFORMED);
	assert_int_equal(final(&s, "c=biws,r=" NONCE ",x=y,p=" PROOF), SCRAM_WRONG);
	assert_int_equal(final(&s, "c=biws,r=" NONCE), SCRAM_MALFORMED);
	assert_int_equal(final(&s, ""), SCRAM_MALFORMED);
}

TEST(first_messages)
{
	static const struct {
		const char *message, *name, *acting;
	} good[] = {
		{"n,,n=a,r=b", "a", ""},
		{"y,,n=a,r=b", "a", ""},
		{"n,a=c,n=a,r=b", "a", "c"},
		{"n,,n=a=2Cb=3Dc,r=b", "a,b=c", ""},
		{"n,,n=a,r=b,x=y", "a", ""},
	};
	static const char *const bad[] = {"", "n", "n,", "n,,", "n,,n=a", "n,,n=,r=b",
		"n,,n=a,r=", "n,,n=a=,r=b", "n,,n=a=2c,r=b", "p=tls-unique,,n=a,r=b",
		"n,,m=x,n=a,r=b", "n,,n=a,r=b c", "n,n=a,r=b", "n,a=,n=a,r=b", "x,,n=a,r=b"};
	char nul[] = "n,,n=a\0b,r=c", longer[2000];
	struct scram s;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(first(&s, good[i].message));
		assert_string_equal(s.name, good[i].name);
		assert_string_equal(s.acting, good[i].acting);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(first(&s, bad[i]));
	assert_false(scram_first(&s, nul, sizeof(nul) - 1));
	memset(longer, 'a', sizeof(longer));
	snprintf(longer, 900, "n,,n=%0500d,r=b", 0);
	assert_false(first(&s, longer));
}
