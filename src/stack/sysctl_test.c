/*
 * sysctl_test.c - parameters have Linux's names, defaults and bounds; refused ones have a reason.
 */
#include "base/test/test.h"
#include "stack/sysctl.h"

#include <errno.h>
#include <string.h>

static struct sysctl fresh(void)
{
	struct sysctl s;
	sysctl_init(&s);
	return s;
}

static void assert_shows(const struct sysctl *s, const char *name, const char *text)
{
	char out[SYSCTL_TEXT];
	const char *why = NULL;
	assert_int_equal(sysctl_get(s, name, out, sizeof(out), &why), 0);
	assert_string_equal(out, text);
}

static void assert_refused(const char *name, const char *text, int err, const char *part)
{
	struct sysctl s = fresh(), before;
	const char *why = NULL;
	memcpy(&before, &s, sizeof(s)); /* padding too */
	assert_int_equal(sysctl_set(&s, name, text, &why), err);
	assert_non_null(strstr(why, part));
	assert_memory_equal(&s, &before, sizeof(s));
}

TEST(a_fresh_instance_has_the_defaults_of_linux_6_18)
{
	struct sysctl s = fresh();
	assert_shows(&s, "net.ipv4.tcp_rmem", "4096\t131072\t33554432");
	assert_shows(&s, "net.ipv4.tcp_wmem", "4096\t16384\t4194304");
	assert_shows(&s, "net.ipv4.tcp_mem", "287901\t383870\t575802"); /* of 24 GB */
	assert_shows(&s, "net.ipv4.udp_mem", "575805\t767740\t1151610");
	assert_shows(&s, "net.ipv4.tcp_tw_reuse", "2");
	assert_shows(&s, "net.ipv4.tcp_tw_reuse_delay", "1000");
	assert_shows(&s, "net.ipv4.tcp_syn_linear_timeouts", "4");
	assert_shows(&s, "net.ipv4.tcp_notsent_lowat", "4294967295");
	assert_shows(&s, "net.ipv4.tcp_congestion_control", "cubic");
	assert_shows(&s, "net.ipv4.tcp_fastopen_key", "00000000-00000000-00000000-00000000");
	assert_shows(&s, "net.core.somaxconn", "4096");
	assert_shows(&s, "net.ipv6.icmp.ratelimit", "100");
	assert_shows(&s, "net.ipv4.ip_local_port_range", "32768\t60999");
	assert_int_equal(s.tcp_keepalive_time, 7200);
}

TEST(every_live_name_takes_its_own_default_back)
{
	size_t n;
	const struct sysctl_def *d = sysctl_defs(&n);
	for (size_t i = 0; i < n; i++) {
		struct sysctl s = fresh(), before;
		char text[SYSCTL_TEXT];
		const char *why = NULL;
		memcpy(&before, &s, sizeof(s));
		assert_int_equal(sysctl_get(&s, d[i].name, text, sizeof(text), &why), 0);
		if (d[i].type == SYSCTL_SHOWN || d[i].type == SYSCTL_KEYS)
			continue;
		assert_int_equal(sysctl_set(&s, d[i].name, text, &why), 0);
		assert_memory_equal(&s, &before, sizeof(s));
	}
}

TEST(every_default_lies_within_its_bounds_and_no_name_is_twice)
{
	size_t n;
	const struct sysctl_def *d = sysctl_defs(&n);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(d[i].name, d[j].name);
		if (d[i].type == SYSCTL_INT || d[i].type == SYSCTL_UINT)
			assert_true(d[i].def[0] >= d[i].min && d[i].def[0] <= d[i].max);
		if (d[i].type == SYSCTL_FIXED)
			assert_non_null(d[i].why);
		else
			assert_non_null(d[i].unit);
	}
}

TEST(a_name_may_be_written_with_dots_slashes_or_as_a_proc_path)
{
	struct sysctl s = fresh();
	const char *why = NULL;
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_retries2", "8", &why), 0);
	assert_int_equal(s.tcp_retries2, 8);
	assert_int_equal(sysctl_set(&s, "net/ipv4/tcp_retries2", "9\n", &why), 0);
	assert_int_equal(s.tcp_retries2, 9);
	assert_int_equal(sysctl_set(&s, "/proc/sys/net/ipv4/tcp_fastopen", "0x70403", &why), 0);
	assert_int_equal(s.tcp_fastopen, 0x70403);
}

TEST(a_triple_is_set_as_a_whole_or_not_at_all)
{
	struct sysctl s = fresh();
	const char *why = NULL;
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_rmem", "4096 540000 15728640", &why), 0);
	assert_int_equal(s.tcp_rmem[1], 540000);
	assert_refused("net.ipv4.tcp_rmem", "4096 540000", -EINVAL, "numbers");
	assert_refused("net.ipv4.tcp_rmem", "4096 1 2 3", -EINVAL, "numbers");
	assert_refused("net.ipv4.tcp_rmem", "4096 131072 x", -EINVAL, "numbers");
	assert_refused("net.ipv4.ip_local_port_range", "60000 50000", -EINVAL, "ends before");
}

