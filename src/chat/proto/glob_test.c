/* glob_test.c - masks against a plain definition of their meaning, and the cost of the most
 * expensive ones. */
#include "chat/proto/casemap.h"
#include "chat/proto/glob.h"

#include "base/prng.h"
#include "base/test/test.h"

#include <stdio.h>
#include <stdlib.h>

static bool covers(const char *mask, const char *name)
{
	uint64_t work = 0;

	return glob_match(mask, name, &work);
}

/* The definition, row by row: yes[j] - the mask so far covers the first j bytes. */
static bool plain(const char *mask, const char *name)
{
	size_t n = strlen(name);
	bool yes[1024] = {true}, result;

	for (; *mask; mask++) {
		bool last = yes[0];

		yes[0] = yes[0] && *mask == '*';
		for (size_t j = 1; j <= n; j++) {
			bool was = yes[j];

			if (*mask == '*')
				yes[j] = yes[j - 1] || was;
			else
				yes[j] = last && (*mask == '?' || case_fold(*mask) ==
									  case_fold(name[j - 1]));
			last = was;
		}
	}
	result = yes[n];
	return result;
}

TEST(common_masks)
{
	assert_true(covers("*!*@*.example", "A!b@C.EXAMPLE"));
	assert_true(covers("a?c*", "abc"));
	assert_false(covers("a?c", "ac"));
	assert_false(covers("*a*b", "aXbY"));
	assert_true(covers("", ""));
	assert_false(covers("", "x"));
	assert_false(covers("x", ""));
	assert_true(covers("*", ""));
	assert_true(covers("**", "x"));
	assert_false(covers("a*a", "a"));
	assert_true(covers("a*a", "aa"));
	assert_false(covers("ab*bc", "abc"));
	assert_true(covers("*\xc3\xa9*", "caf\xc3\xa9"));
}

static void random_text(struct prng *r, char *out, size_t max, const char *from)
{
	size_t n = prng_below(r, (uint32_t)max + 1), letters = strlen(from);

	for (size_t i = 0; i < n; i++)
		out[i] = from[prng_below(r, (uint32_t)letters)];
	out[n] = '\0';
}

TEST(random_masks_agree_with_the_definition)
{
	struct prng r;
	char mask[600], name[600];
	int covered = 0;

	prng_seed(&r, 1);
	for (int i = 0; i < 40000; i++) {
		size_t longest = i % 50 ? 12 : 590;

		random_text(&r, mask, longest, i % 3 ? "aB?*" : "ab****?");
		random_text(&r, name, longest, "Ab");
		if (covers(mask, name) != plain(mask, name))
			fail_msg("mask %s name %s", mask, name);
		covered += covers(mask, name);
	}
	assert_true(covered > 2000 && covered < 38000);
}

TEST(states_reach_over_words)
{
	char mask[600], name[600];

	for (int n = 1; n <= 300; n++) {
		memset(name, 'x', sizeof(name));
		memset(name + 20, 'a', (size_t)n);
		name[20 + n + 10] = '\0';
		snprintf(mask, sizeof(mask), "*%.*s*", n, name + 20);
		assert_true(covers(mask, name));
		snprintf(mask, sizeof(mask), "*%.*saa*", n, name + 20);
		assert_false(covers(mask, name));
	}
}

/* Pairs that cost mask times name in other implementations. */
TEST(no_mask_costs_more_than_its_bytes)
{
	static const char *const heads[] = {"*", "*a*", "a*", "*?", "*a?*a?"};
	static const char *const bodies[] = {"?", "a", "*a", "a?", "*?", "a*a*b"};
	static const char *const tails[] = {"b", "b*", "", "*b*", "?*"};
	char mask[600], name[300];

	memset(name, 'a', sizeof(name));
	name[250] = '\0';
	for (int i = 0; i < 5 * 6 * 5; i++) {
		uint64_t work = 0, bytes;

		strcpy(mask, heads[i % 5]);
		while (strlen(mask) < 240)
			strcat(mask, bodies[i / 5 % 6]);
		strcat(mask, tails[i / 30]);
		glob_match(mask, name, &work);
		bytes = strlen(mask) + strlen(name);
		assert_true(work <= bytes * (3 + strlen(name) / 64));
	}
}

TEST(a_mask_beyond_the_bound_covers_nothing)
{
	char mask[GLOB_CHARS_MAX + 10] = "*", name[GLOB_CHARS_MAX + 10];

	memset(name, 'a', sizeof(name));
	name[GLOB_CHARS_MAX] = '\0';
	strcat(mask, name);
	strcat(mask, "*");
	assert_true(covers(mask, name));
	strcpy(mask + GLOB_CHARS_MAX + 1, "a*");
	strcat(name, "a");
	assert_false(covers(mask, name));
}
