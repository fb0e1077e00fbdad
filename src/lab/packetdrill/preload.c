/*
 * preload.c - the stock packetdrill's calls that bypass its interface, caught by LD_PRELOAD:
 * getsockopt() of TCP_INFO, close() at the end, sendfile(), commands that set sysctls, and times(),
 * on whose ticks it waits before it begins. Calls on other descriptors are libc's.
 */
#include "lab/packetdrill/packetdrill.h"

#include "lab/pkt/command.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/times.h>
#include <unistd.h>

enum {
	COMMAND_FAILED = 1 << 8, /* wait status of exit(1) */
	FILE_BYTES = 65536,
};

/* The function that is overridden here. */
static void *libc_symbol(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (!f)
		abort();
	return f;
}

int close(int fd)
{
	static int (*libc_close)(int);
	int live = pd_fd(fd);

	if (!libc_close)
		libc_close = (int (*)(int))libc_symbol("close");
	if (live >= 0) {
		struct burble *bs = pd_enter();

		pd_fd_release(fd);
		pd_leave(burble_close_call(bs, live, NULL));
	}
	return libc_close(fd);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int (*libc_getsockopt)(int, int, int, void *, socklen_t *) =
		(int (*)(int, int, int, void *, socklen_t *))libc_symbol("getsockopt");

	return pd_fd(fd) < 0 ? libc_getsockopt(fd, level, name, value, len)
			     : pd_getsockopt(fd, level, name, value, len);
}

/* From a file of the machine to a socket of the instance. Named by its symbol, which libc's header
 * may redirect. */
ssize_t pd_sendfile(int to, int from, off_t *at, size_t n) __asm__("sendfile");

ssize_t pd_sendfile(int to, int from, off_t *at, size_t n)
{
	ssize_t (*libc_sendfile)(int, int, off_t *, size_t) =
		(ssize_t(*)(int, int, off_t *, size_t))libc_symbol("sendfile");
	static char bytes[FILE_BYTES];
	struct iovec v = {bytes, 0};
	ssize_t got;
	struct burble *bs;

	if (pd_fd(to) < 0)
		return libc_sendfile(to, from, at, n);
	got = at ? pread(from, bytes, size_min(n, sizeof(bytes)), *at)
		 : read(from, bytes, size_min(n, sizeof(bytes)));
	if (got <= 0)
		return got;
	v.iov_len = (size_t)got;
	bs = pd_enter();
	got = pd_leave(burble_send_call(bs, pd_fd(to), v, 0, NULL));
	if (at && got > 0)
		*at += got;
	return got;
}

/* Runs it on the instance, or else in the shell. */
static int one_command(char *command)
{
	int (*libc_system)(const char *) = (int (*)(const char *))libc_symbol("system");
	bool good;

	if (!command_known(command))
		return libc_system(command);
	pd_enter();
	good = command_run(&pd_one.run, 1, command);
	pd_leave(0);
	if (!good)
		fputs(pd_one.run.report_text, stderr);
	return good ? 0 : COMMAND_FAILED;
}

int system(const char *command)
{
	char *copy = strdup(command), *at = copy;
	int status = 0;

	while (*at && status == 0) {
		char *end = at;

		while (*end && (*end != '\n' || (end > at && end[-1] == '\\')))
			end++;
		if (*end)
			*end++ = '\0';
		if (at[strspn(at, " \t")] != '\0')
			status = one_command(at);
		at = end;
	}
	free(copy);
	return status;
}

/* packetdrill waits for a tick before it begins; virtual time has none. */
clock_t times(struct tms *buf)
{
	static clock_t ticks;

	if (buf)
		*buf = (struct tms){0};
	return ++ticks;
}
