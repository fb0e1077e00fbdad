/*
 * fast_path_test.c - fast paths have no observable effect: the same seed with and without them
 * yields the same frames at the same times, results of calls, counters and TCP_INFO; also if only
 * one side has them.
 *
 * FAST_PATH_SEEDS=1000 fast_path_test: that many of each kind of traffic; FAST_PATH_ONLY=options:
 * of one kind.
 */
#include "socket/test/random_traffic.h"

#include "base/test/test.h"

#include <stdlib.h>

enum {
	SEEDS = 4, /* of each kind of traffic */
};

#define LAN                                                                                        \
	{                                                                                          \
		.delay = 20 * NSEC_USEC                                                            \
	}
#define WAN                                                                                        \
	{                                                                                          \
		.delay = 10 * NSEC_MSEC                                                            \
	}
#define LOSS                                                                                       \
	{                                                                                          \
		.delay = 2 * NSEC_MSEC, .jitter = 5 * NSEC_MSEC, .lose = 15, .duplicate = 10,      \
		.reorder = 30                                                                      \
	}

static const struct traffic traffics[] = {
	{"bulk_one_way", .conns = 1, .steps = 300, .pace = 8 * NSEC_MSEC, .faults = WAN,
		.often = {[DO_BULK] = 4, [DO_SERVE] = 4}},
	{"bulk_both_ways", .conns = 3, .steps = 400, .pace = 300 * NSEC_USEC, .faults = LAN,
		.often = {[DO_BULK] = 4, [DO_RECV] = 3, [DO_SERVE] = 4, [DO_ASK] = 1}},
	{"round_trips_1_connection", .conns = 1, .echo = true, .checked = true, .steps = 1500,
		.pace = 100 * NSEC_USEC, .faults = LAN, .often = {[DO_SEND] = 2, [DO_SERVE] = 5}},
	{"round_trips_100_connections", .conns = 100, .echo = true, .steps = 1500,
		.pace = 50 * NSEC_USEC, .faults = LAN, .often = {[DO_SEND] = 6, [DO_SERVE] = 2}},
	{"round_trips_with_pauses", .conns = 4, .echo = true, .steps = 800, .pace = 200 * NSEC_USEC,
		.wait = 4 * NSEC_SEC, .faults = WAN,
		.often = {[DO_SEND] = 4, [DO_SERVE] = 8, [DO_WAIT] = 1}},
	{"many_small_writes", .conns = 2, .steps = 1500, .pace = 200 * NSEC_USEC,
		.faults = {.delay = NSEC_MSEC},
		.often = {[DO_SEND] = 20, [DO_REF] = 5, [DO_FLAGS] = 3, [DO_SERVE] = 4}},
	{"by_reference", .conns = 20, .steps = 800, .pace = 20 * NSEC_USEC, .faults = LAN,
		.often = {[DO_REF] = 20, [DO_SERVE] = 5}},
	{"loss_duplicates_reordering", .conns = 3, .echo = true, .steps = 800,
		.pace = 2 * NSEC_MSEC, .wait = NSEC_SEC, .faults = LOSS,
		.often = {[DO_SEND] = 6, [DO_BULK] = 2, [DO_SERVE] = 8, [DO_WAIT] = 1}},
	{"a_device_that_is_often_full", .conns = 3, .checked = true, .echo = true, .steps = 800,
		.pace = NSEC_MSEC, .wait = NSEC_SEC, .faults = {.delay = NSEC_MSEC, .refuse = 30},
		.often = {[DO_SEND] = 12, [DO_BULK] = 2, [DO_SERVE] = 16, [DO_WAIT] = 1}},
	{"spoiled_and_padded_packets", .conns = 3, .ether = true, .echo = true, .steps = 800,
		.pace = 2 * NSEC_MSEC, .faults = {.delay = NSEC_MSEC, .corrupt = 20, .pad = 300},
		.often = {[DO_SEND] = 6, [DO_BULK] = 1, [DO_SERVE] = 8}},
	{"segments_that_were_twisted", .conns = 4, .checked = true, .echo = true, .steps = 1200,
		.pace = 2 * NSEC_MSEC, .faults = {.delay = NSEC_MSEC, .twist = 50, .lose = 3},
		.often = {[DO_SEND] = 12, [DO_BULK] = 1, [DO_SERVE] = 16, [DO_CONNECT] = 1}},
	{"ICMP_errors", .conns = 4, .checked = true, .echo = true, .steps = 1200,
		.pace = 2 * NSEC_MSEC, .faults = {.delay = NSEC_MSEC, .lose = 5},
		.often = {[DO_SEND] = 24,
			[DO_BULK] = 3,
			[DO_SERVE] = 32,
			[DO_ICMP] = 2,
			[DO_CONNECT] = 1}},
	{"ICMPv6_errors", .conns = 4, .v6 = true, .ether = true, .echo = true, .steps = 1200,
		.pace = 2 * NSEC_MSEC, .faults = {.delay = NSEC_MSEC, .lose = 5},
		.often = {[DO_SEND] = 24,
			[DO_BULK] = 3,
			[DO_SERVE] = 32,
			[DO_ICMP] = 2,
			[DO_CONNECT] = 1}},
	{"connections_that_come_and_go", .steps = 800, .echo = true, .pace = 100 * NSEC_USEC,
		.faults = LAN,
		.often = {[DO_CONNECT] = 4,
			[DO_SEND] = 5,
			[DO_SERVE] = 8,
			[DO_CLOSE] = 3,
			[DO_ABORT] = 1,
			[DO_SHUTDOWN] = 1}},
	{"connections_that_come_and_go_with_loss", .steps = 800, .echo = true,
		.pace = 3 * NSEC_MSEC, .faults = LOSS,
		.often = {[DO_CONNECT] = 4,
			[DO_SEND] = 5,
			[DO_SERVE] = 8,
			[DO_CLOSE] = 3,
			[DO_ABORT] = 1,
			[DO_SHUTDOWN] = 1}},
	{"IPv6", .conns = 4, .v6 = true, .echo = true, .steps = 800, .pace = 200 * NSEC_USEC,
		.faults = LAN,
		.often = {[DO_SEND] = 6,
			[DO_BULK] = 1,
			[DO_SERVE] = 8,
			[DO_REF] = 1,
			[DO_CONNECT] = 1,
			[DO_CLOSE] = 1}},
	{"Ethernet", .conns = 4, .ether = true, .echo = true, .steps = 800, .pace = 200 * NSEC_USEC,
		.wait = 60 * NSEC_SEC, .faults = LAN,
		.often = {[DO_SEND] = 60, [DO_BULK] = 10, [DO_SERVE] = 80, [DO_WAIT] = 1}},
	{"IPv6_on_Ethernet_with_loss", .conns = 4, .v6 = true, .ether = true, .echo = true,
		.steps = 800, .pace = NSEC_MSEC, .wait = 60 * NSEC_SEC, .faults = LOSS,
		.often = {[DO_SEND] = 60, [DO_BULK] = 10, [DO_SERVE] = 80, [DO_WAIT] = 1}},
	{"runs_of_segments", .conns = 3, .echo = true, .steps = 600, .pace = 200 * NSEC_USEC,
		.offload = NETDEV_GSO, .faults = {.delay = NSEC_MSEC},
		.often = {[DO_SEND] = 4, [DO_BULK] = 3, [DO_SERVE] = 8, [DO_REF] = 1}},
	{"runs_with_loss_and_the_devices_checksums", .conns = 3, .v6 = true, .echo = true,
		.steps = 800, .pace = NSEC_MSEC, .offload = NETDEV_GSO | NETDEV_TX_CSUM,
		.faults = {.delay = 5 * NSEC_MSEC,
			.lose = 20,
			.duplicate = 5,
			.reorder = 10,
			.jitter = 5 * NSEC_MSEC},
		.often = {[DO_SEND] = 4,
			[DO_BULK] = 3,
			[DO_SERVE] = 8,
			[DO_CLOSE] = 1,
			[DO_CONNECT] = 1}},
	{"a_host_and_itself", .conns = 4, .loopback = true, .echo = true, .steps = 800,
		.pace = 200 * NSEC_USEC, .faults = LAN,
		.often = {[DO_SEND] = 6, [DO_BULK] = 1, [DO_SERVE] = 8, [DO_REF] = 1}},
	{"ECN", .conns = 3, .echo = true, .steps = 800, .pace = NSEC_MSEC,
		.sysctls = {{"net.ipv4.tcp_ecn", "1"}},
		.faults = {.delay = NSEC_MSEC, .mark = 30, .lose = 3},
		.often = {[DO_SEND] = 6, [DO_BULK] = 3, [DO_SERVE] = 8}},
	{"DCTCP", .conns = 3, .echo = true, .steps = 800, .pace = NSEC_MSEC,
		.sysctls = {{"net.ipv4.tcp_ecn", "1"},
			{"net.ipv4.tcp_congestion_control", "dctcp"}},
		.faults = {.delay = NSEC_MSEC, .mark = 100},
		.often = {[DO_SEND] = 6, [DO_BULK] = 3, [DO_SERVE] = 8}},
	{"BBR", .conns = 2, .echo = true, .steps = 600, .pace = NSEC_MSEC,
		.sysctls = {{"net.ipv4.tcp_congestion_control", "bbr"}}, .faults = WAN,
		.often = {[DO_SEND] = 4, [DO_BULK] = 3, [DO_SERVE] = 8}},
	{"Reno_no_timestamps", .conns = 3, .echo = true, .steps = 800, .pace = NSEC_MSEC,
		.sysctls = {{"net.ipv4.tcp_congestion_control", "reno"},
			{"net.ipv4.tcp_timestamps", "0"}},
		.faults = LAN, .often = {[DO_SEND] = 6, [DO_BULK] = 2, [DO_SERVE] = 8}},
	{"no_SACK_no_window_scaling", .conns = 3, .echo = true, .steps = 800, .pace = NSEC_MSEC,
		.sysctls = {{"net.ipv4.tcp_sack", "0"}, {"net.ipv4.tcp_window_scaling", "0"}},
		.faults = LAN, .often = {[DO_SEND] = 6, [DO_BULK] = 2, [DO_SERVE] = 8}},
	{"little_memory", .conns = 12, .steps = 800, .pace = NSEC_MSEC,
		.sysctls = {{"net.ipv4.tcp_mem", "16 64 128"}}, .faults = LAN,
		.often = {[DO_SEND] = 6, [DO_BULK] = 4, [DO_RECV] = 2, [DO_SERVE] = 2}},
	{"urgent_bytes", .conns = 3, .checked = true, .steps = 1000, .pace = 500 * NSEC_USEC,
		.faults = LAN,
		.often = {[DO_SEND] = 8,
			[DO_URGENT] = 2,
			[DO_RECV] = 4,
			[DO_PEEK] = 1,
			[DO_SERVE] = 2,
			[DO_ASK] = 1}},
	{"options", .conns = 4, .checked = true, .echo = true, .steps = 1200, .pace = NSEC_MSEC,
		.faults = LAN,
		.often = {[DO_SEND] = 8,
			[DO_BULK] = 1,
			[DO_SERVE] = 8,
			[DO_OPTION] = 3,
			[DO_FLAGS] = 1,
			[DO_PEEK] = 1,
			[DO_ASK] = 1}},
	{"a_slow_reader", .conns = 2, .checked = true, .steps = 800, .pace = NSEC_MSEC,
		.wait = 3 * NSEC_SEC, .faults = LAN,
		.often = {[DO_BULK] = 8, [DO_RECV] = 2, [DO_SEND] = 2, [DO_WAIT] = 1}},
	{"a_slow_reader_and_a_full_device", .conns = 2, .checked = true, .steps = 800,
		.pace = NSEC_MSEC, .wait = 3 * NSEC_SEC,
		.faults = {.delay = NSEC_MSEC, .refuse = 60},
		.often = {[DO_BULK] = 4, [DO_RECV] = 4, [DO_SEND] = 6, [DO_WAIT] = 1}},
	{"epoll_level_edge_once", .conns = 6, .steps = 1200, .pace = 200 * NSEC_USEC, .faults = LAN,
		.often = {[DO_SEND] = 8,
			[DO_BULK] = 1,
			[DO_SERVE] = 8,
			[DO_EPOLL] = 4,
			[DO_RECV] = 3,
			[DO_PEEK] = 1}},
	{"keepalive_and_a_wire_that_is_cut", .conns = 4, .checked = true, .echo = true,
		.steps = 600, .pace = NSEC_MSEC, .wait = 30 * NSEC_SEC,
		.sysctls = {{"net.ipv4.tcp_keepalive_time", "10"},
			{"net.ipv4.tcp_keepalive_intvl", "2"}},
		.faults = LAN,
		.often = {[DO_SEND] = 20,
			[DO_SERVE] = 20,
			[DO_OPTION] = 8,
			[DO_WAIT] = 4,
			[DO_CUT] = 1}},
	{"calls_that_block", .conns = 4, .steps = 800, .pace = NSEC_MSEC, .faults = LAN,
		.often = {[DO_BLOCKED] = 8,
			[DO_SEND] = 3,
			[DO_BULK] = 2,
			[DO_RECV] = 4,
			[DO_SERVE] = 1,
			[DO_CONNECT] = 1,
			[DO_CLOSE] = 1}},
	{"everything", .conns = 6, .echo = true, .checked = true, .steps = 600, .pace = NSEC_MSEC,
		.wait = 5 * NSEC_SEC, .faults = LOSS,
		.often = {[DO_SERVE] = 30,
			[DO_SEND] = 20,
			[DO_BULK] = 4,
			[DO_REF] = 4,
			[DO_FLAGS] = 4,
			[DO_URGENT] = 1,
			[DO_RECV] = 6,
			[DO_PEEK] = 2,
			[DO_BLOCKED] = 4,
			[DO_OPTION] = 6,
			[DO_ASK] = 2,
			[DO_EPOLL] = 3,
			[DO_CONNECT] = 2,
			[DO_SHUTDOWN] = 1,
			[DO_CLOSE] = 1,
			[DO_ABORT] = 1,
			[DO_WAIT] = 1}},
};

