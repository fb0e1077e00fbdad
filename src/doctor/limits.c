/*
 * limits.c - what a number of connections needs of a Linux machine, and has:
 *
 *     descriptors    RLIMIT_NOFILE <= fs.nr_open; fs.file-max; fs.epoll.max_user_watches
 *     memory         KERNEL_BYTES each, of the machine and of the cgroup; queues: tcp_mem
 *     arrivals       somaxconn, tcp_max_syn_backlog, tcp_syncookies
 *     on the way     conntrack: entries and timeouts; keepalive; ports of a client
 */
#include "doctor/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	SPARE_FILES = 100,   /* descriptors that are not connections */
	KERNEL_BYTES = 4096, /* of an idle connection: socket, file, epoll item */
	QUEUED_BYTES = 8192, /* one page each way, while a connection has something queued */
	PAGE = 4096,
	QUEUE_WANTED = 4096,      /* Linux's default of somaxconn since 5.4 */
	KEEPALIVE_WANTED = 600,   /* s: below the timeouts of common NATs */
	ESTABLISHED_DAYS = 86400, /* s: from here on conntrack's timeout counts in days */
};

#define CGROUP_NONE (UINT64_C(1) << 60) /* version 1: about so many bytes mean no limit */

/* --- descriptors --- */

/* A limit that has to be at least `need`. */
struct least {
	const char *what, *path;
	const char *why, *scenario;
};

static void check_least(struct checkup *c, const struct least *l, uint64_t need)
{
	struct finding *f;
	uint64_t have;

	if (!proc_number(&c->proc, l->path, 0, &have))
		return;
	if (have >= need) {
		finding_add(c, FINDING_OK, l->what, "%" PRIu64, have);
		return;
	}
	f = finding_add(c, FINDING_LIMIT, l->what, "%" PRIu64 ", needed %" PRIu64, have, need);
	f->why = l->why;
	f->scenario = l->scenario;
	finding_set(f, "sysctl -w %s=%" PRIu64, l->what, need);
}

static void check_open_files(struct checkup *c, uint64_t need)
{
	static const char name[] = "RLIMIT_NOFILE", line[] = "Max open files";
	char text[4096], *at;
	uint64_t soft;
	struct finding *f;

	if (!proc_text(&c->proc, "/proc/self/limits", text, sizeof(text)))
		return;
	at = strstr(text, line);
	if (!at || sscanf(at + strlen(line), "%" SCNu64, &soft) != 1 || soft >= need) {
		finding_add(c, FINDING_OK, name, at ? "enough" : "not known");
		return;
	}
	f = finding_add(c, FINDING_LIMIT, name, "%" PRIu64 ", needed %" PRIu64, soft, need);
	f->why = "each connection is a descriptor: beyond it accept() fails with EMFILE";
	f->scenario = "a-million-connections";
	finding_set(
		f, "ulimit -n %" PRIu64 "; in a systemd unit: LimitNOFILE=%" PRIu64, need, need);
}

static void check_descriptors(struct checkup *c)
{
	static const struct least nr_open = {"fs.nr_open", "/proc/sys/fs/nr_open",
		"RLIMIT_NOFILE cannot be raised above it", "a-million-connections"};
	static const struct least file_max = {"fs.file-max", "/proc/sys/fs/file-max",
		"files of the whole machine: beyond it accept() fails with ENFILE",
		"a-million-connections"};
	static const struct least watches = {"fs.epoll.max_user_watches",
		"/proc/sys/fs/epoll/max_user_watches",
		"descriptors in the epoll sets of a user: beyond it epoll_ctl() fails with ENOSPC",
		NULL};
	uint64_t need = c->report->connections + SPARE_FILES, used = 0;

	proc_number(&c->proc, "/proc/sys/fs/file-nr", 0, &used);
	check_open_files(c, need);
	check_least(c, &nr_open, need);
	check_least(c, &file_max, need + used);
	check_least(c, &watches, need);
}

/* --- memory --- */

