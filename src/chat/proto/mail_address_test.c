/* mail_address_test.c - what is a mail address, and what only looks like one. */
#include "chat/proto/mail_address.h"

#include "base/test/test.h"

TEST(addresses_that_people_have_are_valid)
{
	static const char *const good[] = {"ann@example.com", "a.b+irc@mail.example.co.uk",
		"o'neil@x-y.org", "x@1.example", "_{a}~!#$%&*-/=?^`|@example.com"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(mail_address_valid(good[i]));
}

TEST(what_could_be_a_header_or_a_command_is_no_address)
{
	static const char *const bad[] = {"", "@", "ann", "ann@", "@example.com", "ann@localhost",
		"a b@example.com", "ann@example.com\r\nBcc: b@example.com", "ann@exa\nmple.com",
		"ann@example.com,b@example.com", "<ann@example.com>", "\"a b\"@example.com",
		"ann@[127.0.0.1]", "a@b@example.com", ".ann@example.com", "ann.@example.com",
		"a..b@example.com", "ann@example..com", "ann@.example.com", "ann@example.com.",
		"ann@-example.com", "ann@example-.com", "ann@example.com-", "\xc3\xa4@example.com",
		"ann@\xc3\xa4.com", "ann(x)@example.com", "a;b@example.com", "a:b@example.com",
		"a\x7f@example.com", "a\\@example.com"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(mail_address_valid(bad[i]));
}

TEST(parts_of_an_address_have_the_lengths_of_rfc_5321)
{
	char text[400];

	for (size_t n = MAIL_LOCAL_MAX; n <= MAIL_LOCAL_MAX + 1; n++) {
		memset(text, 'a', n);
		strcpy(text + n, "@example.com");
		assert_int_equal(mail_address_valid(text), n == MAIL_LOCAL_MAX);
	}
	strcpy(text, "a@");
	for (size_t i = 2; i < 300; i += 2)
		strcpy(text + i, "b.");
	strcpy(text + MAIL_ADDRESS_MAX - 1, "c");
	assert_true(mail_address_valid(text));
	text[MAIL_ADDRESS_MAX - 1] = 'b';
	strcpy(text + MAIL_ADDRESS_MAX, ".c");
	assert_false(mail_address_valid(text));
	memset(text, 'a', 100);
	memcpy(text, "a@", 2);
	strcpy(text + 2 + MAIL_LABEL_MAX + 1, ".com");
	assert_false(mail_address_valid(text));
}
