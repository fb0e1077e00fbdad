/* admin_test.c - requests of the administrator, to a server on a fake network. */
#include <stdio.h>
#include <stdlib.h>

#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "chat/admin/admin.h"

static const char *const defaults[] = {NULL};

static struct fake_net net;
static char answer[65536];

static void run(struct server *s, const char *request, int pieces)
{
	struct admin *a = admin_begin(s, request);
	struct admin_text out = {0};
	enum admin_step step;

	assert_non_null(a);
	do
		step = admin_more(a, &out);
	while (step == ADMIN_MORE && --pieces != 0);
	assert_false(out.failed);
	snprintf(answer, sizeof(answer), "%.*s", (int)out.len, out.at);
	free(out.at);
	admin_end(a);
	fake_turns(s, 2);
}

static const char *ask(struct server *s, const char *request)
{
	run(s, request, 0);
	return answer;
}

TEST(a_request_that_is_none_is_refused)
{
	static const char *const bad[] = {"", "ban", "ban x", "statuses", "status now", "whois",
		"kill a", "ban add x 192.0.2.1", "ban add 1h", "\xff\xfe", "account show nobody",
		"whois nobody", "backup relative", "export alice", "export alice /x",
		"ban test *@*"};
	struct server *s = fake_server(&net, defaults);
	char big[ADMIN_LINE_MAX + 2];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ask(s, bad[i]);
		assert_true(strncmp(answer, "error ", 6) == 0 && strchr(answer, '\n')[1] == '\0');
	}
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_string_equal(ask(s, big), "error the request is too long\n");
	fake_end(&net, s);
}

TEST(status_is_one_object_with_the_counters)
{
	struct server *s = fake_server(&net, defaults);

	fake_user(&net, s, "a");
	ask(s, "status");
	assert_int_equal(strncmp(answer, "ok\n{\"server\":\"", 14), 0);
	assert_non_null(strstr(answer, "\"users\":1,"));
	assert_non_null(strstr(answer, "\"counters\":{\"accepted\":1,"));
	assert_non_null(strstr(answer, "}}\nend\n"));
	fake_end(&net, s);
}

TEST(what_users_wrote_cannot_end_a_string_or_a_line)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");

	fake_say(&net, a, "SETNAME :x\"},\\\x01\r\nJOIN #\"\r\n");
	fake_turns(s, 2);
	ask(s, "whois a");
	assert_non_null(strstr(answer, "\"in\":[\"@#\\\"\"]}\nend\n"));
	assert_non_null(strstr(ask(s, "channels"), "{\"name\":\"#\\\"\",\"users\":1,"));
	fake_end(&net, s);
}

TEST(users_are_listed_in_pieces_and_only_while_registered)
{
	struct server *s = fake_server(&net, defaults);

	fake_user(&net, s, "a");
	fake_user(&net, s, "b");
	fake_connect(&net);
	fake_turns(s, 1);
	ask(s, "users");
	assert_non_null(strstr(answer, "\"nick\":\"a\""));
	assert_non_null(strstr(answer, "\"nick\":\"b\",\"user\":\"b\",\"host\":\"192.0.2.1\","));
	assert_null(strstr(answer, "\"nick\":\"*\""));
	fake_end(&net, s);
}

TEST(kill_tells_the_user_who_and_why)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");

	assert_string_equal(ask(s, "kill a the reason, in words"), "ok\nend\n");
	assert_non_null(strstr(net.conns[a].out, ":irc.burble.local KILL a :the reason, in words"));
	assert_false(net.conns[a].open);
	fake_end(&net, s);
}

TEST(an_announcement_reaches_every_registered_user)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b"), c = fake_connect(&net);

	assert_string_equal(ask(s, "announce back at noon"), "ok\nend\n");
	assert_non_null(strstr(net.conns[a].out, ":irc.burble.local NOTICE $* :back at noon\r\n"));
	assert_non_null(strstr(net.conns[b].out, "NOTICE $* :back at noon\r\n"));
	assert_null(strstr(net.conns[c].out, "noon"));
	fake_end(&net, s);
}

TEST(a_ban_is_tested_without_effect_added_listed_and_removed)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");

	ask(s, "ban test 192.0.2.0/24");
	assert_non_null(strstr(answer, "ok\n{\"nick\":\"a\",\"user\":\"a\","));
	assert_true(net.conns[a].open);
	assert_string_equal(ask(s, "ban list"), "ok\nend\n");
	assert_string_equal(ask(s, "ban test 198.51.100.0/24"), "ok\nend\n");
	ask(s, "ban add 1h 192.0.2.0/24 too loud"); /* there is no store to keep it */
	assert_non_null(strstr(answer, "done, but it will not last over a restart"));
	assert_false(net.conns[a].open);
	assert_non_null(strstr(net.conns[a].out, "too loud"));
	assert_non_null(
		strstr(ask(s, "ban list"), "\"kind\":\"address\",\"mask\":\"192.0.2.0/24\""));
	ask(s, "ban del 192.0.2.0/24");
	assert_string_equal(ask(s, "ban del 192.0.2.0/24"), "error there is no such ban\n");
	assert_string_equal(ask(s, "ban list"), "ok\nend\n");
	fake_end(&net, s);
}

TEST(an_answer_may_end_before_its_last_piece)
{
	struct server *s = fake_server(&net, defaults);
	char line[64];

	for (int i = 0; i < 300; i++) {
		snprintf(line, sizeof(line), "ban add 0 198.51.100.%d r", i % 256);
		ask(s, line);
	}
	run(s, "ban list", 1);
	assert_null(strstr(answer, "end\n"));
	assert_non_null(strstr(ask(s, "ban list"), "\nend\n"));
	fake_end(&net, s);
}
