/*
 * sysctl.h - the parameters of one stack instance, under their Linux names, with the defaults and
 * bounds of Linux 6.18 (read in a fresh network namespace). Code reads the fields directly, at the
 * moment of use, so that a change takes effect when it does on Linux; text values go through
 * sysctl_set() and sysctl_get().
 *
 * A field holds the value in the unit that Linux shows (seconds stay seconds). Memory sums that
 * Linux derives from the size of the machine are those of a 24 GB machine, on every machine:
 * an instance behaves the same everywhere.
 *
 * Law 2 holds for parameters too. A name is in one of four classes:
 *     live      in struct sysctl; a change changes behaviour
 *     fixed     readable; the value describes the only behaviour implemented, so writing any
 *               other value is refused with the reason
 *     refused   Linux has or had the name; the reason explains its absence, and where it
 *               belongs
 *     unknown   -ENOENT
 */
#ifndef STACK_SYSCTL_H
#define STACK_SYSCTL_H

#include "base/base.h"

enum {
	SYSCTL_CC_NAME = 16,     /* TCP_CA_NAME_MAX */
	STACK_SNDBUF_MIN = 4608, /* minimum SO_SNDBUF as read, for any protocol: SOCK_MIN_SNDBUF */
	STACK_RCVBUF_MIN = 2304, /* SOCK_MIN_RCVBUF */
	SYSCTL_CC_LIST = 64,     /* tcp_allowed_congestion_control */
	SYSCTL_PORT_RANGES = 16, /* ip_local_reserved_ports */
	SYSCTL_TEXT = 256,       /* room for the text of any value */
};

struct sysctl_port_ranges {
	uint32_t count;
	struct {
		uint16_t low, high;
	} range[SYSCTL_PORT_RANGES];
};

/* Fast Open keys, in Linux's order: [0] generates cookies, [1] is also accepted during key
 * rotation. */
struct sysctl_tfo_keys {
	uint32_t count; /* 0: the instance draws a key on first use */
	uint8_t key[2][16];
};

struct sysctl {
	/* TCP: handshake and listener */
	int32_t tcp_abort_on_overflow, tcp_max_syn_backlog, tcp_syncookies;
	int32_t tcp_syn_retries, tcp_syn_linear_timeouts, tcp_synack_retries;
	int32_t tcp_fastopen, tcp_fastopen_blackhole_timeout_sec;
	struct sysctl_tfo_keys tcp_fastopen_key;
	/* TCP: options and segment sizes */
	int32_t tcp_timestamps, tcp_sack, tcp_dsack, tcp_window_scaling;
	int32_t tcp_ecn, tcp_ecn_fallback;
	int32_t tcp_base_mss, tcp_min_snd_mss, tcp_mtu_probing, tcp_mtu_probe_floor;
	int32_t tcp_probe_interval, tcp_probe_threshold, tcp_reflect_tos;
	/* TCP: lifetimes, keepalive, TIME-WAIT */
	int32_t tcp_fin_timeout, tcp_orphan_retries, tcp_max_orphans, tcp_retries1, tcp_retries2;
	int32_t tcp_keepalive_time, tcp_keepalive_intvl, tcp_keepalive_probes;
	int32_t tcp_max_tw_buckets, tcp_tw_reuse, tcp_tw_reuse_delay, tcp_rfc1337;
	/* TCP: retransmission and loss recovery */
	int32_t tcp_rto_min_us, tcp_rto_max_ms, tcp_thin_linear_timeouts;
	int32_t tcp_reordering, tcp_max_reordering, tcp_recovery, tcp_early_retrans, tcp_frto;
	int32_t tcp_min_rtt_wlen;
	/* TCP: sending */
	char tcp_congestion_control[SYSCTL_CC_NAME];
	char tcp_allowed_congestion_control[SYSCTL_CC_LIST];
	int32_t tcp_slow_start_after_idle, tcp_pacing_ss_ratio, tcp_pacing_ca_ratio;
	int32_t tcp_min_tso_segs, tcp_tso_win_divisor, tcp_tso_rtt_log;
	uint32_t tcp_notsent_lowat;
	int32_t tcp_wmem[3];
	/* TCP: receiving */
	int32_t tcp_rmem[3], tcp_moderate_rcvbuf, tcp_shrink_window, tcp_app_win,
		tcp_pingpong_thresh;
	int32_t tcp_comp_sack_delay_ns, tcp_comp_sack_nr;
	int32_t tcp_stdurg;
	/* TCP: protection and memory */
	int32_t tcp_challenge_ack_limit, tcp_invalid_ratelimit;
	int64_t tcp_mem[3]; /* pages of 4096 bytes: low, pressure, high */
	/* IP, ICMP, UDP */
	int32_t ip_default_ttl, ip_no_pmtu_disc, ip_forward, ip_nonlocal_bind;
	int32_t ip_local_port_range[2];
	struct sysctl_port_ranges ip_local_reserved_ports;
	int32_t ipfrag_high_thresh, ipfrag_time, ipfrag_max_dist;
	int32_t route_min_pmtu, route_min_adv_mss, route_mtu_expires;
	int32_t icmp_echo_ignore_all, icmp_echo_ignore_broadcasts, icmp_ratelimit, icmp_ratemask;
	int32_t icmp_msgs_per_sec, icmp_msgs_burst;
	int32_t udp_rmem_min;
	int32_t igmp_max_memberships, igmp_qrv, igmp_link_local_mcast_reports, force_igmp_version;
	int32_t igmpv2_report_ms, igmpv3_report_ms;
	int64_t udp_mem[3]; /* pages */
	/* Neighbours (ARP and NDP) */
	int32_t neigh_base_reachable_time_ms, neigh_retrans_time_ms, neigh_delay_first_probe_time;
	int32_t neigh_ucast_solicit, neigh_mcast_solicit, neigh_unres_qlen, neigh_gc_stale_time;
	int32_t neigh_gc_thresh3;
	/* IPv6 */
	int32_t ipv6_bindv6only, ipv6_auto_flowlabels, ipv6_hop_limit, ipv6_accept_ra;
	int32_t ipv6_autoconf, ipv6_forwarding, ipv6_dad_transmits, ipv6_accept_redirects;
	int32_t ipv6_accept_ra_defrtr, ipv6_accept_ra_pinfo, ipv6_accept_ra_mtu;
	int32_t ipv6_accept_ra_rtr_pref, ipv6_accept_ra_min_hop_limit, ipv6_accept_ra_min_lft;
	int32_t ipv6_ra_defrtr_metric, ipv6_ra_honor_pio_life, ipv6_max_addresses;
	int32_t ipv6_router_solicitations, ipv6_router_solicitation_delay;
	int32_t ipv6_router_solicitation_interval, ipv6_router_solicitation_max_interval;
	int32_t ipv6_router_probe_interval;
	int32_t ipv6_icmp_ratelimit, ipv6_echo_ignore_all, ipv6_route_mtu_expires;
	int32_t mld_qrv, force_mld_version, mldv1_report_ms, mldv2_report_ms;
	int32_t ip6frag_high_thresh, ip6frag_time;
	/* net.core */
	int32_t somaxconn, rmem_default, rmem_max, wmem_default, wmem_max, optmem_max, busy_poll;
};