static void check_bytes(struct checkup *c, const char *what, uint64_t have, const char *why)
{
	uint64_t need = c->report->connections * KERNEL_BYTES;
	struct finding *f;

	if (have >= need) {
		finding_add(c, FINDING_OK, what, "%" PRIu64 " MiB", have >> 20);
		return;
	}
	f = finding_add(c, FINDING_LIMIT, what, "%" PRIu64 " MiB, needed %" PRIu64 " MiB",
		have >> 20, need >> 20);
	f->why = why;
	f->scenario = "a-million-connections";
}

/* The limit of the cgroup of this process, version 2 or 1. False: none. */
static bool cgroup_limit(const struct checkup *c, uint64_t *bytes)
{
	char text[4096], path[PROC_PATH_MAX], *left = text, *line;
	bool v1;

	if (!proc_text(&c->proc, "/proc/self/cgroup", text, sizeof(text)))
		return false;
	while ((line = strsep(&left, "\n"))) {
		const char *group = strrchr(line, ':');

		v1 = strstr(line, ":memory:") != NULL;
		if (!group || (!v1 && strncmp(line, "0::", 3) != 0))
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s%.300s/memory.%s",
			v1 ? "/memory" : "", group + 1, v1 ? "limit_in_bytes" : "max");
		if (proc_number(&c->proc, path, 0, bytes)) /* "max" is no number */
			return *bytes < CGROUP_NONE;
	}
	return false;
}

static void check_memory(struct checkup *c)
{
	uint64_t kib, bytes, pages;
	struct finding *f;

	if (proc_key(&c->proc, "/proc/meminfo", "MemAvailable:", &kib))
		check_bytes(c, "memory available", kib << 10,
			"an idle connection takes 4 KiB of the kernel, the program's part not "
			"counted");
	if (cgroup_limit(c, &bytes))
		check_bytes(c, "memory of the cgroup", bytes,
			"the kernel's memory of sockets counts towards the cgroup that made them");
	if (!proc_number(&c->proc, "/proc/sys/net/ipv4/tcp_mem", 1, &pages))
		return;
	if (pages * PAGE >= c->report->connections * QUEUED_BYTES) {
		finding_add(c, FINDING_OK, "net.ipv4.tcp_mem", "pressure from %" PRIu64 " MiB",
			pages * PAGE >> 20);
		return;
	}
	f = finding_add(c, FINDING_ADVICE, "net.ipv4.tcp_mem", "pressure from %" PRIu64 " MiB",
		pages * PAGE >> 20);
	f->why = "a message to all queues at least a page each: windows close when it is exceeded";
	f->scenario = "idle-connections-hold-no-buffers";
	finding_set(f, "sysctl -w net.ipv4.tcp_mem='%" PRIu64 " %" PRIu64 " %" PRIu64 "'",
		c->report->connections, c->report->connections * 2, c->report->connections * 3);
}

/* --- arrivals --- */

/* A parameter that works at any value, but better from `wanted` on. */
struct better {
	const char *what, *path;
	uint64_t wanted;
	const char *why, *scenario;
};

static void check_better(struct checkup *c, const struct better *b)
{
	struct finding *f;
	uint64_t have;

	if (!proc_number(&c->proc, b->path, 0, &have))
		return;
	f = finding_add(
		c, have >= b->wanted ? FINDING_OK : FINDING_ADVICE, b->what, "%" PRIu64, have);
	if (have >= b->wanted)
		return;
	f->why = b->why;
	f->scenario = b->scenario;
	finding_set(f, "sysctl -w %s=%" PRIu64, b->what, b->wanted);
}

