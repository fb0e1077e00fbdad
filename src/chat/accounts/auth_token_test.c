/* auth_token_test.c - proofs of an account. */
#include "base/test/test.h"
#include "chat/accounts/auth_token.h"

TEST(a_token_names_its_account_until_its_end)
{
	struct auth_token_key key = auth_token_key("0123456789abcdef", 16);
	char token[AUTH_TOKEN_MAX], account[AUTH_TOKEN_ACCOUNT_MAX];

	auth_token_make(token, &key, "FILEHOST", "älice", 5000);
	assert_true(auth_token_check(&key, "FILEHOST", token, 4999, account));
	assert_string_equal(account, "älice");
	assert_false(auth_token_check(&key, "FILEHOST", token, 5000, account));
	assert_int_equal(
		strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."),
		strlen(token));
}

TEST(a_token_is_of_no_use_with_another_key_for_another_service_or_changed)
{
	struct auth_token_key key = auth_token_key("0123456789abcdef", 16);
	struct auth_token_key other = auth_token_key("0123456789abcdeg", 16);
	char token[AUTH_TOKEN_MAX], account[AUTH_TOKEN_ACCOUNT_MAX];

	auth_token_make(token, &key, "FILEHOST", "alice", 5000);
	assert_false(auth_token_check(&other, "FILEHOST", token, 0, account));
	assert_false(auth_token_check(&key, "FILEHOS", token, 0, account));
	for (size_t i = 0; token[i]; i++) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		assert_false(auth_token_check(&key, "FILEHOST", token, 0, account));
		token[i] = was;
	}
	assert_true(auth_token_check(&key, "FILEHOST", token, 0, account));
}

TEST(what_is_no_token_is_refused)
{
	struct auth_token_key key = auth_token_key("0123456789abcdef", 16);
	char token[2 * AUTH_TOKEN_MAX], account[AUTH_TOKEN_ACCOUNT_MAX];
	static const char *const texts[] = {
		"", ".", "AAAA", "AAAAAAAAAAAAAA.", ".AAAA", "a b.c", "=.="};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(auth_token_check(&key, "FILEHOST", texts[i], 0, account));
	auth_token_make(token, &key, "FILEHOST", "alice", 5000);
	for (size_t n = strlen(token); n > 0; n--) {
		token[n - 1] = '\0';
		assert_false(auth_token_check(&key, "FILEHOST", token, 0, account));
	}
	memset(token, 'A', sizeof(token) - 1);
	token[sizeof(token) - 1] = '\0';
	assert_false(auth_token_check(&key, "FILEHOST", token, 0, account));
	token[AUTH_TOKEN_MAX - 60] = '.';
	token[AUTH_TOKEN_MAX - 1] = '\0';
	assert_false(auth_token_check(&key, "FILEHOST", token, 0, account));
}
