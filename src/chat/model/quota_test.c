/* quota_test.c - memory quotas of one user, and of all users of an address. */
#include <stdio.h>

#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "chat/model/conn_limit.h"
#include "chat/model/registry.h"
#include "chat/out/conn_table.h"

static struct fake_net net;

static struct server *server_with(const char *a, const char *b)
{
	const char *const settings[] = {"limits.flood_rate=0", a, b, NULL};

	return fake_server(&net, settings);
}

static const char *heard(int i)
{
	return net.conns[i].out;
}

static const char *ask(struct server *s, int i, const char *line)
{
	fake_forget(&net, i);
	fake_say(&net, i, line);
	fake_turns(s, 3);
	return heard(i);
}

static struct conn_limit *address_of(struct server *s, int i)
{
	return server_conn(s, net.conns[i].tag)->limit;
}

static uint64_t held(struct server *s, const char *nick)
{
	struct quota *q = registry_registered(s, nick)->quota;

	return q ? q->bytes : 0;
}

TEST(a_users_channels_and_masks_have_a_bound_and_make_room_again)
{
	struct server *s = server_with("limits.user_memory=4000", NULL);
	int a = fake_user(&net, s, "a");
	char line[300];
	int masks = 0;

	ask(s, a, "JOIN #x\r\n");
	assert_int_equal(held(s, "a"), QUOTA_CHANNEL);
	do {
		snprintf(line, sizeof(line), "MODE #x +b %0150d!*@*\r\n", masks++);
		ask(s, a, line);
	} while (!strstr(heard(a), " 478 ") && masks < 100);
	assert_true(masks > 2 && masks < 15);
	assert_true(held(s, "a") <= 4000);
	assert_non_null(strstr(ask(s, a, "JOIN #y\r\n"), " 405 a #y :You make the server hold"));
	assert_null(registry_channel(s, "#y"));
	assert_int_equal(s->counters[COUNT_MEMORY_REFUSED], 2);
	snprintf(line, sizeof(line), "MODE #x -b %0150d!*@*\r\n", 0);
	ask(s, a, line);
	snprintf(line, sizeof(line), "MODE #x +e %0150d!*@*\r\n", 7);
	assert_null(strstr(ask(s, a, line), " 478 "));
	ask(s, a, "PART #x\r\n");
	assert_int_equal(held(s, "a"), 0);
	assert_null(strstr(ask(s, a, "JOIN #y\r\n"), " 405 "));
	fake_end(&net, s);
}

TEST(topics_metadata_and_watches_are_charged_and_released)
{
	struct server *s = server_with(NULL, NULL);
	int a = fake_user(&net, s, "a");
	uint64_t before;

	ask(s, a, "CAP REQ :draft/metadata-3\r\nJOIN #x\r\n");
	before = held(s, "a");
	ask(s, a, "TOPIC #x :a topic\r\n");
	assert_true(held(s, "a") > before);
	ask(s, a, "TOPIC #x :another topic, longer\r\nTOPIC #x :short\r\nTOPIC #x :\r\n");
	assert_int_equal(held(s, "a"), before);
	ask(s, a, "METADATA #x SET k :v\r\nMETADATA * SET k :v\r\nMETADATA * SUB k l\r\n");
	assert_true(held(s, "a") > before);
	ask(s, a, "METADATA * SET k :v\r\nMETADATA * SET k :longer\r\nMETADATA * SUB k\r\n");
	ask(s, a, "METADATA #x CLEAR\r\nMETADATA * CLEAR\r\nMETADATA * UNSUB k l l\r\n");
	assert_int_equal(held(s, "a"), before);
	ask(s, a, "MONITOR + b,c\r\n");
	assert_int_equal(held(s, "a"), before + 2 * QUOTA_WATCH);
	ask(s, a, "MONITOR + b\r\nMONITOR - b,z\r\nMONITOR C\r\n");
	assert_int_equal(held(s, "a"), before);
	fake_end(&net, s);
}

TEST(each_refusal_has_its_own_message)
{
	struct server *s = server_with("limits.user_memory=1600", NULL);
	int a = fake_user(&net, s, "a");

	ask(s, a, "CAP REQ :draft/metadata-3\r\nJOIN #x\r\n");
	assert_non_null(strstr(ask(s, a, "TOPIC #x :it has more than sixty bytes, it has more\r\n"),
		" 400 a TOPIC :"));
	assert_null(registry_channel(s, "#x")->topic);
	assert_non_null(strstr(ask(s, a, "MONITOR + b\r\n"), " 734 "));
	assert_non_null(strstr(
		ask(s, a, "METADATA * SET key :it has more than sixty bytes, it has more\r\n"),
		"LIMIT_REACHED"));
	fake_end(&net, s);
}

TEST(state_left_by_former_users_stays_charged_to_the_address)
{
	struct server *s = server_with("limits.address_memory=6000", NULL);
	int guest = fake_user(&net, s, "guest"), a = fake_user(&net, s, "a"), b;
	struct conn_limit *from = address_of(s, guest);

	ask(s, a, "JOIN #1,#2,#3\r\nMONITOR + x\r\n");
	ask(s, guest, "JOIN #1,#2,#3\r\n");
	assert_int_equal(from->quota.bytes, 3 * QUOTA_CHANNEL + QUOTA_WATCH);
	ask(s, a, "QUIT\r\n");
	assert_int_equal(from->quota.bytes, 3 * QUOTA_CHANNEL);
	b = fake_user(&net, s, "b");
	assert_non_null(strstr(ask(s, b, "JOIN #4\r\n"), " 405 "));
	ask(s, guest, "PART #1,#2\r\n");
	assert_null(strstr(ask(s, b, "JOIN #4\r\n"), " 405 "));
	ask(s, guest, "JOIN 0\r\n");
	ask(s, b, "JOIN 0\r\n");
	assert_int_equal(from->quota.bytes, 0);
	fake_end(&net, s);
}

TEST(all_lists_of_a_channel_share_the_bound)
{
	struct server *s = server_with("limits.list_entries=2", NULL);
	int a = fake_user(&net, s, "a");

	ask(s, a, "JOIN #x\r\nMODE #x +b x!*@*\r\n");
	assert_null(strstr(ask(s, a, "MODE #x +e y!*@*\r\n"), " 478 "));
	assert_non_null(strstr(ask(s, a, "MODE #x +I z!*@*\r\n"), " 478 "));
	fake_end(&net, s);
}
