/* sasl_bearer_test.c - messages of OAUTHBEARER, and what is none. */
#include "chat/accounts/sasl_bearer.h"

#include "base/test/test.h"

#include <stdio.h>

static char message[200];
static struct sasl_bearer b;

static bool parse(const char *text)
{
	snprintf(message, sizeof(message), "%s", text);
	return sasl_bearer_parse(&b, message, strlen(text));
}

TEST(the_token_and_the_account_are_found)
{
	assert_true(parse("n,a=ann,\x01host=h\x01port=6697\x01"
			  "auth=Bearer vF9.dft4_qmT~c+/==\x01\x01"));
	assert_string_equal(b.acting, "ann");
	assert_string_equal(b.token, "vF9.dft4_qmT~c+/==");
	assert_true(parse("n,,\x01"
			  "auth=bearer  x\x01\x01"));
	assert_string_equal(b.acting, "");
	assert_string_equal(b.token, "x");
}

TEST(without_a_token_the_client_asks_what_is_needed)
{
	assert_true(parse("y,,\x01\x01"));
	assert_string_equal(b.token, "");
}

TEST(what_is_malformed_is_refused)
{
	static const char *const bad[] = {"", "n,,", "n,,\x01", "\x01\x01", "n,\x01\x01",
		"p=tls-unique,,\x01\x01", "n,b=ann,\x01\x01", "n,a=,\x01\x01", "n,a=a=2Cb,\x01\x01",
		"n,,\x01host\x01\x01", "n,,\x01=x\x01\x01", "n,,\x01x y=1\x01\x01",
		"n,,\x01"
		"auth=Basic x\x01\x01",
		"n,,\x01"
		"auth=Bearer \x01\x01",
		"n,,\x01"
		"auth=Bearer a b\x01\x01",
		"n,,\x01"
		"auth=Bearer a\x01",
		"n,,\x01"
		"auth=Bearer a",
		"n,,\x01"
		"auth=Bearer a\x01\x01x=1\x01\x01",
		"n,,\x01"
		"auth=Bearer a\x01"
		"auth=Bearer b\x01\x01"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse(bad[i]));
	memcpy(message, "n,,\x01\x01\0", 7);
	assert_false(sasl_bearer_parse(&b, message, 6));
}
