/*
 * sysctl_bounds_test.c - the lowest and the highest value of every parameter that is a number.
 *
 * They are those of a fresh network namespace of Linux 6.18, of net.core and of memory those of the
 * first one, except where a text has Linux's: that has no bounds for meaningless values (a negative
 * time, a switch of 7), bounds by its own clock, or by another parameter that is fixed here.
 */
#include "base/test/test.h"
#include "stack/sysctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define HZ    "-8589934 to 8589934"
#define PAGES "0 to 18446744073709551615"

static const struct bounds {
	const char *name;
	int64_t low, high;
	const char *linux_takes; /* NULL: the same */
} bounds[] = {
	{"net.ipv4.tcp_abort_on_overflow", 0, 255, NULL},
	{"net.ipv4.tcp_max_syn_backlog", 0, INT32_MAX, "any number"},
	{"net.ipv4.tcp_syncookies", 0, 255, NULL},
	{"net.ipv4.tcp_syn_retries", 1, 127, NULL},
	{"net.ipv4.tcp_syn_linear_timeouts", 0, 127, NULL},
	{"net.ipv4.tcp_synack_retries", 0, 255, NULL},
	{"net.ipv4.tcp_fastopen", 0, INT32_MAX, "any number"},
	{"net.ipv4.tcp_fastopen_blackhole_timeout_sec", 0, INT32_MAX, NULL},
	{"net.ipv4.tcp_timestamps", 0, 255, NULL},
	{"net.ipv4.tcp_sack", 0, 255, NULL},
	{"net.ipv4.tcp_dsack", 0, 255, NULL},
	{"net.ipv4.tcp_window_scaling", 0, 255, NULL},
	{"net.ipv4.tcp_ecn", 0, 2, NULL},
	{"net.ipv4.tcp_ecn_fallback", 0, 1, NULL},
	{"net.ipv4.tcp_base_mss", 1, 65535, "any number"},
	{"net.ipv4.tcp_min_snd_mss", 48, 65535, NULL},
	{"net.ipv4.tcp_mtu_probing", 0, 255, NULL},
	{"net.ipv4.tcp_mtu_probe_floor", 48, 65535, NULL},
	{"net.ipv4.tcp_probe_interval", 0, INT32_MAX / 1000, "0 to 17179869"},
	{"net.ipv4.tcp_probe_threshold", 0, INT32_MAX, "any number"},
	{"net.ipv4.tcp_reflect_tos", 0, 1, NULL},
	{"net.ipv4.tcp_fin_timeout", 0, INT32_MAX / 1000, HZ},
	{"net.ipv4.tcp_orphan_retries", 0, 255, NULL},
	{"net.ipv4.tcp_max_orphans", 0, INT32_MAX, NULL},
	{"net.ipv4.tcp_retries1", 0, 255, NULL},
	{"net.ipv4.tcp_retries2", 0, 255, NULL},
	{"net.ipv4.tcp_keepalive_time", 1, INT32_MAX / 1000, HZ},
	{"net.ipv4.tcp_keepalive_intvl", 1, INT32_MAX / 1000, HZ},
	{"net.ipv4.tcp_keepalive_probes", 0, 255, NULL},
	{"net.ipv4.tcp_max_tw_buckets", 0, INT32_MAX, "any number"},
	{"net.ipv4.tcp_tw_reuse", 0, 2, NULL},
	{"net.ipv4.tcp_tw_reuse_delay", 1, 60000, NULL},
	{"net.ipv4.tcp_rfc1337", 0, 255, NULL},
	{"net.ipv4.tcp_rto_min_us", 1, INT32_MAX, NULL},
	{"net.ipv4.tcp_rto_max_ms", 1000, 120000, NULL},
	{"net.ipv4.tcp_thin_linear_timeouts", 0, 255, NULL},
	{"net.ipv4.tcp_reordering", 1, 300, NULL},
	{"net.ipv4.tcp_max_reordering", 1, INT32_MAX, NULL},
	{"net.ipv4.tcp_recovery", 0, 255, NULL},
	{"net.ipv4.tcp_early_retrans", 0, 4, NULL},
	{"net.ipv4.tcp_frto", 0, 255, NULL},
	{"net.ipv4.tcp_min_rtt_wlen", 0, 86400, NULL},
	{"net.ipv4.tcp_slow_start_after_idle", 0, 255, NULL},
	{"net.ipv4.tcp_pacing_ss_ratio", 0, 1000, NULL},
	{"net.ipv4.tcp_pacing_ca_ratio", 0, 1000, NULL},
	{"net.ipv4.tcp_min_tso_segs", 1, 255, NULL},
	{"net.ipv4.tcp_tso_rtt_log", 0, 255, NULL},
	{"net.ipv4.tcp_tso_win_divisor", 0, 255, NULL},
	{"net.ipv4.tcp_notsent_lowat", 0, UINT32_MAX, NULL},
	{"net.ipv4.tcp_wmem", 1, INT32_MAX, NULL},
	{"net.ipv4.tcp_rmem", 1, INT32_MAX, NULL},
	{"net.ipv4.tcp_app_win", 0, 31, NULL},
	{"net.ipv4.tcp_moderate_rcvbuf", 0, 255, NULL},
	{"net.ipv4.tcp_shrink_window", 0, 1, NULL},
	{"net.ipv4.tcp_pingpong_thresh", 1, 255, NULL},
	{"net.ipv4.tcp_comp_sack_delay_ns", 0, INT32_MAX, "0 to 4294967295"},
	{"net.ipv4.tcp_comp_sack_nr", 0, 255, NULL},
	{"net.ipv4.tcp_stdurg", 0, 255, NULL},
	{"net.ipv4.tcp_challenge_ack_limit", 0, INT32_MAX, "any number"},
	{"net.ipv4.tcp_invalid_ratelimit", 0, INT32_MAX, NULL},
	{"net.ipv4.tcp_mem", 0, INT64_MAX, PAGES},
	{"net.ipv4.ip_default_ttl", 1, 255, NULL},
	{"net.ipv4.ip_no_pmtu_disc", 0, 3, "0 to 255"},
	{"net.ipv4.ip_forward", 0, 1, "any number"},
	{"net.ipv4.ip_nonlocal_bind", 0, 255, NULL},
	{"net.ipv4.ip_local_port_range", 1, 65535, "1024 to 65535"},
	{"net.ipv4.ipfrag_high_thresh", 0, INT32_MAX, "3145728 to 4294967295"},
	{"net.ipv4.ipfrag_time", 0, INT32_MAX / 1000, HZ},
	{"net.ipv4.ipfrag_max_dist", 0, INT32_MAX, NULL},
	{"net.ipv4.route.min_pmtu", 68, INT32_MAX, NULL},
	{"net.ipv4.route.min_adv_mss", 0, INT32_MAX, "any number"},
	{"net.ipv4.route.mtu_expires", 0, INT32_MAX / 1000, HZ},
	{"net.ipv4.icmp_echo_ignore_all", 0, 1, NULL},
	{"net.ipv4.icmp_echo_ignore_broadcasts", 0, 1, NULL},
	{"net.ipv4.icmp_ratelimit", 0, INT32_MAX, NULL},
	{"net.ipv4.icmp_ratemask", 0, INT32_MAX, "any number"},
	{"net.ipv4.icmp_msgs_per_sec", 0, INT32_MAX, NULL},
	{"net.ipv4.icmp_msgs_burst", 0, INT32_MAX, NULL},
	{"net.ipv4.udp_rmem_min", 1, INT32_MAX, NULL},
	{"net.ipv4.udp_mem", 0, INT64_MAX, PAGES},
	{"net.ipv4.igmp_max_memberships", 0, INT32_MAX, "any number"},
	{"net.ipv4.igmp_qrv", 1, 255, "1 to 2147483647"},
	{"net.ipv4.igmp_link_local_mcast_reports", 0, 255, NULL},
	{"net.ipv4.conf.all.force_igmp_version", 0, 3, "any number"},
	{"net.ipv4.conf.all.igmpv2_unsolicited_report_interval", 0, INT32_MAX, "any number"},
	{"net.ipv4.conf.all.igmpv3_unsolicited_report_interval", 0, INT32_MAX, "any number"},
	{"net.ipv4.neigh.default.base_reachable_time_ms", 1, INT32_MAX, "0 to 2147483647"},
	{"net.ipv4.neigh.default.retrans_time_ms", 1, INT32_MAX, "0 to 2147483647"},
	{"net.ipv4.neigh.default.delay_first_probe_time", 0, INT32_MAX / 1000, HZ},
	{"net.ipv4.neigh.default.ucast_solicit", 0, 255, "0 to 2147483647"},
	{"net.ipv4.neigh.default.mcast_solicit", 0, 255, "0 to 2147483647"},
	{"net.ipv4.neigh.default.unres_qlen", 0, 1024, "0 to 1027504"},
	{"net.ipv4.neigh.default.gc_stale_time", 0, INT32_MAX / 1000, HZ},
	{"net.ipv4.neigh.default.gc_thresh3", 1, INT32_MAX, NULL},
	{"net.ipv6.bindv6only", 0, 255, NULL},
	{"net.ipv6.auto_flowlabels", 0, 3, NULL},
	{"net.ipv6.conf.all.hop_limit", 1, 255, NULL},
	{"net.ipv6.conf.all.accept_ra", 0, 2, "any number"},
	{"net.ipv6.conf.all.accept_ra_defrtr", 0, 1, "any number"},
	{"net.ipv6.conf.all.accept_ra_pinfo", 0, 1, "any number"},
	{"net.ipv6.conf.all.accept_ra_mtu", 0, 1, "any number"},
	{"net.ipv6.conf.all.accept_ra_rtr_pref", 0, 1, "any number"},
	{"net.ipv6.conf.all.accept_ra_min_hop_limit", 0, 255, "any number"},
	{"net.ipv6.conf.all.accept_ra_min_lft", 0, INT32_MAX, "any number"},
	{"net.ipv6.conf.all.ra_defrtr_metric", 1, INT32_MAX, "1 to 4294967295"},
	{"net.ipv6.conf.all.ra_honor_pio_life", 0, 1, NULL},
	{"net.ipv6.conf.all.max_addresses", 0, INT32_MAX, "any number"},
	{"net.ipv6.conf.all.router_solicitations", -1, INT32_MAX, NULL},
	{"net.ipv6.conf.all.router_solicitation_delay", 0, INT32_MAX / 1000, HZ},
	{"net.ipv6.conf.all.router_solicitation_interval", 1, INT32_MAX / 1000, HZ},
	{"net.ipv6.conf.all.router_solicitation_max_interval", 1, INT32_MAX / 1000, HZ},
	{"net.ipv6.conf.all.router_probe_interval", 0, INT32_MAX / 1000, HZ},
	{"net.ipv6.conf.all.autoconf", 0, 1, "any number"},
	{"net.ipv6.conf.all.forwarding", 0, 1, "any number"},
	{"net.ipv6.conf.all.dad_transmits", 0, 255, "any number"},
	{"net.ipv6.conf.all.accept_redirects", 0, 1, "any number"},
	{"net.ipv6.mld_qrv", 1, 255, "1 to 2147483647"},
	{"net.ipv6.conf.all.force_mld_version", 0, 2, "any number"},
	{"net.ipv6.conf.all.mldv1_unsolicited_report_interval", 0, INT32_MAX, NULL},
	{"net.ipv6.conf.all.mldv2_unsolicited_report_interval", 0, INT32_MAX, NULL},
	{"net.ipv6.icmp.ratelimit", 0, INT32_MAX, NULL},
	{"net.ipv6.icmp.echo_ignore_all", 0, 255, NULL},
	{"net.ipv6.route.mtu_expires", 0, INT32_MAX / 1000, HZ},
	{"net.ipv6.ip6frag_high_thresh", 0, INT32_MAX, "3145728 to 4294967295"},
	{"net.ipv6.ip6frag_time", 0, INT32_MAX / 1000, HZ},
	{"net.core.somaxconn", 0, INT32_MAX, NULL},
	{"net.core.rmem_default", 2304, INT32_MAX, NULL},
	{"net.core.rmem_max", 2304, INT32_MAX, NULL},
	{"net.core.wmem_default", 4608, INT32_MAX, NULL},
	{"net.core.wmem_max", 4608, INT32_MAX, NULL},
	{"net.core.busy_poll", 0, INT32_MAX, NULL},
	{"net.core.optmem_max", 0, INT32_MAX, NULL},
};

