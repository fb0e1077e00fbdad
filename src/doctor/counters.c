/*
 * counters.c - counters since boot that only move when something has gone wrong, and levels that
 * are close to their bounds.
 */
#include "doctor/counters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A counter that should be 0. */
struct counter {
	const char *name; /* with its group, as nstat writes it */
	const char *group, *in_group;
	const char *why, *set, *scenario;
};

static const struct counter counters[] = {
	{"TcpExtListenOverflows", "TcpExt", "ListenOverflows",
		"clients were dropped because an accept queue was full: the program accepts too "
		"slowly, or its backlog is too small",
		"a larger backlog in listen(), and net.core.somaxconn",
		"accept-queue-holds-backlog-plus-one"},
	{"TcpExtTCPReqQFullDrop", "TcpExt", "TCPReqQFullDrop",
		"SYNs were dropped because a SYN queue was full, and SYN cookies are off",
		"sysctl -w net.ipv4.tcp_syncookies=1", "syn-cookies-and-the-syn-queue"},
	{"TcpExtTCPReqQFullDoCookies", "TcpExt", "TCPReqQFullDoCookies",
		"SYN queues were full, and SYN cookies answered: a flood, or a backlog too small",
		"a larger backlog in listen(), and net.core.somaxconn",
		"syn-cookies-and-the-syn-queue"},
	{"TcpExtTCPTimeWaitOverflow", "TcpExt", "TCPTimeWaitOverflow",
		"more connections in TIME-WAIT than tcp_max_tw_buckets: some were cut short",
		"let the clients close first; net.ipv4.tcp_max_tw_buckets",
		"time-wait-uses-up-ports"},
	{"TcpExtTCPMemoryPressures", "TcpExt", "TCPMemoryPressures",
		"the queues of all connections together were above tcp_mem's second mark: windows "
		"shrank",
		"net.ipv4.tcp_mem; or find the slow readers: ss -tm", "slow-reader"},
	{"TcpExtTCPAbortOnMemory", "TcpExt", "TCPAbortOnMemory",
		"connections were reset because memory or the number of orphans was out",
		"net.ipv4.tcp_mem, net.ipv4.tcp_max_orphans", NULL},
	{"TcpExtRcvPruned", "TcpExt", "RcvPruned",
		"received data was thrown away because a receive buffer was full of small segments",
		"net.ipv4.tcp_rmem, and programs that read faster",
		"small-segments-and-a-full-buffer"},
	{"TcpExtTCPBacklogDrop", "TcpExt", "TCPBacklogDrop",
		"segments were dropped while a program held the lock of its socket", "", NULL},
	{"TcpInCsumErrors", "Tcp", "InCsumErrors",
		"segments arrived with wrong checksums: a device or a driver on the way is broken",
		"", NULL},
	{"UdpRcvbufErrors", "Udp", "RcvbufErrors",
		"datagrams were dropped because a socket's receive buffer was full",
		"net.core.rmem_max, and SO_RCVBUF in the program", NULL},
};

static void check_counter(struct checkup *c, const struct counter *k)
{
	uint64_t n = proc_counter(&c->proc, k->group, k->in_group);
	struct finding *f = finding_add(c, n > 0 ? FINDING_TROUBLE : FINDING_OK, k->name,
		"%" PRIu64 "%s", n, n > 0 ? " since boot" : "");

	if (n == 0)
		return;
	f->why = k->why;
	f->scenario = k->scenario;
	finding_set(f, "%s", k->set);
}

/* One segment in fifty is sent again: users notice. */
static void check_retransmissions(struct checkup *c)
{
	uint64_t out = proc_counter(&c->proc, "Tcp", "OutSegs");
	uint64_t again = proc_counter(&c->proc, "Tcp", "RetransSegs");
	bool many = again * 50 > out && again > 0;
	struct finding *f = finding_add(c, many ? FINDING_TROUBLE : FINDING_OK, "TcpRetransSegs",
		"%.2f %% of %" PRIu64 " segments", out ? 100.0 * (double)again / (double)out : 0,
		out);

	if (!many)
		return;
	f->why = "loss on the way, or a queue that overflows: 'ss -ti' shows which connections";
	f->scenario = "bufferbloat";
}

/* A level of /proc/net/sockstat beside its bound. */
static void check_level(struct checkup *c, const char *key, const char *bound_path, unsigned at,
	struct finding want)
{
	char text[1024], *line, *word;
	uint64_t level, bound;
	struct finding *f;