TEST(a_value_out_of_range_is_refused)
{
	assert_refused("net.ipv4.tcp_syn_retries", "0", -EINVAL, "range");
	assert_refused("net.ipv4.tcp_syn_retries", "128", -EINVAL, "range");
	assert_refused("net.ipv4.tcp_syncookies", "256", -EINVAL, "range");
	assert_refused("net.ipv4.tcp_sack", "", -EINVAL, "number");
	assert_refused("net.ipv4.tcp_sack", "99999999999999999999", -EINVAL, "number");
}

TEST(a_switch_takes_any_byte_as_linux_does)
{
	struct sysctl s = fresh();
	const char *why = NULL;
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_sack", "255", &why), 0);
	assert_shows(&s, "net.ipv4.tcp_sack", "255");
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_syncookies", "3", &why), 0);
	assert_refused("net.ipv4.tcp_sack", "256", -EINVAL, "range");
	assert_refused("net.ipv4.tcp_shrink_window", "2", -EINVAL, "range");
}

TEST(fast_open_keys_are_read_and_shown_as_linux_does)
{
	struct sysctl s = fresh();
	const char *why = NULL, *name = "net.ipv4.tcp_fastopen_key";
	const char *one = "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4";
	const char *two = "00000001-00000002-00000003-00000004,"
			  "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4";
	assert_int_equal(sysctl_set(&s, name, one, &why), 0);
	assert_shows(&s, name, one);
	assert_int_equal(sysctl_set(&s, name, two, &why), 0);
	assert_int_equal(s.tcp_fastopen_key.count, 2);
	assert_int_equal(s.tcp_fastopen_key.key[0][0], 1);
	assert_shows(&s, name, two);
	assert_refused(name, "a1a1a1a1-b2b2b2b2-c3c3c3c3", -EINVAL, "hexadecimal");
	assert_refused(name, "a1a1a1a1a-b2b2b2b2-c3c3c3c3-0", -EINVAL, "hexadecimal");
	assert_refused(name, "1-2-3-4,", -EINVAL, "hexadecimal");
}

TEST(reserved_ports_are_ranges)
{
	struct sysctl s = fresh();
	const char *why = NULL, *name = "net.ipv4.ip_local_reserved_ports";
	assert_int_equal(sysctl_set(&s, name, "8080,9000-9010", &why), 0);
	assert_shows(&s, name, "8080,9000-9010");
	assert_true(sysctl_port_reserved(&s, 9010));
	assert_false(sysctl_port_reserved(&s, 9011));
	assert_refused(name, "9010-9000", -EINVAL, "ranges");
	assert_refused(name, "70000", -EINVAL, "ranges");
}

TEST(an_unknown_congestion_control_is_refused_with_the_list)
{
	struct sysctl s = fresh();
	const char *why = NULL;
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_congestion_control", "bbr", &why), 0);
	assert_string_equal(s.tcp_congestion_control, "bbr");
	assert_refused("net.ipv4.tcp_congestion_control", "vegas", -ENOENT, "reno cubic bbr");
	assert_refused("net.ipv4.tcp_allowed_congestion_control", "reno x", -ENOENT, "cubic");
	assert_true(sysctl_cc_listed("reno cubic", "cubic"));
	assert_false(sysctl_cc_listed("reno cubic", "cub"));
	assert_false(sysctl_cc_listed("reno cubic", ""));
}

TEST(a_removed_name_is_refused_with_the_reason)
{
	assert_refused("net.ipv4.tcp_tw_recycle", "1", -EOPNOTSUPP, "removed in Linux 4.12");
	char out[SYSCTL_TEXT];
	const char *why = NULL;
	struct sysctl s = fresh();
	assert_int_equal(
		sysctl_get(&s, "net.ipv4.tcp_tw_recycle", out, sizeof(out), &why), -EOPNOTSUPP);
}

TEST(an_inert_name_shows_its_value_and_takes_no_other)
{
	struct sysctl s = fresh();
	const char *why = NULL;
	assert_shows(&s, "net.ipv4.tcp_fack", "0");
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_fack", "0", &why), 0);
	assert_refused("net.ipv4.tcp_fack", "1", -EINVAL, "no effect");
	assert_refused("net.ipv4.tcp_low_latency", "1", -EINVAL, "no effect");
}

TEST(a_middleboxs_name_is_sent_to_the_middlebox)
{
	assert_refused("net.ipv4.vs.secure_tcp", "1", -EOPNOTSUPP, "IPVS");
	assert_refused(
		"net.netfilter.nf_conntrack_tcp_loose", "0", -EOPNOTSUPP, "connection tracking");
	assert_refused("net.ipv4.nothing_like_it", "0", -ENOENT, "no such");
	assert_refused("net.ipv4.tcp_available_congestion_control", "reno", -EACCES, "read-only");
}
