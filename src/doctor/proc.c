/* proc.c - text files of the kernel: numbers, keys with numbers, and tables of counters. */
#include "doctor/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool proc_path(const struct proc *p, const char *path, char out[PROC_PATH_MAX])
{
	int n = snprintf(out, PROC_PATH_MAX, "%s%s", p->root, path);

	return n > 0 && n < PROC_PATH_MAX;
}

bool proc_text(const struct proc *p, const char *path, char *text, size_t size)
{
	char full[PROC_PATH_MAX];
	size_t len = 0;
	ssize_t n;
	int fd;

	assert(size > 0);
	if (!proc_path(p, path, full) || (fd = open(full, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	return len > 0;
}

static bool number(const char *text, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return end != text;
}

bool proc_number(const struct proc *p, const char *path, unsigned at, uint64_t *out)
{
	char text[256], *left = text, *word;

	if (!proc_text(p, path, text, sizeof(text)))
		return false;
	while ((word = strsep(&left, " \t\n")))
		if (*word && at-- == 0)
			return number(word, out);
	return false;
}

bool proc_key(const struct proc *p, const char *path, const char *key, uint64_t *out)
{
	char text[PROC_TEXT_MAX], *left = text, *line;

	if (!proc_text(p, path, text, sizeof(text)))
		return false;
	while ((line = strsep(&left, "\n"))) {
		line += strspn(line, " \t");
		if (strncmp(line, key, strlen(key)) == 0)
			return number(line + strlen(key), out);
	}
	return false;
}

/* The value under `name`: two lines of words, names and values, which begin with the group. */
static uint64_t in_group(char *names, char *values, const char *name)
{
	char *word, *value;
	uint64_t n = 0;

	while ((word = strsep(&names, " ")) && (value = strsep(&values, " ")))
		if (strcmp(word, name) == 0)
			return number(value, &n) ? n : 0;
	return 0;
}

static uint64_t counter_of(
	const struct proc *p, const char *path, const char *group, const char *name)
{
	char text[PROC_TEXT_MAX], *left = text, *names, *values;
	size_t n = strlen(group);

	if (!proc_text(p, path, text, sizeof(text)))
		return 0;
	while ((names = strsep(&left, "\n")) && (values = strsep(&left, "\n")))
		if (strncmp(names, group, n) == 0 && names[n] == ':')
			return in_group(names, values, name);
	return 0;
}

uint64_t proc_counter(const struct proc *p, const char *group, const char *name)
{
	bool extended = strcmp(group, "TcpExt") == 0 || strcmp(group, "IpExt") == 0;

	return counter_of(p, extended ? "/proc/net/netstat" : "/proc/net/snmp", group, name);
}
