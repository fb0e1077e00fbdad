/* command_test.c - programs that answer, fail, hang or say too much. */
#include "external/program.h"

#include "base/test/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static char out[64], why[100];

/* Runs a program with some input; the reason of a failure, or NULL. */
static const char *run(const char *words, const char *in, nsec_t timeout)
{
	struct program_run r = {words, in, strlen(in), out, sizeof(out), timeout, -1};

	return program_run(&r, why, sizeof(why));
}

TEST(a_program_gets_the_text_and_its_answer_is_read)
{
	assert_null(run("/bin/cat", "hello", 60 * NSEC_SEC));
	assert_string_equal(out, "hello");
	assert_null(run("/bin/echo  $HOME ; x", "", 60 * NSEC_SEC));
	assert_string_equal(out, "$HOME ; x\n");
}

TEST(a_program_may_leave_its_input_unread)
{
	static char big[1 << 20];

	signal(SIGPIPE, SIG_IGN);
	memset(big, 'x', sizeof(big) - 1);
	assert_null(run("/bin/true", big, 60 * NSEC_SEC));
	assert_string_equal(out, "");
}

TEST(a_failure_has_its_reason)
{
	assert_string_equal(run("/bin/false", "", 60 * NSEC_SEC), "exit status 1");
	assert_string_equal(run("/no/such/program", "", 60 * NSEC_SEC),
		"/no/such/program: No such file or directory");
	assert_non_null(run("", "", 60 * NSEC_SEC));
}

TEST(a_program_that_says_too_much_is_killed)
{
	assert_string_equal(run("/bin/cat /dev/zero", "", 60 * NSEC_SEC), "it says too much");
}

TEST(a_program_that_hangs_is_killed_with_its_time)
{
	assert_string_equal(run("/bin/sleep 1000", "", 10 * NSEC_MSEC), "it took too long");
}

TEST(a_program_is_killed_when_the_server_ends)
{
	int stop = eventfd(1, EFD_CLOEXEC);
	struct program_run r = {"/bin/sleep 1000", "", 0, NULL, 0, 60 * NSEC_SEC, stop};

	assert_string_equal(program_run(&r, why, sizeof(why)), "the server ends");
	close(stop);
}

TEST(what_a_program_has_started_does_not_hold_the_answer)
{
	int pid;

	assert_null(run("/bin/sh -c sleep${IFS}1000&echo${IFS}$!", "", 60 * NSEC_SEC));
	pid = atoi(out);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
}