enum sysctl_type {
	SYSCTL_INT,    /* int32_t */
	SYSCTL_UINT,   /* uint32_t */
	SYSCTL_RANGE,  /* int32_t[2], low <= high */
	SYSCTL_TRIPLE, /* int32_t[3] */
	SYSCTL_PAGES,  /* int64_t[3] */
	SYSCTL_CC,     /* the name of a congestion control */
	SYSCTL_CCS,    /* several of them */
	SYSCTL_KEYS,   /* struct sysctl_tfo_keys */
	SYSCTL_PORTS,  /* struct sysctl_port_ranges */
	SYSCTL_FIXED,  /* no field: always def[0] */
	SYSCTL_SHOWN,  /* no field: a read-only list, in `unit` */
	SYSCTL_TYPES,
};

/* One row of the table of names. */
struct sysctl_def {
	const char *name; /* "net.ipv4.tcp_sack" */
	const char *unit; /* of the value, as displayed: "s", "ms", "bytes" ... */
	const char *why;  /* SYSCTL_FIXED: why no other value is possible */
	int64_t def[3], min, max;
	enum sysctl_type type;
	uint32_t offset; /* of the field in struct sysctl */
};

/* Fills s with Linux's defaults. */
void sysctl_init(struct sysctl *s);

/* Sets the parameter called name ("net.ipv4.x", "net/ipv4/x" or "/proc/sys/net/ipv4/x") from text,
 * like a write to /proc/sys: all the numbers or none. Returns 0; or -ENOENT (no such name), -EINVAL
 * (not a number, out of range), -EACCES (read-only) or -EOPNOTSUPP (refused), with one sentence in
 * *why (static storage, never NULL on failure). */
int sysctl_set(struct sysctl *s, const char *name, const char *text, const char **why);

/* Writes the value of name to out as in /proc/sys, without newline. Errors as for sysctl_set(), and
 * -ENOSPC if it does not fit into n bytes (SYSCTL_TEXT always suffices). */
int sysctl_get(const struct sysctl *s, const char *name, char *out, size_t n, const char **why);

/* The table of names, in reading order; *count rows. */
const struct sysctl_def *sysctl_defs(size_t *count);

/* True if congestion control `name` is in the space-separated `list`. */
bool sysctl_cc_listed(const char *list, const char *name);

/* True if port may not be used as an ephemeral port. */
bool sysctl_port_reserved(const struct sysctl *s, uint16_t port);

#endif
