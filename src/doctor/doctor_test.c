/* doctor_test.c - the machine of fixture/, which has every trouble, and one without files. */
#include "base/test/test.h"
#include "doctor/doctor.h"

#include <string.h>

static const struct finding *find(const struct doctor_report *r, const char *what)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (strcmp(r->findings[i].what, what) == 0)
			return &r->findings[i];
	fail_msg("no finding %s", what);
	return NULL;
}

static void expect(
	const struct doctor_report *r, enum finding_grade grade, const char *what, const char *is)
{
	const struct finding *f = find(r, what);

	assert_string_equal(finding_grade_name(f->grade), finding_grade_name(grade));
	assert_string_equal(f->is, is);
	assert_true((grade == FINDING_OK) == (f->why == NULL));
}

TEST(limits_that_stop_so_many_connections)
{
	struct doctor_report r;

	doctor_examine(&r, FIXTURE, 100000);
	expect(&r, FINDING_LIMIT, "RLIMIT_NOFILE", "1024, needed 100100");
	expect(&r, FINDING_LIMIT, "fs.nr_open", "65536, needed 100100");
	expect(&r, FINDING_LIMIT, "fs.file-max", "50000, needed 101300");
	expect(&r, FINDING_LIMIT, "fs.epoll.max_user_watches", "8192, needed 100100");
	expect(&r, FINDING_LIMIT, "memory available", "128 MiB, needed 390 MiB");
	expect(&r, FINDING_LIMIT, "memory of the cgroup", "64 MiB, needed 390 MiB");
	expect(&r, FINDING_LIMIT, "nf_conntrack_max", "65536, used 65000, needed 165000");
	assert_string_equal(find(&r, "fs.nr_open")->set, "sysctl -w fs.nr_open=100100");
}

TEST(fewer_connections_that_fit)
{
	struct doctor_report r;

	doctor_examine(&r, FIXTURE, 500);
	for (uint32_t i = 0; i < r.count; i++)
		assert_int_not_equal(r.findings[i].grade, FINDING_LIMIT);
	expect(&r, FINDING_OK, "fs.epoll.max_user_watches", "8192");
	expect(&r, FINDING_OK, "memory available", "128 MiB");
	expect(&r, FINDING_OK, "net.ipv4.tcp_mem", "pressure from 15 MiB");
	expect(&r, FINDING_OK, "net.ipv4.ip_local_port_range", "28232 ports");
}

TEST(what_long_connections_want_otherwise)
{
	struct doctor_report r;

	doctor_examine(&r, FIXTURE, 100000);
	expect(&r, FINDING_ADVICE, "net.ipv4.tcp_mem", "pressure from 15 MiB");
	expect(&r, FINDING_ADVICE, "net.core.somaxconn", "128");
	expect(&r, FINDING_ADVICE, "net.ipv4.tcp_max_syn_backlog", "256");
	expect(&r, FINDING_ADVICE, "net.ipv4.tcp_syncookies", "0");
	expect(&r, FINDING_ADVICE, "net.core.netdev_max_backlog", "300");
	expect(&r, FINDING_ADVICE, "nf_conntrack_tcp_timeout_established", "432000 s");
	expect(&r, FINDING_ADVICE, "net.ipv4.tcp_keepalive_time", "7200 s");
	expect(&r, FINDING_ADVICE, "net.ipv4.ip_local_port_range", "28232 ports");
}

TEST(counters_that_have_moved_and_levels_near_their_bounds)
{
	struct doctor_report r;

	doctor_examine(&r, FIXTURE, 500);
	expect(&r, FINDING_TROUBLE, "TcpExtListenOverflows", "811 since boot");
	expect(&r, FINDING_TROUBLE, "TcpExtTCPReqQFullDrop", "5000 since boot");
	expect(&r, FINDING_TROUBLE, "TcpExtTCPReqQFullDoCookies", "12 since boot");
	expect(&r, FINDING_TROUBLE, "TcpExtTCPTimeWaitOverflow", "77 since boot");
	expect(&r, FINDING_TROUBLE, "TcpExtTCPMemoryPressures", "7 since boot");
	expect(&r, FINDING_TROUBLE, "TcpExtTCPAbortOnMemory", "19 since boot");
	expect(&r, FINDING_TROUBLE, "TcpExtRcvPruned", "41 since boot");
	expect(&r, FINDING_TROUBLE, "TcpExtTCPBacklogDrop", "3 since boot");
	expect(&r, FINDING_TROUBLE, "TcpInCsumErrors", "2 since boot");
	expect(&r, FINDING_TROUBLE, "UdpRcvbufErrors", "9 since boot");
	expect(&r, FINDING_TROUBLE, "TcpRetransSegs", "6.00 % of 100000 segments");
	expect(&r, FINDING_TROUBLE, "connections in TIME-WAIT", "4800 of 5000");
	expect(&r, FINDING_TROUBLE, "orphans", "950 of 1000");
	expect(&r, FINDING_TROUBLE, "pages of TCP's queues", "3900 of 4000");
	expect(&r, FINDING_TROUBLE, "softnet_stat, dropped", "18 since boot");
	expect(&r, FINDING_TROUBLE, "nf_conntrack, drop", "17 since boot");
}

TEST(who_does_not_accept_and_who_does_not_close)
{
	struct doctor_report r;

	doctor_examine(&r, FIXTURE, 500);
	expect(&r, FINDING_TROUBLE, "connections in CLOSE-WAIT", "13, of which leaky (41) has 11");
	expect(&r, FINDING_TROUBLE, "accept queues", "129 wait at port 6667");
}

TEST(a_machine_without_these_files_has_no_finding_to_act_on)
{
	struct doctor_report r;

	doctor_examine(&r, "/nonexistent", 100000);
	for (uint32_t i = 0; i < r.count; i++)
		assert_int_equal(r.findings[i].grade, FINDING_OK);
}