static bool is_number(const struct sysctl_def *d)
{
	return d->type == SYSCTL_INT || d->type == SYSCTL_UINT || d->type == SYSCTL_TRIPLE ||
	       d->type == SYSCTL_RANGE || d->type == SYSCTL_PAGES;
}

/* True if the parameter accepts v, for each of its numbers. */
static bool takes(const struct sysctl_def *d, int64_t v)
{
	static struct sysctl s;
	char text[SYSCTL_TEXT];
	const char *why;
	int n = snprintf(text, sizeof(text), "%" PRId64, v);

	if (d->type != SYSCTL_INT && d->type != SYSCTL_UINT)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %" PRId64, v);
	if (d->type == SYSCTL_TRIPLE || d->type == SYSCTL_PAGES)
		snprintf(text + n, sizeof(text) - (size_t)n, " %" PRId64, v);
	sysctl_init(&s);
	return sysctl_set(&s, d->name, text, &why) == 0;
}

TEST(every_number_has_its_bounds)
{
	size_t n, at = 0;
	const struct sysctl_def *d = sysctl_defs(&n);
	for (size_t i = 0; i < n; i++) {
		if (!is_number(&d[i]))
			continue;
		const struct bounds *b = &bounds[at++];
		assert_in_range(at, 1, ARRAY_SIZE(bounds));
		assert_string_equal(b->name, d[i].name);
		assert_true(takes(&d[i], b->low));
		assert_true(takes(&d[i], b->high));
		assert_false(takes(&d[i], b->low - 1));
		if (b->high < INT64_MAX)
			assert_false(takes(&d[i], b->high + 1));
	}
	assert_int_equal(at, ARRAY_SIZE(bounds));
}
