/* metadata_test.c - keys, values and subscriptions of one user or channel. */
#include "base/test/test.h"
#include "chat/model/metadata.h"

#include <stdio.h>

TEST(a_key_is_lower_case_and_short)
{
	char longest[METADATA_KEY_MAX + 2];

	memset(longest, 'a', sizeof(longest));
	longest[METADATA_KEY_MAX + 1] = '\0';
	assert_true(metadata_key_valid("display-name"));
	assert_true(metadata_key_valid("a.b/c_d-9"));
	assert_false(metadata_key_valid(""));
	assert_false(metadata_key_valid("Name"));
	assert_false(metadata_key_valid(":name"));
	assert_false(metadata_key_valid("a b"));
	assert_false(metadata_key_valid(longest));
	longest[METADATA_KEY_MAX] = '\0';
	assert_true(metadata_key_valid(longest));
}

TEST(a_value_is_set_replaced_and_removed)
{
	struct metadata *m = NULL;

	assert_null(metadata_get(m, "url"));
	assert_false(metadata_unset(m, "url"));
	assert_int_equal(metadata_set(&m, "url", "a"), METADATA_DONE);
	assert_int_equal(metadata_set(&m, "url", "a"), METADATA_SAME);
	assert_int_equal(metadata_set(&m, "url", "b"), METADATA_DONE);
	assert_string_equal(metadata_get(m, "url"), "b");
	assert_int_equal(metadata_set(&m, "empty", ""), METADATA_DONE);
	assert_string_equal(metadata_get(m, "empty"), "");
	assert_true(metadata_unset(m, "url"));
	assert_null(metadata_get(m, "url"));
	assert_int_equal(m->pairs.count, 1);
	metadata_free(m);
}

TEST(keys_are_bounded_and_a_full_set_still_takes_new_values)
{
	struct metadata *m = NULL;
	char key[16];

	for (int i = 0; i < METADATA_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(metadata_set(&m, key, "x"), METADATA_DONE);
	}
	assert_int_equal(metadata_set(&m, "more", "x"), METADATA_FULL);
	assert_int_equal(metadata_set(&m, "k0", "y"), METADATA_DONE);
	metadata_free(m);
}

TEST(subscriptions_are_a_set_with_a_bound)
{
	struct metadata *m = NULL;
	char key[16];

	assert_false(metadata_subscribed(m, "k0"));
	for (int i = 0; i < METADATA_SUBS_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(metadata_subscribe(&m, key), METADATA_DONE);
	}
	assert_int_equal(metadata_subscribe(&m, "more"), METADATA_FULL);
	assert_int_equal(metadata_subscribe(&m, "k0"), METADATA_SAME);
	assert_true(metadata_subscribed(m, "k0"));
	assert_true(metadata_unsubscribe(m, "k0"));
	assert_false(metadata_unsubscribe(m, "k0"));
	assert_false(metadata_subscribed(m, "k0"));
	assert_null(metadata_get(m, "k1"));
	metadata_free(m);
}
