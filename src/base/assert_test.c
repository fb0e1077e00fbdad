/* assert_test.c - assert() in a build that defines NDEBUG: still evaluated, still fatal. */
#include "base/seq.h"
#include "base/test/test.h"

#include <signal.h>
#include <unistd.h>

#include <sys/wait.h>

/* The signal that kills a child running f; 0 if f returns. */
static int signal_of(void (*f)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void span_backwards(void)
{
	seq_span(seq_of(1), seq_of(2));
}

static void span_forwards(void)
{
	seq_span(seq_of(2), seq_of(1));
}

TEST(a_failed_assertion_aborts)
{
	assert_int_equal(signal_of(span_backwards), SIGABRT);
}

TEST(an_assertion_that_holds_does_nothing)
{
	assert_int_equal(signal_of(span_forwards), 0);
}
