/* account_code_test.c - codes: right once typed back, before they expire, for their purpose. */
#include "chat/accounts/account_code.h"

#include "base/test/test.h"

#include <ctype.h>

static void make(enum account_code_kind kind, char code[ACCOUNT_CODE + 1], char *kept)
{
	account_code_make(&(struct account_code){kind, 5000, "new@example.com"}, code, kept);
}

TEST(a_code_is_right_until_it_expires_and_for_its_purpose)
{
	char code[ACCOUNT_CODE + 1], kept[ACCOUNT_CODE_KEPT_MAX];

	make(CODE_RESET, code, kept);
	assert_true(account_code_right(kept, CODE_RESET, code, 4999));
	assert_false(account_code_right(kept, CODE_RESET, code, 5000));
	assert_false(account_code_right(kept, CODE_VERIFY, code, 0));
	assert_null(strstr(kept, code));
	for (size_t i = 0; i < ACCOUNT_CODE; i++)
		code[i] = (char)toupper((unsigned char)code[i]);
	assert_true(account_code_right(kept, CODE_RESET, code, 0));
	code[ACCOUNT_CODE - 1] = code[ACCOUNT_CODE - 1] == 'A' ? 'B' : 'A';
	assert_false(account_code_right(kept, CODE_RESET, code, 0));
	code[ACCOUNT_CODE - 1] = '\0';
	assert_false(account_code_right(kept, CODE_RESET, code, 0));
}

TEST(no_code_is_right_where_none_is_kept)
{
	static const char *const none[] = {"", "r", "r ", "r 9999", "r 9999 ", "r 9999 abcd",
		"r x 0000000000000000000000000000000000000000000000000000000000000000"};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(account_code_right(none[i], CODE_RESET, "abcdefghijkmnpqr", 0));
}

TEST(an_address_is_kept_with_its_code)
{
	char code[ACCOUNT_CODE + 1], kept[ACCOUNT_CODE_KEPT_MAX], address[MAIL_ADDRESS_MAX + 1];

	make(CODE_ADDRESS, code, kept);
	account_code_address(kept, address);
	assert_string_equal(address, "new@example.com");
	account_code_make(&(struct account_code){CODE_RESET, 5000, ""}, code, kept);
	account_code_address(kept, address);
	assert_string_equal(address, "");
}
