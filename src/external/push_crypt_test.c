/*
 * push_crypt_test.c - encryption of push messages against the example of RFC 8291, signatures, and
 * addresses that are not pushed to.
 */
#include "base/test/test.h"
#include "external/public_addr.h"
#include "external/push_crypt.h"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <sodium.h>
#include <stdio.h>

static size_t decode(uint8_t *out, size_t size, const char *text)
{
	size_t n;

	assert_int_equal(sodium_base642bin(out, size, text, strlen(text), NULL, &n, NULL,
				 sodium_base64_VARIANT_URLSAFE_NO_PADDING),
		0);
	return n;
}

/* RFC 8291 appendix A: the server's key pair. */
static EVP_PKEY *example_pair(void)
{
	uint8_t public[EXTERNAL_PUSH_KEY], secret[32];
	char group[] = "P-256";
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pair = NULL;

	decode(secret, sizeof(secret), "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
	decode(public, sizeof(public),
		"BP4z9KsN6nGRTbVYI_"
		"c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
		"7A8");
	for (int i = 0; i < 16; i++) { /* OpenSSL wants the number in the machine's order */
		uint8_t t = secret[i];

		secret[i] = secret[31 - i];
		secret[31 - i] = t;
	}
	EVP_PKEY_fromdata_init(c);
	EVP_PKEY_fromdata(c, &pair, EVP_PKEY_KEYPAIR,
		(OSSL_PARAM[]){
			OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
			OSSL_PARAM_construct_octet_string(
				OSSL_PKEY_PARAM_PUB_KEY, public, sizeof(public)),
			OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, secret, sizeof(secret)),
			OSSL_PARAM_construct_end()});
	EVP_PKEY_CTX_free(c);
	assert_non_null(pair);
	return pair;
}

static const char subscriber[] =
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

TEST(the_example_of_the_standard_is_encrypted_as_there)
{
	static const char text[] = "When I grow up, I want to be a watermelon";
	uint8_t key[EXTERNAL_PUSH_KEY], secret[EXTERNAL_PUSH_SECRET];
	uint8_t want[PUSH_BODY_MAX], got[PUSH_BODY_MAX];
	size_t n = decode(want, sizeof(want),
		"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_"
		"c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
		"InmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV"
		"WGNWQexSgSxsj_Qulcy4a-fN");
	struct push_once once = {.pair = example_pair()};

	decode(key, sizeof(key), subscriber);
	decode(secret, sizeof(secret), "BTBZMqHH6r4Tts7J_aSIgg");
	decode(once.salt, sizeof(once.salt), "DGv6ra1nlYgDCS1FRnbzlw");
	assert_int_equal(
		push_encrypt(got, &(struct push_to){key, secret}, &once, text, strlen(text)), n);
	assert_memory_equal(got, want, n);
	EVP_PKEY_free(once.pair);
}

TEST(a_key_that_is_no_point_of_the_curve_is_refused)
{
	uint8_t key[EXTERNAL_PUSH_KEY], secret[EXTERNAL_PUSH_SECRET] = {0};
	uint8_t body[PUSH_BODY_MAX];
	struct push_once once = {.pair = push_new_pair()};

	decode(key, sizeof(key), subscriber);
	assert_true(push_encrypt(body, &(struct push_to){key, secret}, &once, "x", 1));
	key[40] ^= 1;
	assert_int_equal(push_encrypt(body, &(struct push_to){key, secret}, &once, "x", 1), 0);
	memset(key, 0, sizeof(key));
	assert_int_equal(push_encrypt(body, &(struct push_to){key, secret}, &once, "x", 1), 0);
	EVP_PKEY_free(once.pair);
}

TEST(the_signature_names_the_service_and_verifies)
{
	char header[PUSH_SIGNATURE_MAX], public[PUSH_PUBLIC_TEXT], claims[600] = "";
	EVP_PKEY *pair = push_new_pair();
	char *token, *first, *second, *k;
	size_t n;

	assert_true(push_public_text(pair, public));
	assert_int_equal(strlen(public), 87);
	assert_true(
		push_sign(header, pair, "https://push.example.org:444/a/b?c", "mailto:x@y", 1000));
	assert_int_equal(strncmp(header, "vapid t=", 8), 0);
	k = strstr(header, ", k=");
	assert_string_equal(k + 4, public);
	*k = '\0';
	token = header + 8;
	first = strchr(token, '.');
	second = strchr(first + 1, '.');
	*second = '\0';
	n = decode((uint8_t *)claims, sizeof(claims) - 1, first + 1);
	claims[n] = '\0';
	assert_string_equal(claims,
		"{\"aud\":\"https://push.example.org:444\",\"exp\":44200,\"sub\":\"mailto:x@y\"}");
	assert_int_equal(decode((uint8_t *)claims, sizeof(claims), second + 1), 64);
	assert_false(push_sign(header, pair, "no-url", "mailto:x@y", 0));
	assert_false(push_sign(header, pair, "https://x\"y/", "mailto:x@y", 0));
	EVP_PKEY_free(pair);
}

TEST(only_addresses_of_the_public_internet_are_pushed_to)
{
	static const char *const inside[] = {"0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1",
		"203.0.113.5", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
		"fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
		"2001:db8::1", "2002:7f00:1::", "::127.0.0.1"};
	static const char *const outside[] = {"1.1.1.1", "100.128.0.1", "172.32.0.1", "192.0.3.1",
		"223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1", "2a00::1"};

	for (size_t i = 0; i < ARRAY_SIZE(inside) + ARRAY_SIZE(outside); i++) {
		bool in = i < ARRAY_SIZE(inside);
		const char *text = in ? inside[i] : outside[i - ARRAY_SIZE(inside)];
		struct sockaddr_in6 six = {.sin6_family = AF_INET6};
		struct sockaddr_in four = {.sin_family = AF_INET};
		bool is_six = inet_pton(AF_INET6, text, &six.sin6_addr) == 1;

		assert_true(is_six || inet_pton(AF_INET, text, &four.sin_addr) == 1);
		assert_int_equal(address_is_public(is_six ? (struct sockaddr *)&six
							  : (struct sockaddr *)&four),
			!in);
	}
	assert_false(address_is_public(&(struct sockaddr){.sa_family = AF_UNIX}));
}
