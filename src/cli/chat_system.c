/*
 * chat_system.c - file descriptor and kernel limits, and systemd notification.
 */
#include "cli/chat_system.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	OTHER_DESCRIPTORS = 64,       /* listeners, epoll, database, log */
	KERNEL_BYTES_PER_CONN = 4096, /* of one idle established socket */
};

/* The number in that field (from 0) of a file in /proc; -1 if there is none. */
static int64_t proc_number(const char *path, int field)
{
	FILE *f = fopen(path, "re");
	int64_t n = -1;

	if (!f)
		return -1;
	for (int i = 0; i <= field; i++)
		if (fscanf(f, "%" SCNd64, &n) != 1)
			n = -1;
	fclose(f);
	return n;
}

static void raise_descriptors(void)
{
	struct rlimit r;
	int64_t system_max = proc_number("/proc/sys/fs/nr_open", 0);

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	if (system_max > 0 && (rlim_t)system_max > r.rlim_max) {
		struct rlimit all = {(rlim_t)system_max, (rlim_t)system_max};

		if (setrlimit(RLIMIT_NOFILE, &all) == 0)
			return; /* as root */
	}
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

/* `remedy` is the advice to print. */
static void warn(struct log *l, const char *limit, int64_t has, int64_t needs, const char *remedy)
{
	LOG(l, WARN, "limits.too-low", log_str("limit", limit), log_int("is", has),
		log_int("needed", needs), log_str("do", remedy));
}

/* Linux drops a connection at the first unanswered probe after user_timeout, whatever the count. */
static void warn_of_one_probe(const struct config_net *n, struct log *l)
{
	nsec_t probes = n->keepalive_idle + n->keepalive_interval * n->keepalive_count;

	if (n->keepalive_idle > 0 && n->user_timeout > 0 && n->user_timeout < probes)
		warn(l, "net.user_timeout", n->user_timeout / NSEC_SEC, probes / NSEC_SEC,
			"raise net.user_timeout, or lower net.keepalive_*");
}

/* The kernel's limits for its own sockets. */
static void check_kernel(const struct config *c, struct log *l)
{
	int64_t need = c->limits.clients + OTHER_DESCRIPTORS;
	int64_t somaxconn = proc_number("/proc/sys/net/core/somaxconn", 0);
	int64_t file_max = proc_number("/proc/sys/fs/file-max", 0);
	int64_t tcp_pages = proc_number("/proc/sys/net/ipv4/tcp_mem", 2);
	int64_t page = sysconf(_SC_PAGESIZE);
	int64_t memory = sysconf(_SC_PHYS_PAGES) * page;
	struct rlimit r;

	raise_descriptors();
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && (int64_t)r.rlim_cur < need)
		warn(l, "RLIMIT_NOFILE", (int64_t)r.rlim_cur, need,
			"raise it (ulimit -Hn, LimitNOFILE=), or lower limits.clients");
	if (somaxconn >= 0 && somaxconn < c->net.backlog)
		warn(l, "net.core.somaxconn", somaxconn, c->net.backlog,
			"raise it (sysctl), or lower net.backlog");
	if (file_max >= 0 && file_max < need)
		warn(l, "fs.file-max", file_max, need,
			"raise it (sysctl), or lower limits.clients");
	/* Under load, each connection needs at least a page of send buffer. */
	if (tcp_pages >= 0 && tcp_pages < c->limits.clients)
		warn(l, "net.ipv4.tcp_mem", tcp_pages, c->limits.clients,
			"raise its third value (sysctl), or lower limits.clients");
	if (memory > 0 && memory / KERNEL_BYTES_PER_CONN < c->limits.clients)
		warn(l, "memory", memory, c->limits.clients * KERNEL_BYTES_PER_CONN,
			"lower limits.clients");
}

void chat_system_check(const struct config *c, struct log *l, bool kernel)
{
	warn_of_one_probe(&c->net, l);
	if (kernel)
		check_kernel(c, l);
}

void chat_system_notify(const char *what)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n == 0 || n >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, n);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0'; /* abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, what, strlen(what), MSG_NOSIGNAL, (struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		perror("burble: systemd's NOTIFY_SOCKET");
	close(fd);
}