	if (!proc_text(&c->proc, "/proc/net/sockstat", text, sizeof(text)) ||
		!(line = strstr(text, "TCP:")) || !(word = strstr(line, key)) ||
		sscanf(word + strlen(key), "%" SCNu64, &level) != 1 ||
		!proc_number(&c->proc, bound_path, at, &bound))
		return;
	f = finding_add(c, level * 10 >= bound * 9 ? FINDING_TROUBLE : FINDING_OK, want.what,
		"%" PRIu64 " of %" PRIu64, level, bound);
	if (f->grade == FINDING_OK)
		return;
	f->why = want.why;
	f->scenario = want.scenario;
	memcpy(f->set, want.set, sizeof(f->set));
}

static void check_levels(struct checkup *c)
{
	check_level(c, " tw ", "/proc/sys/net/ipv4/tcp_max_tw_buckets", 0,
		(struct finding){.what = "connections in TIME-WAIT",
			.set = "let the clients close first; net.ipv4.tcp_max_tw_buckets",
			.why = "the table of TIME-WAIT is nearly full: further ones end at once",
			.scenario = "time-wait-uses-up-ports"});
	check_level(c, " orphan ", "/proc/sys/net/ipv4/tcp_max_orphans", 0,
		(struct finding){.what = "orphans",
			.set = "net.ipv4.tcp_max_orphans, net.ipv4.tcp_orphan_retries",
			.why = "closed by the program, not yet by the peer: at the bound they are "
			       "reset",
			.scenario = "fin-wait-2-of-a-closed-socket"});
	check_level(c, " mem ", "/proc/sys/net/ipv4/tcp_mem", 1,
		(struct finding){.what = "pages of TCP's queues",
			.set = "net.ipv4.tcp_mem; or find the slow readers: ss -tm",
			.why = "close to memory pressure: windows will shrink",
			.scenario = "slow-reader"});
}

/* The second column of every processor: packets dropped because its backlog was full. */
static void check_softnet(struct checkup *c)
{
	char text[PROC_TEXT_MAX], *left = text, *line;
	uint64_t drops = 0;
	unsigned one;
	struct finding *f;

	if (!proc_text(&c->proc, "/proc/net/softnet_stat", text, sizeof(text)))
		return;
	while ((line = strsep(&left, "\n")))
		if (sscanf(line, "%*x %x", &one) == 1)
			drops += one;
	f = finding_add(c, drops > 0 ? FINDING_TROUBLE : FINDING_OK, "softnet_stat, dropped",
		"%" PRIu64 "%s", drops, drops > 0 ? " since boot" : "");
	if (drops == 0)
		return;
	f->why = "packets were dropped because a processor's backlog was full";
	finding_set(f, "sysctl -w net.core.netdev_max_backlog=10000");
}

/* Packets dropped because the table was full, or an entry could not be made. */
static void check_conntrack_drops(struct checkup *c)
{
	char text[PROC_TEXT_MAX], *left = text, *names, *line;
	uint64_t drops = 0;
	struct finding *f;
	int column = -1, i = 0;

	if (!proc_text(&c->proc, "/proc/net/stat/nf_conntrack", text, sizeof(text)))
		return;
	names = strsep(&left, "\n");
	for (char *w; (w = strsep(&names, " ")) != NULL;)
		if (*w && strcmp(w, "drop") == 0)
			column = i;
		else
			i += *w != '\0';
	while (column >= 0 && (line = strsep(&left, "\n"))) {
		uint64_t n = 0;

		i = 0;
		for (char *w; (w = strsep(&line, " ")) != NULL;)
			if (*w && i++ == column)
				sscanf(w, "%" SCNx64, &n);
		drops += n;
	}
	f = finding_add(c, drops > 0 ? FINDING_TROUBLE : FINDING_OK, "nf_conntrack, drop",
		"%" PRIu64 "%s", drops, drops > 0 ? " since boot" : "");
	if (drops == 0)
		return;
	f->why = "packets were dropped because the table of connections was full";
	f->scenario = "conntrack-five-days";
	finding_set(f, "net.netfilter.nf_conntrack_max");
}

void check_counters(struct checkup *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		check_counter(c, &counters[i]);
	check_retransmissions(c);
	check_levels(c);
	check_softnet(c);
	check_conntrack_drops(c);
}
