/*
 * cmd_nstat.c - `burble nstat`: the counters of a running instance that have changed since the last
 * call, which is kept in a history file beside the control socket.
 */
#include "cli/cli.h"

#include "cli/counters.h"
#include "host/control_path.h"
#include "observe/nstat_text.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "usage: burble nstat [-ajnrsz] [--name NAME] [PATTERN...]\n";
static const char command[] = "burble nstat";

struct nstat_args {
	struct nstat_options show;
	bool ignore, silent, reset, keep, help;
	const char *name;
};

/* A history: locked while it is read and written. */
struct history {
	int fd; /* -1: none */
	bool valid;
	struct counter_list list;
	char source[NSTAT_SOURCE];
};

static bool take_option(struct nstat_args *a, int option)
{
	switch (option) {
	case 'a': a->ignore = true; return true;
	case 'j': a->show.json = true; return true;
	case 'n': a->silent = true; return true;
	case 'r': a->reset = true; return true;
	case 's': a->keep = true; return true;
	case 'z': a->show.zeros = true; return true;
	case 'N': a->name = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_options(struct nstat_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"ignore", 0, NULL, 'a'}, {"json", 0, NULL, 'j'},
		{"nooutput", 0, NULL, 'n'}, {"reset", 0, NULL, 'r'}, {"noupdate", 0, NULL, 's'},
		{"zeros", 0, NULL, 'z'}, {"name", 1, NULL, 'N'}, {"help", 0, NULL, 'h'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "ajnrszh", options, NULL)) != -1)
		good = take_option(a, option);
	a->show.patterns = (const char *const *)argv + optind;
	return good;
}

/* $NSTAT_HISTORY as for nstat, else NAME.nstat in the directory of the sockets. */
static bool history_path(char *path, size_t n, const char *instance)
{
	const char *set = getenv("NSTAT_HISTORY");
	char directory[CONTROL_PATH_MAX], why[CONTROL_WHY_MAX];
	int put;

	if (set) {
		put = snprintf(path, n, "%s", set);
	} else if (control_directory(directory, true, why) < 0) {
		fprintf(stderr, "%s: no place for the history: %s\n", command, why);
		return false;
	} else {
		put = snprintf(path, n, "%s/%s.nstat", directory, instance);
	}
	return put >= 0 && (size_t)put < n;
}

static bool history_failed(struct history *h, const char *path, const char *what)
{
	fprintf(stderr, "%s: history %s: %s\n", command, path, what);
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	return false;
}

/* The file must be ours alone: it may be in a directory to which others can write. */
static bool history_open(struct history *h, const char *path)
{
	struct stat st;

	h->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (h->fd < 0 || flock(h->fd, LOCK_EX) < 0 || fstat(h->fd, &st) < 0)
		return history_failed(h, path, strerror(errno));
	if (st.st_uid != geteuid() || st.st_nlink != 1 || !S_ISREG(st.st_mode))
		return history_failed(h, path, "it is not a file of this user alone: remove it");
	return true;
}

static void history_read(struct history *h, char *room, size_t n)
{
	size_t len = 0;
	ssize_t got;

	while (len < n - 1 && (got = read(h->fd, room + len, n - 1 - len)) > 0)
		len += (size_t)got;
	room[len] = '\0';
	h->valid = len > 0 && nstat_text_parse(&h->list, h->source, room);
	if (len > 0 && !h->valid)
		fprintf(stderr, "%s: the history cannot be read, ignoring it\n", command);
}

static bool history_write(struct history *h, const char *text)
{
	size_t len = strlen(text);

	if (ftruncate(h->fd, 0) == 0 && lseek(h->fd, 0, SEEK_SET) == 0 &&
		write(h->fd, text, len) == (ssize_t)len)
		return true;
	fprintf(stderr, "%s: cannot write the history: %s\n", command, strerror(errno));
	return false;
}

/* Reads the history, prints, writes the history. */
static bool update(struct nstat_args *a, struct history *h, const struct counter_list *now,
	const char *source, char *room)
{
	const struct counter_list *old;
	struct text t;

	if (h->fd >= 0)
		history_read(h, room, NSTAT_TEXT_MAX);
	if (h->valid && !a->ignore && strcmp(h->source, source) != 0) {
		fprintf(stderr, "%s: history is stale, ignoring it.\n", command);
		h->valid = false;
	}
	old = h->valid && !a->ignore ? &h->list : NULL;
	t = text_in(room, NSTAT_TEXT_MAX);
	nstat_text(&t, now, old, &a->show);
	if (!a->silent)
		fputs(room, stdout);
	if (a->keep)
		return true;
	t = text_in(room, NSTAT_TEXT_MAX);
	nstat_text_history(&t, now, source);
	return history_write(h, room);
}

static bool run(struct nstat_args *a, struct history *h, struct counter_list *now, char *room)
{
	char instance[CONTROL_NAME_MAX + 1], source[NSTAT_SOURCE], path[CONTROL_PATH_MAX + 64];
	int pid;

	if (!counters_source(command, a->name, &pid, instance, sizeof(instance)) ||
		!counters_get(now, command, a->name))
		return false;
	snprintf(source, sizeof(source), "%s.%d", instance, pid);
	a->show.source = instance;
	if (!a->ignore || !a->keep) {
		if (!history_path(path, sizeof(path), instance))
			return false;
		if (a->reset && unlink(path) < 0 && errno != ENOENT)
			return history_failed(h, path, strerror(errno));
		if (!history_open(h, path))
			return false;
	}
	return update(a, h, now, source, room);
}

static int nstat(struct nstat_args *a)
{
	struct history *h = calloc(1, sizeof(*h));
	struct counter_list *now = calloc(1, sizeof(*now));
	char *room = malloc(NSTAT_TEXT_MAX);
	bool good = false;

	if (h && now && room) {
		h->fd = -1;
		good = run(a, h, now, room);
		if (h->fd >= 0)
			close(h->fd);
	} else {
		fprintf(stderr, "%s: out of memory\n", command);
	}
	free(h);
	free(now);
	free(room);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_nstat(int argc, char **argv)
{
	struct nstat_args a = {0};

	if (!parse_options(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	return nstat(&a);
}
