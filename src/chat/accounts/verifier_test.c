/* verifier_test.c - a verifier is that of its password, and a dummy that of none. */
#include "base/test/test.h"
#include "chat/accounts/verifier.h"
#include "chat/proto/password.h"

static const struct verifier_cost cheap = {8192, 1, SCRAM_ITERATIONS_MIN};

TEST(both_forms_are_of_the_password)
{
	struct verifier v;
	struct scram_keys kept, made;

	assert_true(verifier_make(&v, "secret", &cheap));
	assert_true(strncmp(v.hash, "$argon2id$v=19$m=8,t=1,p=1$", 27) == 0);
	assert_true(password_is_stored(v.hash));
	assert_true(password_check(v.hash, "secret"));
	assert_false(password_check(v.hash, "Secret"));
	assert_true(scram_keys_parse(&kept, v.scram));
	scram_derive(&made, "secret", kept.salt, kept.iterations);
	assert_memory_equal(made.stored, kept.stored, sizeof(kept.stored));
}

/* By the reference implementation, libargon2 20171227. */
TEST(a_hash_made_elsewhere_is_checked)
{
	const char *hash = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
			   "+v0rf6ETYAIpqJIjJyARZ3W3zqJlkf+0TRXzsLHmR6o";

	assert_true(password_check(hash, "secret"));
	assert_false(password_check(hash, "secreT"));
}

TEST(a_dummy_has_no_password_and_the_price_of_one)
{
	char a[VERIFIER_HASH_MAX], b[VERIFIER_HASH_MAX];
	uint8_t seed[32] = {1, 2, 3};

	verifier_dummy(a, seed, &cheap);
	verifier_dummy(b, seed, &cheap);
	assert_string_equal(a, b);
	assert_true(strncmp(a, "$argon2id$v=19$m=8,t=1,p=1$", 27) == 0);
	assert_false(password_check(a, ""));
	assert_false(password_check(a, "secret"));
}
