/* check_test.c - answers to the question whether a password is right, and answers that are none. */
#include "external/check.h"

#include "base/test/test.h"

static struct external_reply read_answer(const char *answer)
{
	struct external_reply reply = {0};

	check_read(answer, &reply);
	return reply;
}

TEST(an_answer_says_whether_the_password_is_right_and_whose_it_is)
{
	struct external_reply r = read_answer(" {\"success\":true,\"accountName\":\"Ann\"}\n");

	assert_true(r.ok && r.right);
	assert_string_equal(r.account, "Ann");
	r = read_answer("{\"success\":true,\"accountName\":null,\"error\":\"\",\"more\":[]}");
	assert_true(r.ok && r.right);
	assert_string_equal(r.account, "");
	r = read_answer("{\"success\":false}");
	assert_true(r.ok && !r.right);
}

TEST(an_error_says_nothing_about_the_password)
{
	struct external_reply r = read_answer("{\"success\":true,\"error\":\"no server\"}");

	assert_false(r.ok || r.right);
	assert_string_equal(r.why, "no server");
}

TEST(what_is_not_the_protocol_is_a_failure)
{
	static const char *const answers[] = {"", "true", "[]", "{}", "{\"success\":1}",
		"{\"success\":\"true\"}", "{\"success\":true} x", "{\"success\":true",
		"{\"success\":false,\"success\":true}", "{\"success\":true,\"accountName\":5}",
		"{\"success\":true,\"accountName\":\"a\\u0000b\"}", "{\"success\":null}",
		"{\"success\":true,\"error\":{}}", "{\"success\":true,\"accountName\":\"\xff\"}"};
	char longer[300];

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct external_reply r = read_answer(answers[i]);

		assert_false(r.ok || r.right);
		assert_true(r.why[0]);
	}
	snprintf(longer, sizeof(longer), "{\"success\":true,\"accountName\":\"%0*d\"}", 200, 1);
	assert_false(read_answer(longer).right);
}

TEST(the_program_gets_one_line_whatever_the_password_holds)
{
	static volatile bool stop;
	struct external_options o = {.check_url = "", .check_timeout = 60 * NSEC_SEC};
	struct check c = {NULL, &o, -1, &stop};
	struct external_login q = {.account = "ann", .password = "a\"\n\\\xc3\xa4", .ip = "::1"};
	struct external_reply r = {0};

	o.check_command = "/bin/sh -c "
			  "read${IFS}-r${IFS}x;read${IFS}-r${IFS}y&&exit${IFS}3;"
			  "printf${IFS}'{\"success\":true,\"error\":\"%s\"}'${IFS}${#x}";
	check_ask(&c, &q, &r);
	assert_string_equal(r.why, "57"); /* bytes of the line */
	q.password = "\xff";
	check_ask(&c, &q, &r);
	assert_non_null(strstr(r.why, "UTF-8"));
}
