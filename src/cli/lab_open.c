/* lab_open.c - the page of a run in a browser: lab_open.h. */
#include "cli/lab_open.h"

#include "cli/lab_out.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static const char *variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* Starts a browser without waiting for it: some exit only when their window is closed. */
static bool browse(const char *path)
{
	const char *program = variable("BROWSER", "xdg-open");
	char *argv[] = {(char *)program, (char *)path, NULL};
	pid_t pid;
	int err = posix_spawnp(&pid, program, NULL, NULL, argv, environ);

	if (err != 0)
		fprintf(stderr, "burble: cannot start %s: %s\n", program, strerror(err));
	return err == 0;
}

bool lab_open(const struct story *s, const struct report_options *o)
{
	char dir[PATH_MAX - sizeof("/report.html")], path[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/burble-lab-XXXXXX", variable("TMPDIR", "/tmp"));
	if (!mkdtemp(dir)) {
		fprintf(stderr, "burble: cannot create %s: %s\n", dir, strerror(errno));
		return false;
	}
	snprintf(path, sizeof(path), "%s/report.html", dir);
	if (!lab_out_page(s, o, path))
		return false;
	fprintf(stderr, "burble: report written to %s\n", path);
	return browse(path);
}
