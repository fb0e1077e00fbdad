/*
 * kernel_run.c - child process of a run against the kernel: it confines the network namespace,
 * real-time priority and calls that never return. A pipe carries the verdict, one byte, and the
 * report.
 */
#include "lab/pkt/pkt.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void child(
	const struct pkt_source *source, const struct pkt_options *given, int to)
{
	struct pkt_options o = *given;
	static char report[PKT_REPORT + 1];

	o.ops = &pkt_kernel_ops;
	report[0] = (char)('0' + pkt_run_source(source, &o, report + 1, PKT_REPORT));
	fflush(NULL); /* the capture, shared with the parent */
	if (write(to, report, strlen(report)) < 0)
		_exit(1);
	_exit(0);
}

static size_t read_all(int from, char *to, size_t room)
{
	size_t have = 0;
	ssize_t n;

	while (have < room && (n = read(from, to + have, room - have)) > 0)
		have += (size_t)n;
	return have;
}

enum pkt_verdict pkt_run_kernel(
	const struct pkt_source *source, const struct pkt_options *o, char *out, size_t size)
{
	static char report[PKT_REPORT + 2];
	int ends[2];
	size_t len;
	pid_t pid;

	fflush(NULL);
	if (pipe(ends) < 0 || (pid = fork()) < 0) {
		snprintf(out, size, "%s: cannot create a process\n", source->file);
		return PKT_FAILED;
	}
	if (pid == 0)
		child(source, o, ends[1]);
	close(ends[1]);
	len = read_all(ends[0], report, sizeof(report) - 1);
	report[len] = '\0';
	close(ends[0]);
	waitpid(pid, NULL, 0);
	snprintf(out, size, "%s", len > 0 ? report + 1 : "the process of the run died\n");
	return len > 0 ? (enum pkt_verdict)(report[0] - '0') : PKT_FAILED;
}
