/*
 * knob.c - the parameters and options that plans set: knob.h. Values are drawn from low to high;
 * knobs that may end a connection on a working network are marked.
 */
#include "lab/fuzz/knob.h"

#include "burble/socket.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>

static const char *const algorithms[] = {"cubic", "reno", "bbr", "cubic_hspp", "dctcp"};

#define PARAMETER(n, lo, hi)                                                                       \
	{                                                                                          \
		.name = "net.ipv4." n, .low = (lo), .high = (hi)                                   \
	}
#define KILLER(n, lo, hi)                                                                          \
	{                                                                                          \
		.name = "net.ipv4." n, .low = (lo), .high = (hi), .kills = true                    \
	}
#define FORMATTED(n, f, lo, hi)                                                                    \
	{                                                                                          \
		.name = "net.ipv4." n, .format = (f), .low = (lo), .high = (hi)                    \
	}

static const struct knob sysctls[] = {
	{.name = "net.ipv4.tcp_congestion_control",
		.format = "%s",
		.high = ARRAY_SIZE(algorithms) - 1},
	PARAMETER("tcp_timestamps", 0, 2),
	PARAMETER("tcp_sack", 0, 1),
	PARAMETER("tcp_dsack", 0, 1),
	PARAMETER("tcp_window_scaling", 0, 1),
	PARAMETER("tcp_ecn", 0, 2),
	PARAMETER("tcp_ecn_fallback", 0, 1),
	PARAMETER("tcp_base_mss", 88, 1460),
	PARAMETER("tcp_min_snd_mss", 48, 200),
	PARAMETER("tcp_mtu_probing", 0, 2),
	PARAMETER("tcp_mtu_probe_floor", 48, 500),
	PARAMETER("tcp_probe_interval", 1, 600),
	PARAMETER("tcp_slow_start_after_idle", 0, 1),
	PARAMETER("tcp_thin_linear_timeouts", 0, 1),
	PARAMETER("tcp_reordering", 1, 30),
	PARAMETER("tcp_max_reordering", 1, 300),
	PARAMETER("tcp_recovery", 0, 7),
	PARAMETER("tcp_early_retrans", 0, 4),
	PARAMETER("tcp_frto", 0, 2),
	PARAMETER("tcp_min_rtt_wlen", 0, 300),
	PARAMETER("tcp_min_tso_segs", 1, 45),
	PARAMETER("tcp_notsent_lowat", 1, 100000),
	PARAMETER("tcp_app_win", 0, 31),
	PARAMETER("tcp_moderate_rcvbuf", 0, 1),
	PARAMETER("tcp_pingpong_thresh", 1, 5),
	PARAMETER("tcp_comp_sack_delay_ns", 0, 5000000),
	PARAMETER("tcp_comp_sack_nr", 0, 60),
	PARAMETER("tcp_challenge_ack_limit", 0, 100),
	PARAMETER("tcp_invalid_ratelimit", 0, 1000),
	PARAMETER("tcp_rfc1337", 0, 1),
	PARAMETER("tcp_max_tw_buckets", 0, 3),
	FORMATTED("tcp_rmem", "2048 %lld 33554432", 2304, 300000),
	FORMATTED("tcp_wmem", "4608 %lld 4194304", 4608, 300000),
	PARAMETER("tcp_fastopen", 0, 0x607),
	PARAMETER("tcp_fastopen_blackhole_timeout_sec", 0, 3600),
	PARAMETER("tcp_fin_timeout", 1, 60),
	PARAMETER("tcp_tso_win_divisor", 0, 8),
	/* out-of-order segments may fill a window that is then taken back: the missing one is
	 * dropped until its sender gives up, as on Linux */
	KILLER("tcp_shrink_window", 0, 1),
	KILLER("tcp_retries2", 2, 10),
	KILLER("tcp_rto_min_us", 1000, 400000),
	KILLER("tcp_rto_max_ms", 1000, 120000),
	KILLER("tcp_syncookies", 0, 2),
	KILLER("tcp_syn_retries", 1, 4),
	KILLER("tcp_synack_retries", 0, 3),
	KILLER("tcp_orphan_retries", 1, 6),
	KILLER("tcp_max_orphans", 0, 2),
	KILLER("tcp_max_syn_backlog", 1, 4),
	KILLER("tcp_abort_on_overflow", 0, 1),
	{.name = "net.ipv4.tcp_mem", .format = "%lld 64 4096", .low = 0, .high = 32, .kills = true},
};

#define TCP(n, lo, hi)                                                                             \
	{                                                                                          \
		.name = #n, .level = IPPROTO_TCP, .option = (n), .low = (lo), .high = (hi)         \
	}
#define TCP_KILLER(n, lo, hi)                                                                      \
	{                                                                                          \
		.name = #n, .level = IPPROTO_TCP, .option = (n), .low = (lo), .high = (hi),        \
		.kills = true                                                                      \
	}
#define SOCKET(n, lo, hi)                                                                          \
	{                                                                                          \
		.name = #n, .level = SOL_SOCKET, .option = (n), .low = (lo), .high = (hi)          \
	}

static const struct knob options[] = {
	TCP(TCP_NODELAY, 0, 1),
	TCP(TCP_CORK, 0, 1),
	TCP(TCP_QUICKACK, 0, 1),
	TCP(TCP_MAXSEG, 88, 1460),
	TCP(TCP_WINDOW_CLAMP, 1024, 100000),
	TCP(TCP_NOTSENT_LOWAT, 1, 100000),
	TCP(TCP_THIN_LINEAR_TIMEOUTS, 0, 1),
	TCP(TCP_FASTOPEN_CONNECT, 0, 1),
	TCP(TCP_FASTOPEN, 0, 5),
	TCP(TCP_LINGER2, -1, 60),
	TCP(TCP_KEEPIDLE, 1, 7200),
	TCP(TCP_KEEPINTVL, 1, 75),
	SOCKET(SO_KEEPALIVE, 0, 1),
	SOCKET(SO_SNDBUF, 0, 300000),
	SOCKET(SO_RCVBUF, 0, 300000),
	SOCKET(SO_RCVLOWAT, 1, 5000),
	SOCKET(SO_OOBINLINE, 0, 1),
	TCP_KILLER(TCP_USER_TIMEOUT, 1, 60000),
	TCP_KILLER(TCP_SYNCNT, 1, 4),
	TCP_KILLER(TCP_DEFER_ACCEPT, 0, 5),
	TCP_KILLER(TCP_KEEPCNT, 1, 9),
};

const int64_t knob_sysctls = ARRAY_SIZE(sysctls), knob_options = ARRAY_SIZE(options);

const struct knob *knob_sysctl(int64_t i)
{
	assert(i >= 0 && i < knob_sysctls);
	return &sysctls[i];
}

const struct knob *knob_option(int64_t i)
{
	assert(i >= 0 && i < knob_options);
	return &options[i];
}

/* The formats come from the table. */
void knob_value(const struct knob *k, int64_t value, char text[KNOB_TEXT])
{
	const char *f = k->format ? k->format : "%lld", *at = strchr(f, '%');

	if (at[1] == 's')
		snprintf(
			text, KNOB_TEXT, "%s", algorithms[value % (int64_t)ARRAY_SIZE(algorithms)]);
	else
		snprintf(text, KNOB_TEXT, "%.*s%lld%s", (int)(at - f), f, (long long)value, at + 4);
}
