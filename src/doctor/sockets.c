/*
 * sockets.c - the sockets of /proc/net/tcp and tcp6: listeners whose accept queue is long, and
 * programs that leave connections in CLOSE-WAIT, found by the inode of the socket:
 *
 *     /proc/net/tcp   st 08 ... inode 4711     ->     /proc/PID/fd/N -> socket:[4711]
 */
#include "doctor/sockets.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	STATE_CLOSE_WAIT = 0x08, /* as in /proc/net/tcp */
	STATE_LISTEN = 0x0a,
	INODES_MAX = 1 << 20, /* sockets in CLOSE-WAIT that are looked for */
	LONG_QUEUE = 128,     /* a common backlog; connections that wait for accept() */
	MANY_CLOSE_WAIT = 10, /* of one program: fewer may be about to be closed */
};

struct tables {
	uint64_t *inodes; /* of sockets in CLOSE-WAIT, sorted before use */
	size_t count, room;
	uint64_t close_wait; /* in all, also those beyond INODES_MAX */
	unsigned port;       /* of the listener with the longest queue */
	uint64_t longest;
};

/* --- /proc/net/tcp --- */

static void add_inode(struct tables *t, uint64_t inode)
{
	t->close_wait++;
	if (t->count == t->room && t->room < INODES_MAX) {
		size_t room = t->room ? t->room * 2 : 64;
		uint64_t *more = realloc(t->inodes, room * sizeof(*more));

		if (!more)
			return;
		t->inodes = more;
		t->room = room;
	}
	if (t->count < t->room)
		t->inodes[t->count++] = inode;
}

/* A line: its local port, state, queue and inode. Other lines are passed over. */
static void take_line(struct tables *t, const char *line)
{
	unsigned port, state;
	uint64_t queue, inode;

	if (sscanf(line,
		    " %*u: %*[0-9A-F]:%4x %*[0-9A-F]:%*4x %2x %*8x:%" SCNx64
		    " %*x:%*x %*x %*u %*u %" SCNu64,
		    &port, &state, &queue, &inode) != 4)
		return;
	if (state == STATE_CLOSE_WAIT)
		add_inode(t, inode);
	if (state == STATE_LISTEN && queue > t->longest) {
		t->longest = queue;
		t->port = port;
	}
}

static void read_table(struct tables *t, const struct proc *p, const char *path)
{
	char full[PROC_PATH_MAX], line[512];
	FILE *f = proc_path(p, path, full) ? fopen(full, "re") : NULL;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		take_line(t, line);
	fclose(f);
}

/* --- who has them --- */

struct owner {
	char pid[16];
	uint64_t sockets;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Whether the descriptor at path is one of the sockets. */
static bool is_ours(const struct tables *t, const char *path)
{
	char to[64];
	ssize_t n = readlink(path, to, sizeof(to) - 1);
	uint64_t inode;

	if (n < 0)
		return false;
	to[n] = '\0';
	return sscanf(to, "socket:[%" SCNu64 "]", &inode) == 1 &&
	       bsearch(&inode, t->inodes, t->count, sizeof(inode), by_value);
}

static uint64_t sockets_of(const struct tables *t, const struct proc *p, const char *pid)
{
	char dir[PROC_PATH_MAX], path[PROC_PATH_MAX + 300];
	struct dirent *e;
	uint64_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%.15s/fd", pid);
	d = proc_path(p, path, dir) ? opendir(dir) : NULL;
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		n += is_ours(t, path);
	}
	closedir(d);
	return n;
}

/* The process that has most of the sockets; none if this process may not look. */
static struct owner find_owner(struct tables *t, const struct proc *p)
{
	char path[PROC_PATH_MAX];
	struct owner most = {.sockets = 0};
	DIR *d = proc_path(p, "/proc", path) ? opendir(path) : NULL;
	struct dirent *e;

	if (!d)
		return most;
	qsort(t->inodes, t->count, sizeof(t->inodes[0]), by_value);
	while ((e = readdir(d))) {
		uint64_t n = e->d_name[0] >= '1' && e->d_name[0] <= '9'
				     ? sockets_of(t, p, e->d_name)
				     : 0;

		if (n > most.sockets) {
			most.sockets = n;
			snprintf(most.pid, sizeof(most.pid), "%.15s", e->d_name);
		}
	}
	closedir(d);
	return most;
}

/* --- findings --- */

static void check_close_wait(struct checkup *c, struct tables *t)
{
	static const char what[] = "connections in CLOSE-WAIT";
	char path[64], name[32] = "";
	struct owner o;
	struct finding *f;

	if (t->close_wait < MANY_CLOSE_WAIT) {
		finding_add(c, FINDING_OK, what, "%" PRIu64, t->close_wait);
		return;
	}
	o = find_owner(t, &c->proc);
	snprintf(path, sizeof(path), "/proc/%s/comm", o.pid);
	if (o.sockets > 0 && proc_text(&c->proc, path, name, sizeof(name)))
		name[strcspn(name, "\n")] = '\0';
	f = o.sockets == 0 ? finding_add(c, FINDING_TROUBLE, what, "%" PRIu64, t->close_wait)
			   : finding_add(c, FINDING_TROUBLE, what,
				     "%" PRIu64 ", of which %s (%s) has %" PRIu64, t->close_wait,
				     name[0] ? name : "process", o.pid, o.sockets);
	f->why = "the peers have closed, and the program has not: it leaks descriptors";
	f->scenario = "three-segment-close";
	finding_set(f, "close() when recv() returns 0: a bug of the program");
}

static void check_queue(struct checkup *c, const struct tables *t)
{
	struct finding *f;

	if (t->longest < LONG_QUEUE) {
		finding_add(c, FINDING_OK, "accept queues", "at most %" PRIu64 " wait", t->longest);
		return;
	}
	f = finding_add(c, FINDING_TROUBLE, "accept queues", "%" PRIu64 " wait at port %u",
		t->longest, t->port);
	f->why = "connections wait for accept(): beyond the backlog, new ones are dropped";
	f->scenario = "accept-queue-holds-backlog-plus-one";
	finding_set(f, "accept in a loop until EAGAIN; more threads; 'ss -ltn' shows the backlog");
}

void check_sockets(struct checkup *c)
{
	struct tables t = {.count = 0};

	read_table(&t, &c->proc, "/proc/net/tcp");
	read_table(&t, &c->proc, "/proc/net/tcp6");
	check_close_wait(c, &t);
	check_queue(c, &t);
	free(t.inodes);
}