/* The run without fast paths and one with them. Their memory, tens of megabytes, is kept from seed
 * to seed: to map it anew takes the sanitizers longer than the runs take. */
struct logs {
	struct run_log slow, fast;
};

/* Runs t with fast paths on the sides where `slow` is false, and compares. */
static void compare(const struct traffic *t, uint64_t seed, const bool slow[2], struct logs *l)
{
	char text[LOG_TEXT];

	log_clear(&l->fast);
	traffic_run(t, seed, slow, &l->fast);
	if (log_differs(&l->slow, &l->fast, text))
		fail_msg("%s, seed %u, fast paths on side%s%s: %s", t->name, (unsigned)seed,
			slow[0] ? "" : " 0", slow[1] ? "" : " 1", text);
}

static void compare_all(const struct traffic *t, uint64_t seed, struct logs *l)
{
	static const bool sides[][2] = {{false, false}, {true, false}, {false, true}};
	static const bool slow[2] = {true, true};

	log_clear(&l->slow);
	traffic_run(t, seed, slow, &l->slow);
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
		compare(t, seed, sides[i], l);
}

/* Other seeds that once found a difference. */
static const struct {
	const char *name;
	uint64_t seed;
} found[] = {
	{"options", 9},                      /* TCP_CONGESTION left the connection plain */
	{"everything", 20},                  /* likewise */
	{"little_memory", 13},               /* an ACK freed the page needed for the data */
	{"segments_that_were_twisted", 137}, /* SND.WL1 beyond RCV.NXT */
};

static void fast_paths_change_nothing(void **state)
{
	const struct traffic *t = *state;
	const char *given = getenv("FAST_PATH_SEEDS");
	uint64_t seeds = given ? strtoul(given, NULL, 10) : SEEDS;
	struct logs l = {0};

	for (uint64_t seed = 1; seed <= seeds; seed++)
		compare_all(t, seed, &l);
	for (size_t i = 0; i < ARRAY_SIZE(found); i++)
		if (strcmp(found[i].name, t->name) == 0 && found[i].seed > seeds)
			compare_all(t, found[i].seed, &l);
	log_free(&l.slow);
	log_free(&l.fast);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(traffics)];

	for (size_t i = 0; i < ARRAY_SIZE(traffics); i++)
		tests[i] = (struct CMUnitTest){.name = traffics[i].name,
			.test_func = fast_paths_change_nothing,
			.initial_state = (void *)&traffics[i]};
	cmocka_set_test_filter(getenv("FAST_PATH_ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
