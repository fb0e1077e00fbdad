/*
 * sysctl_table.c - sysctl table: parameters with default, bounds and unit; refused ones with the
 * reason. Values: Linux 6.18, fresh network namespace.
 */
#include "stack/sysctl_priv.h"

#define AT(field) offsetof(struct sysctl, field)
#define LIVE(n, f, t, u, lo, hi, ...)                                                              \
	{                                                                                          \
		.name = (n), .offset = AT(f), .type = (t), .unit = (u), .min = (lo), .max = (hi),  \
		.def = { __VA_ARGS__ }                                                             \
	}
#define INT4(f, u, lo, hi, d)  LIVE("net.ipv4." #f, f, SYSCTL_INT, u, lo, hi, d)
#define FLAG4(f, d)            INT4(f, "0 off, 1 on", 0, 1, d)
#define BYTE4(f, u, d)         INT4(f, u, 0, 255, d) /* Linux accepts any byte; most are a switch */
#define CONF6(f, u, lo, hi, d) LIVE("net.ipv6.conf.all." #f, ipv6_##f, SYSCTL_INT, u, lo, hi, d)
#define CORE(f, u, lo, hi, d)  LIVE("net.core." #f, f, SYSCTL_INT, u, lo, hi, d)
#define FIXED(n, d, reason)                                                                        \
	{                                                                                          \
		.name = (n), .type = SYSCTL_FIXED, .def = {(d)}, .why = (reason)                   \
	}
#define SHOWN(n, list)                                                                             \
	{                                                                                          \
		.name = (n), .type = SYSCTL_SHOWN, .unit = (list)                                  \
	}

