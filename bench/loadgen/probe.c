/*
 * probe.c - reads /proc/PID/task/TID/schedstat, smaps_rollup and status of a process tree.
 */
#include "loadgen/probe.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LINE_MAX_BYTES = 4096
};

bool probe_parse(struct probe *p, const char *list)
{
	const char *s = list;

	p->count = 0;
	while (*s) {
		char *end;
		long v = strtol(s, &end, 10);
		if (end == s || v < 1 || p->count == PROBE_PIDS_MAX)
			return false;
		p->pid[p->count++] = (pid_t)v;
		if (*end != '\0' && *end != ',')
			return false;
		s = *end ? end + 1 : end;
	}
	return p->count > 0;
}

/* Reads the start of a small file as a string; empty if it cannot be read. */
static void slurp(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");

	out[0] = '\0';
	if (!f)
		return;
	out[fread(out, 1, size - 1, f)] = '\0';
	fclose(f);
}

struct tree {
	pid_t pid[PROBE_PIDS_MAX];
	uint32_t count;
};

static void tree_add(struct tree *t, pid_t pid)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->pid[i] == pid)
			return;
	if (t->count < PROBE_PIDS_MAX)
		t->pid[t->count++] = pid;
}

/* Runs fn with the id of every thread of pid. */
static nsec_t each_thread(pid_t pid, struct tree *t, nsec_t (*fn)(struct tree *, pid_t, int))
{
	char path[64];
	nsec_t sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *d = opendir(path);
	if (!d)
		return 0;
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (e->d_name[0] != '.')
			sum += fn(t, pid, atoi(e->d_name));
	closedir(d);
	return sum;
}

static nsec_t add_children(struct tree *t, pid_t pid, int tid)
{
	char path[64], text[LINE_MAX_BYTES];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, tid);
	slurp(path, text, sizeof(text));
	char *s = text, *end;
	for (long v = strtol(s, &end, 10); end != s; v = strtol(s, &end, 10)) {
		tree_add(t, (pid_t)v);
		s = end;
	}
	return 0;
}

static nsec_t thread_cpu(struct tree *t, pid_t pid, int tid)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)pid, tid);
	slurp(path, text, sizeof(text));
	return strtoll(text, NULL, 10);
}

/* The processes and everything below them; the list grows while it is walked. */
static void tree_of(const struct probe *p, struct tree *t)
{
	t->count = 0;
	for (uint32_t i = 0; i < p->count; i++)
		tree_add(t, p->pid[i]);
	for (uint32_t i = 0; i < t->count; i++)
		each_thread(t->pid[i], t, add_children);
}

nsec_t probe_cpu(const struct probe *p)
{
	struct tree t;
	nsec_t sum = 0;

	tree_of(p, &t);
	for (uint32_t i = 0; i < t.count; i++)
		sum += each_thread(t.pid[i], &t, thread_cpu);
	return sum;
}

/* Sums the value in kB that follows `key` in /proc/PID/FILE over the tree, in bytes. */
static uint64_t sum_kb(const struct probe *p, const char *file, const char *key)
{
	struct tree t;
	uint64_t sum = 0;

	tree_of(p, &t);
	for (uint32_t i = 0; i < t.count; i++) {
		char path[64], text[LINE_MAX_BYTES];
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)t.pid[i], file);
		slurp(path, text, sizeof(text));
		const char *at = strstr(text, key);
		if (at)
			sum += strtoull(at + strlen(key), NULL, 10) * 1024;
	}
	return sum;
}

uint64_t probe_rss(const struct probe *p)
{
	return sum_kb(p, "smaps_rollup", "\nRss:");
}

uint64_t probe_peak(const struct probe *p)
{
	return sum_kb(p, "status", "\nVmHWM:");
}

void probe_peak_reset(const struct probe *p)
{
	struct tree t;

	tree_of(p, &t);
	for (uint32_t i = 0; i < t.count; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)t.pid[i]);
		FILE *f = fopen(path, "we");
		if (!f)
			continue;
		fputs("5\n", f);
		fclose(f);
	}
}
