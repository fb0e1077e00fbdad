/* monitor_test.c - which watchers get which notice, and the lifetime of watches. */
#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "chat/model/registry.h"
#include "chat/out/caps.h"
#include "chat/out/conn_table.h"
#include "chat/out/line_encode.h"
#include "chat/out/monitor.h"

static const char *const settings[] = {"limits.monitor=3", NULL};

static struct fake_net net;

static struct server *server;

static int set_up(void **state)
{
	server = fake_server(&net, settings);
	return 0;
}

static int tear_down(void **state)
{
	fake_end(&net, server);
	return 0;
}

static struct conn *client(const char *nick)
{
	fake_user(&net, server, nick);
	return registry_registered(server, nick)->conn;
}

TEST_IN(a_watch_is_there_while_somebody_wants_it, set_up, tear_down)
{
	struct conn *a = client("a"), *b = client("b");

	assert_int_equal(monitor_add(server, a, "x"), WATCH_DONE);
	assert_int_equal(monitor_add(server, b, "X"), WATCH_DONE);
	assert_int_equal(server->watches.count, 1);
	assert_int_equal(monitor_remove(server, a, "x"), WATCH_DONE);
	assert_int_equal(server->watches.count, 1);
	assert_int_equal(monitor_remove(server, b, "x"), WATCH_DONE);
	assert_int_equal(server->watches.count, 0);
}

TEST_IN(one_watches_a_nick_once_in_any_case, set_up, tear_down)
{
	struct conn *a = client("a");

	assert_int_equal(monitor_remove(server, a, "x"), WATCH_THERE);
	assert_int_equal(monitor_add(server, a, "x"), WATCH_DONE);
	assert_int_equal(monitor_add(server, a, "X"), WATCH_THERE);
	assert_int_equal(a->watch_count, 1);
	assert_int_equal(monitor_remove(server, a, "X"), WATCH_DONE);
	assert_int_equal(a->watch_count, 0);
}

TEST_IN(the_limit_holds_for_each_client, set_up, tear_down)
{
	struct conn *a = client("a"), *b = client("b");

	assert_int_equal(monitor_add(server, a, "x"), WATCH_DONE);
	assert_int_equal(monitor_add(server, a, "y"), WATCH_DONE);
	assert_int_equal(monitor_add(server, a, "z"), WATCH_DONE);
	assert_int_equal(monitor_add(server, a, "more"), WATCH_FULL);
	assert_int_equal(server->watches.count, 3); /* nothing is left of the refused one */
	assert_int_equal(monitor_add(server, b, "more"), WATCH_DONE);
	monitor_clear(server, a);
	assert_int_equal(a->watch_count, 0);
	assert_int_equal(server->watches.count, 1);
	assert_int_equal(monitor_add(server, a, "more"), WATCH_DONE);
}

TEST_IN(watchers_hear_of_a_coming_and_a_going, set_up, tear_down)
{
	struct conn *a = client("a");

	client("b");
	assert_int_equal(monitor_add(server, a, "C"), WATCH_DONE);
	fake_forget(&net, 0);
	fake_forget(&net, 1);
	fake_user(&net, server, "c");
	assert_non_null(strstr(net.conns[0].out, " 730 a :c!c@192.0.2.1\r\n"));
	fake_forget(&net, 0);
	fake_say(&net, 2, "QUIT\r\n");
	fake_turns(server, 1);
	assert_non_null(strstr(net.conns[0].out, " 731 a :c\r\n"));
	assert_string_equal(net.conns[1].out, "");
}

TEST_IN(who_leaves_takes_his_watches_along, set_up, tear_down)
{
	struct conn *a = client("a");

	assert_int_equal(monitor_add(server, a, "x"), WATCH_DONE);
	assert_int_equal(monitor_add(server, a, "y"), WATCH_DONE);
	fake_say(&net, 0, "QUIT\r\n");
	fake_turns(server, 2);
	assert_int_equal(server->watches.count, 0);
}

TEST_IN(a_line_goes_to_watchers_who_want_it_and_did_not_get_it_as_members, set_up, tear_down)
{
	struct conn *a = client("a"), *b = client("b"), *c = client("c"), *x = client("x");
	struct line_out line = {0};

	assert_int_equal(monitor_add(server, a, "x"), WATCH_DONE);
	assert_int_equal(monitor_add(server, b, "x"), WATCH_DONE);
	assert_int_equal(monitor_add(server, c, "x"), WATCH_DONE);
	assert_int_equal(monitor_add(server, x, "x"), WATCH_DONE);
	a->caps |= CAP_EXTENDED_MONITOR;
	b->caps |= CAP_EXTENDED_MONITOR;
	x->caps |= CAP_EXTENDED_MONITOR;
	b->mark = server_mark(server); /* a member, which already got the line */
	for (int i = 0; i < 4; i++)
		fake_forget(&net, i);
	line_add_all(&line, ":x AWAY :gone", NULL);
	monitor_tell(server, x->user, &line, CAP_EXTENDED_MONITOR);
	fake_turns(server, 1);
	assert_string_equal(net.conns[0].out, ":x AWAY :gone\r\n");
	for (int i = 1; i < 4; i++)
		assert_string_equal(net.conns[i].out, "");
}