static void check_arrivals(struct checkup *c)
{
	static const struct better rows[] = {
		{"net.core.somaxconn", "/proc/sys/net/core/somaxconn", QUEUE_WANTED,
			"bounds every listen(): when many reconnect at once, the rest are dropped",
			"accept-queue-holds-backlog-plus-one"},
		{"net.ipv4.tcp_max_syn_backlog", "/proc/sys/net/ipv4/tcp_max_syn_backlog", 1024,
			"handshakes in progress of a listener, without SYN cookies",
			"limits-of-the-syn-queue"},
		{"net.ipv4.tcp_syncookies", "/proc/sys/net/ipv4/tcp_syncookies", 1,
			"without SYN cookies a SYN flood shuts out honest clients", "syn-flood"},
		{"net.core.netdev_max_backlog", "/proc/sys/net/core/netdev_max_backlog", 1000,
			"packets that wait for a processor: the probes of many connections come "
			"together",
			NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_better(c, &rows[i]);
}

/* --- on the way --- */

static void check_conntrack(struct checkup *c)
{
	uint64_t max, count = 0, established, need = c->report->connections;
	struct finding *f;

	if (!proc_number(&c->proc, "/proc/sys/net/netfilter/nf_conntrack_max", 0, &max))
		return;
	proc_number(&c->proc, "/proc/sys/net/netfilter/nf_conntrack_count", 0, &count);
	if (max >= need + count) {
		finding_add(c, FINDING_OK, "nf_conntrack_max", "%" PRIu64 ", used %" PRIu64, max,
			count);
	} else {
		f = finding_add(c, FINDING_LIMIT, "nf_conntrack_max",
			"%" PRIu64 ", used %" PRIu64 ", needed %" PRIu64, max, count, need + count);
		f->why = "if a firewall tracks connections: packets of new ones are dropped when "
			 "the "
			 "table is full";
		f->scenario = "conntrack-five-days";
		finding_set(f, "sysctl -w net.netfilter.nf_conntrack_max=%" PRIu64, need + count);
	}
	if (!proc_number(&c->proc, "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established",
		    0, &established))
		return;
	f = finding_add(c, established < ESTABLISHED_DAYS ? FINDING_OK : FINDING_ADVICE,
		"nf_conntrack_tcp_timeout_established", "%" PRIu64 " s", established);
	if (f->grade == FINDING_OK)
		return;
	f->why = "connections whose peers are gone keep their entries for days";
	f->scenario = "conntrack-five-days";
	finding_set(f, "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=7200");
}

static void check_keepalive(struct checkup *c)
{
	uint64_t s;
	struct finding *f;

	if (!proc_number(&c->proc, "/proc/sys/net/ipv4/tcp_keepalive_time", 0, &s))
		return;
	f = finding_add(c, s <= KEEPALIVE_WANTED ? FINDING_OK : FINDING_ADVICE,
		"net.ipv4.tcp_keepalive_time", "%" PRIu64 " s", s);
	if (f->grade == FINDING_OK)
		return;
	f->why = "programs that set SO_KEEPALIVE alone notice dead peers after hours, and NATs "
		 "forget "
		 "idle connections sooner; better, the program sets TCP_KEEPIDLE itself";
	f->scenario = "keepalive-defaults";
	finding_set(f, "sysctl -w net.ipv4.tcp_keepalive_time=%d", KEEPALIVE_WANTED);
}

static void check_ports(struct checkup *c)
{
	uint64_t low, high;
	struct finding *f;

	if (!proc_number(&c->proc, "/proc/sys/net/ipv4/ip_local_port_range", 0, &low) ||
		!proc_number(&c->proc, "/proc/sys/net/ipv4/ip_local_port_range", 1, &high) ||
		high < low)
		return;
	f = finding_add(c, high - low + 1 >= c->report->connections ? FINDING_OK : FINDING_ADVICE,
		"net.ipv4.ip_local_port_range", "%" PRIu64 " ports", high - low + 1);
	if (f->grade == FINDING_OK)
		return;
	f->why = "for outgoing connections only: so many to one address and port from each address";
	f->scenario = "time-wait-uses-up-ports";
	finding_set(f, "sysctl -w net.ipv4.ip_local_port_range='1024 65535', and more addresses");
}

void check_limits(struct checkup *c)
{
	check_descriptors(c);
	check_memory(c);
	check_arrivals(c);
	check_conntrack(c);
	check_keepalive(c);
	check_ports(c);
}
