/* reply_memory_test.c - memory runs out while a command is answered: the client gets its whole
 * reply or is cut with the reason, never silence. */
#include <string.h>

#include "chat/test/server_fixture.h"

#include "base/test/failing_memory.h"
#include "base/test/test.h"

static struct fake_net net;

/* A user whose commands have labels. */
static int labeller(struct server *s)
{
	int i = fake_user(&net, s, "a");

	fake_say(&net, i, "CAP REQ :labeled-response batch\r\n");
	fake_turns(s, 2);
	fake_forget(&net, i);
	return i;
}

/* Executes `line` while the n-th allocation fails; false if there were fewer. */
static bool answered_or_cut(const char *line, const char *reply, long n)
{
	const char *const none[] = {NULL};
	struct server *s = fake_server(&net, none);
	int i = labeller(s);

	fake_say(&net, i, line);
	failing_memory = (struct failing_memory){.fail_at = n, .fails = 1, .on = true};
	fake_turns(s, 2);
	failing_memory.on = false;
	if (net.conns[i].open)
		assert_non_null(strstr(net.conns[i].out, reply));
	else
		assert_int_equal(s->counters[COUNT_NO_MEMORY], 1);
	fake_end(&net, s);
	return failing_memory.made >= n;
}

TEST(a_reply_without_memory_cuts_the_client)
{
	long n = 1;

	while (answered_or_cut("@label=1 PING x\r\n", "@label=1 :irc.burble.local PONG", n))
		n++;
	assert_true(n > 1);
}

TEST(one_line_of_many_without_memory_cuts_the_client)
{
	long n = 1;

	while (answered_or_cut("@label=1 VERSION\r\n", " 005 a ", n))
		n++;
	assert_true(n > 2);
}

/* Sends a multiline message while the n-th allocation fails; true if it was refused for that. */
static bool multiline_refused(long n)
{
	const char *const none[] = {NULL};
	struct server *s = fake_server(&net, none);
	int i = fake_user(&net, s, "a");
	bool refused;

	fake_say(&net, i, "CAP REQ :draft/multiline batch message-tags\r\n");
	fake_turns(s, 2);
	fake_say(&net, i, "BATCH +x draft/multiline a\r\n@batch=x PRIVMSG a :text\r\nBATCH -x\r\n");
	failing_memory = (struct failing_memory){.fail_at = n, .fails = 1, .on = true};
	fake_turns(s, 2);
	failing_memory.on = false;
	refused = strstr(net.conns[i].out, "Out of memory");
	if (refused)
		assert_int_equal(s->counters[COUNT_NO_MEMORY], 1);
	fake_end(&net, s);
	return refused;
}

TEST(a_multiline_message_without_memory_is_refused_and_counted)
{
	bool refused = false;

	for (long n = 1; n < 20; n++)
		refused |= multiline_refused(n);
	assert_true(refused);
}

int main(void)
{
	return test_run(NULL, NULL);
}
