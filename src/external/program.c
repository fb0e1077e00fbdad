/* program.c - a program with a pipe at both ends: program.h. */
#include "external/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* A program that runs. -1: closed, or not there. */
struct child {
	const struct program_run *run;
	pid_t pid;
	int ended;   /* readable when it has ended */
	int in, out; /* our ends of its pipes */
	size_t written, read;
	nsec_t deadline;
};

static nsec_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_SEC + t.tv_nsec;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Splits a copy of the words; false if there are none or too many. */
static bool split(char copy[PROGRAM_BYTES_MAX], const char *words, char *argv[])
{
	int n = 0;
	char *rest = copy, *word;

	if (strlen(words) >= PROGRAM_BYTES_MAX)
		return false;
	strcpy(copy, words);
	while ((word = strsep(&rest, " ")))
		if (*word) {
			if (n == PROGRAM_WORDS_MAX)
				return false;
			argv[n++] = word;
		}
	argv[n] = NULL;
	return n > 0;
}

/* In a process group of its own, with no descriptor of the server's but standard error. */
static int spawn(struct child *c, int in, int out, char *const argv[])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int error = posix_spawn_file_actions_init(&files);

	if (error)
		return error;
	error = posix_spawnattr_init(&attr);
	if (!error) {
		sigemptyset(&none);
		sigfillset(&usual);
		posix_spawnattr_setsigmask(&attr, &none);
		posix_spawnattr_setsigdefault(&attr, &usual);
		posix_spawnattr_setpgroup(&attr, 0);
		posix_spawnattr_setflags(&attr,
			POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
		error = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
		if (!error)
			error = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
		if (!error)
			error = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
		if (!error)
			error = posix_spawn(&c->pid, argv[0], &files, &attr, argv, environ);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* Starts the program; 0 or an error. */
static int start(struct child *c, char *const argv[])
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, error = 0;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
		fcntl(in[1], F_SETFL, O_NONBLOCK) < 0)
		error = errno;
	if (!error)
		error = spawn(c, in[0], out[1], argv);
	close_fd(&in[0]);
	close_fd(&out[1]);
	c->in = in[1];
	c->out = out[0];
	if (!error) {
		c->ended = pidfd_open(c->pid, 0);
		if (c->ended < 0)
			error = errno;
	}
	return error;
}

/* A program that does not read its input gets less of it. */
static void write_some(struct child *c)
{
	const struct program_run *r = c->run;
	ssize_t n = write(c->in, r->in + c->written, r->in_len - c->written);

	if (n > 0)
		c->written += (size_t)n;
	if (c->written == r->in_len || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&c->in);
}

/* False if it says more than there is room for. */
static bool read_some(struct child *c)
{
	const struct program_run *r = c->run;
	char waste[512];
	ssize_t n = r->out ? read(c->out, r->out + c->read, r->out_size - 1 - c->read)
			   : read(c->out, waste, sizeof(waste));

	if (n == 0 || (n < 0 && errno != EINTR))
		close_fd(&c->out);
	if (n <= 0 || !r->out)
		return true;
	c->read += (size_t)n;
	return c->read < r->out_size - 1;
}

/* Until it has ended and its output is read; NULL, or why it must be killed. The programs that it
 * has started may hold the pipe: so nothing is waited for once it has ended. */
static const char *talk(struct child *c)
{
	bool running = true;

	while (running || c->out >= 0) {
		struct pollfd p[] = {{c->run->stop, POLLIN, 0},
			{running ? c->ended : -1, POLLIN, 0}, {c->in, POLLOUT, 0},
			{c->out, POLLIN, 0}};
		nsec_t left = c->deadline - now();

		if (left <= 0)
			return "it took too long";
		if (poll(p, ARRAY_SIZE(p), running ? (int)(left / NSEC_MSEC) + 1 : 0) < 0 &&
			errno != EINTR)
			return "poll() failed";
		if (p[0].revents)
			return "the server ends";
		if (p[2].revents)
			write_some(c);
		if (p[3].revents && !read_some(c))
			return "it says too much";
		running = running && !p[1].revents;
		if (!running && !p[3].revents)
			break;
	}
	return NULL;
}

const char *program_run(const struct program_run *r, char *why, size_t why_size)
{
	struct child c = {.run = r, .ended = -1, .in = -1, .out = -1};
	char copy[PROGRAM_BYTES_MAX], *argv[PROGRAM_WORDS_MAX + 1] = {NULL};
	const char *reason = NULL;
	int error, status = 0;

	c.deadline = now() + r->timeout;
	error = split(copy, r->words, argv) ? start(&c, argv) : EINVAL;
	if (!error)
		reason = talk(&c);
	if (c.pid > 0 && (error || reason))
		kill(-c.pid, SIGKILL);
	close_fd(&c.in);
	close_fd(&c.out);
	close_fd(&c.ended);
	while (c.pid > 0 && waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r->out)
		r->out[c.read] = '\0';
	if (error)
		snprintf(why, why_size, "%s: %s", argv[0] ? argv[0] : "", strerror(error));
	else if (reason)
		snprintf(why, why_size, "%s", reason);
	else if (WIFSIGNALED(status))
		snprintf(why, why_size, "killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		snprintf(why, why_size, "exit status %d", WEXITSTATUS(status));
	else
		return NULL;
	return why;
}
