/* jwt_sign_test.c - tokens of EXTJWT. */
#include "chat/accounts/jwt_sign.h"

#include "base/test/test.h"

/* An example of the specification of EXTJWT. */
TEST(claims_are_signed_as_in_the_specification)
{
	static const char secret[] = "your-256-bit-secret";
	struct jwt_claims c = {0};
	char token[JWT_MAX];

	jwt_number(&c, "exp", 1529917513);
	jwt_text(&c, "iss", "irc.example.org");
	jwt_text(&c, "sub", "testnick");
	jwt_text(&c, "account", "testnick");
	jwt_letters(&c, "umodes", "");
	jwt_text(&c, "channel", "#channel");
	jwt_number(&c, "joined", 1529917501);
	jwt_letters(&c, "cmodes", "o");
	assert_true(jwt_sign(token, &c, secret, strlen(secret)));
	assert_string_equal(token,
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
		"eyJleHAiOjE1Mjk5MTc1MTMsImlzcyI6ImlyYy5leGFtcGxlLm9yZyIsInN1YiI6InRlc3RuaWNrIiwiYW"
		"Njb3VudCI6InRlc3RuaWNrIiwidW1vZGVzIjpbXSwiY2hhbm5lbCI6IiNjaGFubmVsIiwiam9pbmVkIjox"
		"NTI5OTE3NTAxLCJjbW9kZXMiOlsibyJdfQ."
		"A6tYn5w2-yNQ3Ni-W8EMaCmtssc4EG-M_OTI4sf-yUA");
}

TEST(names_cannot_leave_their_claim)
{
	struct jwt_claims c = {0};

	jwt_text(&c, "sub", "a\\\"b\x01");
	jwt_letters(&c, "cmodes", "qo");
	assert_memory_equal(c.json, "{\"sub\":\"a\\\\\\\"b\\u0001\",\"cmodes\":[\"q\",\"o\"]", c.n);
}

TEST(claims_that_do_not_fit_are_no_token)
{
	struct jwt_claims c = {0};
	char token[JWT_MAX], text[JWT_CLAIMS_MAX];

	memset(text, 'x', sizeof(text));
	text[JWT_CLAIMS_MAX - 7] = '\0'; /* {"a":"..."} */
	jwt_text(&c, "a", text);
	assert_true(c.full);
	assert_false(jwt_sign(token, &c, "k", 1));

	c = (struct jwt_claims){0};
	text[JWT_CLAIMS_MAX - 8] = '\0';
	jwt_text(&c, "a", text);
	assert_false(c.full);
	assert_true(jwt_sign(token, &c, "k", 1));
	assert_int_equal(c.n, JWT_CLAIMS_MAX);
}