static const struct sysctl_def defs[] = {
	/* handshake and listener */
	BYTE4(tcp_abort_on_overflow, "0 off, others on", 0),
	INT4(tcp_max_syn_backlog, "half-open connections", 0, INT32_MAX, 2048),
	BYTE4(tcp_syncookies, "0 never, 2 always, others on overflow", 1),
	INT4(tcp_syn_retries, "retransmissions", 1, 127, 6),
	INT4(tcp_syn_linear_timeouts, "retransmissions", 0, 127, 4),
	INT4(tcp_synack_retries, "retransmissions", 0, 255, 5),
	INT4(tcp_fastopen, "bits", 0, INT32_MAX, 1),
	INT4(tcp_fastopen_blackhole_timeout_sec, "s", 0, INT32_MAX, 0),
	LIVE("net.ipv4.tcp_fastopen_key", tcp_fastopen_key, SYSCTL_KEYS, "keys", 0, 0, 0),
	/* options and segment sizes */
	BYTE4(tcp_timestamps, "0 off, 1 random offset, others no offset", 1),
	BYTE4(tcp_sack, "0 off, others on", 1),
	BYTE4(tcp_dsack, "0 off, others on", 1),
	BYTE4(tcp_window_scaling, "0 off, others on", 1),
	INT4(tcp_ecn, "0 off, 1 request and accept, 2 accept", 0, 2, 2),
	FLAG4(tcp_ecn_fallback, 1),
	INT4(tcp_base_mss, "bytes", 1, 65535, 1024),
	INT4(tcp_min_snd_mss, "bytes", 48, 65535, 48),
	BYTE4(tcp_mtu_probing, "0 off, 1 after a black hole, others always", 0),
	INT4(tcp_mtu_probe_floor, "bytes", 48, 65535, 48),
	INT4(tcp_probe_interval, "s", 0, INT32_MAX / 1000, 600),
	INT4(tcp_probe_threshold, "bytes", 0, INT32_MAX, 8),
	FLAG4(tcp_reflect_tos, 0),
	/* lifetimes, keepalive, TIME-WAIT */
	INT4(tcp_fin_timeout, "s", 0, INT32_MAX / 1000, 60),
	INT4(tcp_orphan_retries, "retransmissions", 0, 255, 0),
	INT4(tcp_max_orphans, "connections", 0, INT32_MAX, 131072),
	INT4(tcp_retries1, "retransmissions", 0, 255, 3),
	INT4(tcp_retries2, "retransmissions", 0, 255, 15),
	INT4(tcp_keepalive_time, "s", 1, INT32_MAX / 1000, 7200),
	INT4(tcp_keepalive_intvl, "s", 1, INT32_MAX / 1000, 75),
	INT4(tcp_keepalive_probes, "probes", 0, 255, 9),
	INT4(tcp_max_tw_buckets, "connections", 0, INT32_MAX, 131072),
	INT4(tcp_tw_reuse, "0 off, 1 on, 2 loopback only", 0, 2, 2),
	INT4(tcp_tw_reuse_delay, "ms", 1, 60000, 1000),
	BYTE4(tcp_rfc1337, "0 off, others on", 0),
	/* retransmission and loss recovery */
	INT4(tcp_rto_min_us, "us", 1, INT32_MAX, 200000),
	INT4(tcp_rto_max_ms, "ms", 1000, 120000, 120000),
	BYTE4(tcp_thin_linear_timeouts, "0 off, others on", 0),
	INT4(tcp_reordering, "segments", 1, 300, 3),
	INT4(tcp_max_reordering, "segments", 1, INT32_MAX, 300),
	INT4(tcp_recovery, "bits", 0, 255, 1),
	INT4(tcp_early_retrans, "0 off, 3 and 4 tail loss probe", 0, 4, 3),
	INT4(tcp_frto, "0 off, others on", 0, 255, 2),
	INT4(tcp_min_rtt_wlen, "s", 0, 86400, 300),
	/* sending */
	LIVE("net.ipv4.tcp_congestion_control", tcp_congestion_control, SYSCTL_CC, "name", 0, 0, 0),
	LIVE("net.ipv4.tcp_allowed_congestion_control", tcp_allowed_congestion_control, SYSCTL_CCS,
		"names", 0, 0, 0),
	SHOWN("net.ipv4.tcp_available_congestion_control", SYSCTL_CC_AVAILABLE),
	BYTE4(tcp_slow_start_after_idle, "0 off, others on", 1),
	INT4(tcp_pacing_ss_ratio, "percent", 0, 1000, 200),
	INT4(tcp_pacing_ca_ratio, "percent", 0, 1000, 120),
	INT4(tcp_min_tso_segs, "segments", 1, 255, 2),
	BYTE4(tcp_tso_rtt_log, "shift of the round trip in us, 0 off", 9),
	INT4(tcp_tso_win_divisor, "divisor", 0, 255, 3),
	LIVE("net.ipv4.tcp_notsent_lowat", tcp_notsent_lowat, SYSCTL_UINT, "bytes", 0, UINT32_MAX,
		UINT32_MAX),
	LIVE("net.ipv4.tcp_wmem", tcp_wmem, SYSCTL_TRIPLE, "bytes: min, default, max", 1, INT32_MAX,
		4096, 16384, 4194304),
	/* receiving */
	LIVE("net.ipv4.tcp_rmem", tcp_rmem, SYSCTL_TRIPLE, "bytes: min, default, max", 1, INT32_MAX,
		4096, 131072, 33554432),
	INT4(tcp_app_win, "shift of the window, 0 keeps nothing", 0, 31, 31),
	BYTE4(tcp_moderate_rcvbuf, "0 off, others on", 1),
	FLAG4(tcp_shrink_window, 0),
	INT4(tcp_pingpong_thresh, "times", 1, 255, 1),
	INT4(tcp_comp_sack_delay_ns, "ns", 0, INT32_MAX, 1000000),
	INT4(tcp_comp_sack_nr, "ACKs", 0, 255, 44),
	BYTE4(tcp_stdurg, "0 off, others on", 0),
	/* protection and memory */
	INT4(tcp_challenge_ack_limit, "a second", 0, INT32_MAX, INT32_MAX),
	INT4(tcp_invalid_ratelimit, "ms", 0, INT32_MAX, 500),
	LIVE("net.ipv4.tcp_mem", tcp_mem, SYSCTL_PAGES, "pages: low, pressure, high", 0, INT64_MAX,
		287901, 383870, 575802),
	/* IP, ICMP, UDP */
	INT4(ip_default_ttl, "hops", 1, 255, 64),
	INT4(ip_no_pmtu_disc, "mode", 0, 3, 0),
	FLAG4(ip_forward, 0),
	BYTE4(ip_nonlocal_bind, "0 off, others on", 0),
	LIVE("net.ipv4.ip_local_port_range", ip_local_port_range, SYSCTL_RANGE, "ports", 1, 65535,
		32768, 60999),
	LIVE("net.ipv4.ip_local_reserved_ports", ip_local_reserved_ports, SYSCTL_PORTS, "ports", 0,
		65535, 0),
	INT4(ipfrag_high_thresh, "bytes", 0, INT32_MAX, 4194304),
	INT4(ipfrag_time, "s", 0, INT32_MAX / 1000, 30),
	INT4(ipfrag_max_dist, "packets", 0, INT32_MAX, 64),
	LIVE("net.ipv4.route.min_pmtu", route_min_pmtu, SYSCTL_INT, "bytes", 68, INT32_MAX, 552),
	LIVE("net.ipv4.route.min_adv_mss", route_min_adv_mss, SYSCTL_INT, "bytes", 0, INT32_MAX,
		256),
	LIVE("net.ipv4.route.mtu_expires", route_mtu_expires, SYSCTL_INT, "s", 0, INT32_MAX / 1000,
		600),
	FLAG4(icmp_echo_ignore_all, 0),
	FLAG4(icmp_echo_ignore_broadcasts, 1),
	INT4(icmp_ratelimit, "ms", 0, INT32_MAX, 1000),
	INT4(icmp_ratemask, "bits", 0, INT32_MAX, 6168),
	INT4(icmp_msgs_per_sec, "a second", 0, INT32_MAX, 1000),
	INT4(icmp_msgs_burst, "messages", 0, INT32_MAX, 50),
	INT4(udp_rmem_min, "bytes", 1, INT32_MAX, 4096),
	LIVE("net.ipv4.udp_mem", udp_mem, SYSCTL_PAGES, "pages: low, pressure, high", 0, INT64_MAX,
		575805, 767740, 1151610),
	INT4(igmp_max_memberships, "groups of a socket", 0, INT32_MAX, 20),
	INT4(igmp_qrv, "reports", 1, 255, 2),
	BYTE4(igmp_link_local_mcast_reports, "0 off, others on", 1),
	LIVE("net.ipv4.conf.all.force_igmp_version", force_igmp_version, SYSCTL_INT,
		"0 that of the querier, 1 to 3", 0, 3, 0),
	LIVE("net.ipv4.conf.all.igmpv2_unsolicited_report_interval", igmpv2_report_ms, SYSCTL_INT,
		"ms", 0, INT32_MAX, 10000),
	LIVE("net.ipv4.conf.all.igmpv3_unsolicited_report_interval", igmpv3_report_ms, SYSCTL_INT,
		"ms", 0, INT32_MAX, 1000),
	/* neighbours; the IPv4 names set both ARP and NDP */
	LIVE("net.ipv4.neigh.default.base_reachable_time_ms", neigh_base_reachable_time_ms,
		SYSCTL_INT, "ms", 1, INT32_MAX, 30000),
	LIVE("net.ipv4.neigh.default.retrans_time_ms", neigh_retrans_time_ms, SYSCTL_INT, "ms", 1,
		INT32_MAX, 1000),
	LIVE("net.ipv4.neigh.default.delay_first_probe_time", neigh_delay_first_probe_time,
		SYSCTL_INT, "s", 0, INT32_MAX / 1000, 5),
	LIVE("net.ipv4.neigh.default.ucast_solicit", neigh_ucast_solicit, SYSCTL_INT, "probes", 0,
		255, 3),
	LIVE("net.ipv4.neigh.default.mcast_solicit", neigh_mcast_solicit, SYSCTL_INT, "probes", 0,
		255, 3),
	LIVE("net.ipv4.neigh.default.unres_qlen", neigh_unres_qlen, SYSCTL_INT, "packets", 0, 1024,
		101),
	LIVE("net.ipv4.neigh.default.gc_stale_time", neigh_gc_stale_time, SYSCTL_INT, "s", 0,
		INT32_MAX / 1000, 60),
	LIVE("net.ipv4.neigh.default.gc_thresh3", neigh_gc_thresh3, SYSCTL_INT, "entries", 1,
		INT32_MAX, 1024),
	/* IPv6 */
	LIVE("net.ipv6.bindv6only", ipv6_bindv6only, SYSCTL_INT, "0 off, others on", 0, 255, 0),
	LIVE("net.ipv6.auto_flowlabels", ipv6_auto_flowlabels, SYSCTL_INT, "mode", 0, 3, 1),
	LIVE("net.ipv6.conf.all.hop_limit", ipv6_hop_limit, SYSCTL_INT, "hops", 1, 255, 64),
	LIVE("net.ipv6.conf.all.accept_ra", ipv6_accept_ra, SYSCTL_INT, "0 off, 1 hosts, 2 always",
		0, 2, 1),
	CONF6(accept_ra_defrtr, "0 off, 1 on", 0, 1, 1),
	CONF6(accept_ra_pinfo, "0 off, 1 on", 0, 1, 1),
	CONF6(accept_ra_mtu, "0 off, 1 on", 0, 1, 1),
	CONF6(accept_ra_rtr_pref, "0 off, 1 on", 0, 1, 1),
	CONF6(accept_ra_min_hop_limit, "hops", 0, 255, 1),
	CONF6(accept_ra_min_lft, "s", 0, INT32_MAX, 0),
	CONF6(ra_defrtr_metric, "metric", 1, INT32_MAX, 1024),
	CONF6(ra_honor_pio_life, "0 off, 1 on", 0, 1, 0),
	CONF6(max_addresses, "addresses, 0 without limit", 0, INT32_MAX, 16),
	CONF6(router_solicitations, "solicitations, -1 without end", -1, INT32_MAX, -1),
	CONF6(router_solicitation_delay, "s", 0, INT32_MAX / 1000, 1),
	CONF6(router_solicitation_interval, "s", 1, INT32_MAX / 1000, 4),
	CONF6(router_solicitation_max_interval, "s", 1, INT32_MAX / 1000, 3600),
	CONF6(router_probe_interval, "s", 0, INT32_MAX / 1000, 60),
	LIVE("net.ipv6.conf.all.autoconf", ipv6_autoconf, SYSCTL_INT, "0 off, 1 on", 0, 1, 1),
	LIVE("net.ipv6.conf.all.forwarding", ipv6_forwarding, SYSCTL_INT, "0 off, 1 on", 0, 1, 0),
	LIVE("net.ipv6.conf.all.dad_transmits", ipv6_dad_transmits, SYSCTL_INT, "probes", 0, 255,
		1),
	LIVE("net.ipv6.conf.all.accept_redirects", ipv6_accept_redirects, SYSCTL_INT, "0 off, 1 on",
		0, 1, 1),
	LIVE("net.ipv6.mld_qrv", mld_qrv, SYSCTL_INT, "reports", 1, 255, 2),
	LIVE("net.ipv6.conf.all.force_mld_version", force_mld_version, SYSCTL_INT,
		"0 that of the querier, 1 and 2", 0, 2, 0),
	LIVE("net.ipv6.conf.all.mldv1_unsolicited_report_interval", mldv1_report_ms, SYSCTL_INT,
		"ms", 0, INT32_MAX, 10000),
	LIVE("net.ipv6.conf.all.mldv2_unsolicited_report_interval", mldv2_report_ms, SYSCTL_INT,
		"ms", 0, INT32_MAX, 1000),
	LIVE("net.ipv6.icmp.ratelimit", ipv6_icmp_ratelimit, SYSCTL_INT, "ms", 0, INT32_MAX, 100),
	LIVE("net.ipv6.icmp.echo_ignore_all", ipv6_echo_ignore_all, SYSCTL_INT, "0 off, others on",
		0, 255, 0),
	LIVE("net.ipv6.route.mtu_expires", ipv6_route_mtu_expires, SYSCTL_INT, "s", 0,
		INT32_MAX / 1000, 600),
	LIVE("net.ipv6.ip6frag_high_thresh", ip6frag_high_thresh, SYSCTL_INT, "bytes", 0, INT32_MAX,
		4194304),
	LIVE("net.ipv6.ip6frag_time", ip6frag_time, SYSCTL_INT, "s", 0, INT32_MAX / 1000, 60),
	/* net.core */
	CORE(somaxconn, "connections", 0, INT32_MAX, 4096),
	CORE(rmem_default, "bytes", STACK_RCVBUF_MIN, INT32_MAX, 212992),
	CORE(rmem_max, "bytes", STACK_RCVBUF_MIN, INT32_MAX, 4194304),
	CORE(wmem_default, "bytes", STACK_SNDBUF_MIN, INT32_MAX, 212992),
	CORE(wmem_max, "bytes", STACK_SNDBUF_MIN, INT32_MAX, 4194304),
	CORE(busy_poll, "us", 0, INT32_MAX, 0), /* of burble_wait() */
	CORE(optmem_max, "bytes", 0, INT32_MAX, 131072),
	/* fixed behaviour of the stack */
	FIXED("net.ipv4.tcp_fack", 0, "forward acknowledgement has no effect since Linux 4.15"),
	FIXED("net.ipv4.ipfrag_low_thresh", 3145728, "has no effect since Linux 4.17"),
	FIXED("net.ipv6.ip6frag_low_thresh", 3145728, "has no effect since Linux 4.17"),
	FIXED("net.ipv4.tcp_low_latency", 0, "has no effect since Linux 4.14"),
	FIXED("net.ipv4.tcp_fwmark_accept", 0, "there are no packet marks outside a kernel"),
	FIXED("net.ipv4.tcp_l3mdev_accept", 0, "there are no VRF devices outside a kernel"),
	FIXED("net.ipv4.udp_l3mdev_accept", 0, "there are no VRF devices outside a kernel"),
	FIXED("net.ipv4.raw_l3mdev_accept", 0, "there are no VRF devices outside a kernel"),
	FIXED("net.ipv4.tcp_adv_win_scale", 1, "obsolete since Linux 6.6"),
	FIXED("net.ipv4.tcp_workaround_signed_windows", 0, "the peers that needed it are gone"),
	FIXED("net.ipv4.tcp_retrans_collapse", 1, "segments that lie together are resent together"),
	FIXED("net.ipv4.tcp_migrate_req", 0,
		"requests die with their listener; migration is not done"),
	FIXED("net.ipv4.tcp_plb_enabled", 0, "protective load balancing is not done"),
	FIXED("net.ipv4.tcp_ecn_option", 2, "AccECN (RFC 9768) is not spoken; this value is idle"),
	FIXED("net.ipv4.tcp_ecn_option_beacon", 3,
		"AccECN (RFC 9768) is not spoken; this value is idle"),
	FIXED("net.ipv4.tcp_no_metrics_save", 1, "nothing is remembered of closed connections"),
	FIXED("net.ipv4.tcp_no_ssthresh_metrics_save", 1,
		"nothing is remembered of closed connections"),
	FIXED("net.ipv4.tcp_autocorking", 1,
		"a device takes segments at once: there is no full queue to cork for"),
	FIXED("net.ipv4.tcp_limit_output_bytes", 4194304,
		"segments do not wait in a queue below TCP"),
	FIXED("net.ipv4.tcp_comp_sack_slack_ns", 100000, "timers fire on time, well within it"),
	FIXED("net.ipv4.ip_unprivileged_port_start", 0,
		"there are no privileges inside an instance: every port may be bound"),
	FIXED("net.ipv4.ip_autobind_reuse", 0, "a port that is chosen is never shared"),
	FIXED("net.ipv4.udp_wmem_min", 4096, "has no effect in Linux either"),
	FIXED("net.ipv4.tcp_early_demux", 1,
		"every segment is looked up once; there is no route"
		" lookup to save"),
};

