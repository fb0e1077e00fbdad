/*
 * check_test.c - verification without a network: handmade lines are passed to one or two members.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loadgen/check.h"

enum {
	MEMBERS = 3,
	RING = 8,
	TEXT = 64
};

struct world {
	struct check k;
	struct slot *slots;
	struct member m[2 * MEMBERS];
};

/* Two channels of three members each; the first member of each sends. */
static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct shape s = {.groups = 2,
		.members = MEMBERS,
		.senders = 1,
		.ring = RING,
		.text_len = TEXT,
		.letter = 'u'};

	w->slots = calloc(check_slots(&s), sizeof(*w->slots));
	assert_true(check_init(&w->k, &s, w->slots));
	for (uint32_t i = 0; i < 2 * MEMBERS; i++)
		assert_true(check_join(&w->k, &w->m[i], i));
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (uint32_t i = 0; i < 2 * MEMBERS; i++)
		free(w->m[i].next);
	check_free(&w->k);
	free(w->slots);
	free(w);
	return 0;
}

/* Line seq of the sender of a group as a server sends it: head and message, with CR LF. */
static size_t served(struct world *w, uint32_t group, uint32_t seq, char *out, size_t size)
{
	return (size_t)snprintf(out, size, ":u%05u!l@host PRIVMSG #b%u :%.*s\r\n", group * MEMBERS,
		group, TEXT, check_slot(&w->k, group, seq)->text);
}

/* Passes a line to a member as the reader does: the fast way, else parsed. True if it was fast. */
static bool give(struct world *w, uint32_t member, const char *line, size_t len)
{
	if (check_fast(&w->k, &w->m[member], line, len, 10))
		return true;
	const char *target = strchr(strchr(line, ' ') + 1, ' ') + 1, *colon = strstr(line, " :");
	const char *text = colon ? colon + 2 : line + len - 2;
	struct line_view v = {.line = line,
		.len = len - 2,
		.target = target,
		.target_len = (size_t)(strchr(target, ' ') - target),
		.text = text,
		.text_len = (size_t)(line + len - 2 - text)};
	check_line(&w->k, &w->m[member], &v, 10);
	return false;
}

static bool give_seq(struct world *w, uint32_t member, uint32_t seq)
{
	char line[256];

	return give(w, member, line, served(w, 0, seq, line, sizeof(line)));
}

static void compose(struct world *w, uint32_t from, uint32_t to)
{
	for (uint32_t seq = from; seq < to; seq++)
		check_compose(&w->k, 0, seq, 0);
}

static void test_only_the_first_line_of_a_sender_is_taken_apart(void **state)
{
	struct world *w = *state;

	compose(w, 0, 3);
	assert_false(give_seq(w, 1, 0));
	assert_true(give_seq(w, 1, 1));
	assert_true(give_seq(w, 2, 0));
	assert_int_equal(w->k.delivered, 3);
	assert_int_equal(check_violations(&w->k), 0);
}

static void test_a_line_is_complete_when_all_but_its_sender_have_it(void **state)
{
	struct world *w = *state;

	compose(w, 0, 1);
	give_seq(w, 1, 0);
	assert_false(check_complete(&w->k, 0, 0, 1));
	give_seq(w, 2, 0);
	assert_true(check_complete(&w->k, 0, 0, 1));
}

static void test_a_gap_is_a_lost_line_until_it_comes_late(void **state)
{
	struct world *w = *state;

	compose(w, 0, 4);
	give_seq(w, 1, 0);
	give_seq(w, 1, 2);
	assert_int_equal(w->k.bad[V_LOST], 1);
	give_seq(w, 1, 1);
	assert_int_equal(w->k.bad[V_LOST], 0);
	assert_int_equal(w->k.bad[V_REORDERED], 1);
	give_seq(w, 1, 1);
	assert_int_equal(w->k.bad[V_DOUBLED], 1);
}

static void test_every_changed_byte_of_a_line_is_found(void **state)
{
	struct world *w = *state;
	char line[256];

	compose(w, 0, 2);
	give_seq(w, 1, 0);
	size_t len = served(w, 0, 1, line, sizeof(line));
	for (size_t at = 1; at < len - 2; at++) {
		uint64_t before = check_violations(&w->k);
		bool host = at > 7 && at < (size_t)(strchr(line, ' ') -
						    line); /* free for the server to choose */
		if (line[at] == ' ' || host)
			continue;
		line[at] ^= 1;
		give(w, 2, line, len);
		line[at] ^= 1;
		if (check_violations(&w->k) == before)
			fail_msg("byte %zu ('%c') may change unseen", at, line[at]);
		w->m[2].next[0] = 0;
	}
}

static void test_a_line_of_another_channel_is_misrouted(void **state)
{
	struct world *w = *state;
	char line[256];

	check_compose(&w->k, 1, 0, 0);
	give(w, 1, line, served(w, 1, 0, line, sizeof(line)));
	assert_int_equal(w->k.bad[V_MISROUTED], 1);
	assert_int_equal(w->k.delivered, 0);
}

static void test_a_sender_that_did_not_ask_must_not_hear_itself(void **state)
{
	struct world *w = *state;

	compose(w, 0, 2);
	give_seq(w, 1, 0);
	give_seq(w, 0, 0);
	assert_int_equal(w->k.bad[V_MISROUTED], 1);
}

static void test_what_never_came_is_counted_at_the_end(void **state)
{
	struct world *w = *state;

	compose(w, 0, 5);
	give_seq(w, 1, 0);
	for (uint32_t i = 0; i < MEMBERS; i++)
		check_end(&w->k, &w->m[i]);
	assert_int_equal(w->k.bad[V_LOST], 4 + 5);
}

static void test_quantiles_are_right_within_two_percent(void **state)
{
	struct hist *h = calloc(1, sizeof(*h));

	for (int i = 1; i <= 100000; i++)
		hist_add(h, i * 1000);
	static const double q[] = {0.01, 0.5, 0.99, 0.999, 1};
	for (size_t i = 0; i < ARRAY_SIZE(q); i++) {
		double want = q[i] * 1e8, got = (double)hist_quantile(h, q[i]);
		assert_true(got >= want * 0.98 && got <= want * 1.02);
	}
	assert_int_equal(h->max, 100000000);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_only_the_first_line_of_a_sender_is_taken_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_line_is_complete_when_all_but_its_sender_have_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_gap_is_a_lost_line_until_it_comes_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_every_changed_byte_of_a_line_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_line_of_another_channel_is_misrouted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_sender_that_did_not_ask_must_not_hear_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_never_came_is_counted_at_the_end, set_up, tear_down),
		cmocka_unit_test(test_quantiles_are_right_within_two_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