/* In search order; a name that ends in '*' is a prefix. */
static const struct sysctl_refusal refusals[] = {
	{"net.ipv4.tcp_tw_recycle",
		"removed in Linux 4.12: it compared timestamps per host and so broke clients that "
		"share an address behind NAT; see net.ipv4.tcp_tw_reuse"},
	{"net.ipv4.tcp_max_ssthresh", "removed from Linux long ago (limited slow start)"},
	{"net.ipv4.tcp_cookie_size", "removed in Linux 3.10: TCP cookie transactions are gone"},
	{"net.ipv4.tcp_abc", "removed in Linux 3.9: byte counting is always on"},
	{"net.ipv4.tcp_thin_dupack", "removed in Linux 4.12: RACK took its place"},
	{"net.ipv4.tcp_frto_response", "removed in Linux 3.10: see net.ipv4.tcp_frto"},
	{"net.ipv4.tcp_ehash_entries",
		"the connection table grows by itself; it has no fixed size"},
	{"net.ipv4.tcp_child_ehash_entries", "there are no child namespaces: one instance, one "
					     "table"},
	{"net.ipv4.tcp_available_ulp", "there are no upper-layer protocol modules (kTLS)"},
	{"net.ipv4.tcp_backlog_ack_defer", "a socket is never locked while segments arrive, so it "
					   "has no backlog"},
	{"net.ipv4.tcp_plb_*", "protective load balancing is not done"},
	{"net.ipv4.vs.*", "IPVS is a load balancer in front of a host, not the host's TCP: it "
			  "belongs to a middlebox"},
	{"net.netfilter.*",
		"connection tracking is a firewall's or a NAT's, not the host's TCP: it "
		"belongs to a middlebox"},
	{"net.nf_conntrack*", "connection tracking is a firewall's or a NAT's, not the host's TCP: "
			      "it belongs to a middlebox"},
	{"net.ipv4.netfilter.*", "connection tracking is a firewall's or a NAT's, not the host's "
				 "TCP: it belongs to a middlebox"},
	{"net.mptcp.*", "multipath TCP is not spoken"},
	{"net.unix.*", "Unix sockets stay with the kernel"},
	{"net.core.*", "this parameter of the kernel's device layer has no counterpart here"},
	{"net.ipv4.tcp_*", "no such parameter in Linux 6.18, or none that this stack honours"},
};

const struct sysctl_def *sysctl_defs(size_t *count)
{
	*count = ARRAY_SIZE(defs);
	return defs;
}

const struct sysctl_refusal *sysctl_refusals(size_t *count)
{
	*count = ARRAY_SIZE(refusals);
	return refusals;
}
