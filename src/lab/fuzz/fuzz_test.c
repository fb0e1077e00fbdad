/*
 * fuzz_test.c - plans as text, plans from seeds, shrinking, and runs: runs depend on the seed
 * alone, and a violated property is detected.
 */
#include "base/test/test.h"
#include "lab/fuzz/draw.h"
#include "lab/fuzz/fast_path.h"
#include "lab/fuzz/oracle.h"
#include "lab/fuzz/packet_script.h"
#include "lab/fuzz/script.h"
#include "lab/fuzz/shrink.h"
#include "lab/fuzz/worker.h"
#include "lab/scenario/scenario.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#include <stdio.h>
#include <stdlib.h>

static struct plan plan_of(const char *text)
{
	struct plan p;
	unsigned line;

	if (!plan_parse(&p, text, &line))
		fail_msg("line %u of a plan", line);
	return p;
}

TEST(a_plan_reads_back_as_it_was_printed)
{
	static char text[PLAN_TEXT], again[PLAN_TEXT];

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct plan p, back;
		unsigned line;

		draw_plan(&p, seed);
		plan_print(&p, text);
		assert_true(plan_parse(&back, text, &line));
		plan_print(&back, again);
		assert_string_equal(text, again);
		assert_int_equal(back.rows, p.rows);
	}
}

TEST(a_text_that_is_no_plan_is_refused_with_its_line)
{
	static const char *const texts[] = {"seed 1\nnonsense", "seed 1\nmtu link=a", "\nmtu link",
		"\nnet shape=moebius", "\nmtu bytes=-1", "\nmtu bytes=65536", "\nmtu width=3"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct plan p;
		unsigned line;

		assert_false(plan_parse(&p, texts[i], &line));
		assert_int_equal(line, 2);
	}
}

TEST(rows_that_refer_to_nothing_are_removed)
{
	struct plan p = plan_of("net shape=pair\nloss link=1 share=5\nsysctl host=2\n"
				"write id=3 end=0 do=send n=1\nconn id=1 client=1 server=1\n"
				"conn id=2 client=0 server=1\nread id=2 end=1 do=quit\n");

	assert_int_equal(p.rows, 3);
	assert_non_null(plan_conn(&p, 2));
	assert_null(plan_conn(&p, 1));
	assert_int_equal(p.row[2].kind, ROW_READ);
}

TEST(every_kind_of_row_is_drawn)
{
	uint32_t seen[ROW_KINDS] = {0};

	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct plan p;

		draw_plan(&p, seed);
		for (uint32_t i = 0; i < p.rows; i++)
			seen[p.row[i].kind]++;
	}
	for (int i = 0; i < ROW_KINDS; i++)
		if (seen[i] == 0)
			fail_msg("no row '%s'", row_spec((enum row_kind)i)->name);
}

TEST(a_run_depends_on_its_seed_alone)
{
	uint64_t last = 0;

	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct run_result a, b;
		struct plan p;

		draw_plan(&p, seed);
		run_plan(&p, &(struct net_options){0}, &a);
		run_plan(&p, &(struct net_options){0}, &b);
		assert_string_equal(a.failure.property, "");
		assert_true(a.hash == b.hash && a.packets == b.packets);
		assert_true(a.hash != last);
		last = a.hash;
	}
}

TEST(a_run_is_the_same_without_fast_paths_and_the_difference_is_named)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct run_result result;
		struct plan p;

		draw_plan(&p, seed);
		run_plan(&p, &(struct net_options){0}, &result);
		fast_path_compare(&p, &result);
		if (result.failure.property[0])
			fail_msg("seed %d: %s", (int)seed, result.failure.text);
		result.count[MIB_TcpInSegs]++;
		fast_path_compare(&p, &result);
		assert_string_equal(result.failure.property, FAST_PATH);
		assert_non_null(strstr(result.failure.text, "counters TcpInSegs"));
	}
}

TEST(a_window_that_may_shrink_may_stay_shut)
{
	struct plan p =
		plan_of("net shape=pair v6=1\nsysctl host=0 name=net.ipv4.tcp_rmem value=2304\n"
			"sysctl host=0 name=net.ipv4.tcp_shrink_window value=1\n"
			"conn id=0 client=1 server=0\nwrite id=0 end=0 do=send n=19585\n");
	struct run_result result;

	run_plan(&p, &(struct net_options){0}, &result);
	assert_string_equal(result.failure.property, "");
}

static struct run_result held(const char *text)
{
	struct plan p = plan_of(text);
	struct run_result result;

	run_plan(&p, &(struct net_options){0}, &result);
	if (result.failure.property[0])
		fail_msg("%s: %s", result.failure.property, result.failure.text);
	return result;
}

TEST(data_leaves_in_the_syn)
{
	struct run_result r =
		held("sysctl host=0 name=net.ipv4.tcp_fastopen value=1543\n"
		     "sysctl host=1 name=net.ipv4.tcp_fastopen value=1543\n"
		     "conn id=0 client=0 server=1\nconn id=1 client=1 server=0\n"
		     "write id=0 end=0 do=send n=900 flags=8\n"
		     "write id=1 end=0 do=send n=5000 flags=8\nwait id=1 end=0 how=edge\n");

	assert_int_equal(r.count[MIB_TcpExtTCPFastOpenActive], 2);
	assert_int_equal(r.count[MIB_TcpExtTCPFastOpenPassive], 2);
}

TEST(where_fast_open_is_off_connect_takes_its_place)
{
	struct run_result r = held("sysctl host=0 name=net.ipv4.tcp_fastopen value=0\n"
				   "conn id=0 client=0 server=1\n"
				   "write id=0 end=0 do=send n=900 flags=8\n");

	assert_int_equal(r.count[MIB_TcpExtTCPFastOpenActive], 0);
	assert_int_equal(r.count[MIB_TcpPassiveOpens], 1);
}

TEST(datagrams_are_read_or_counted)
{
	struct run_result r = held("udp id=0 from=0 to=1 count=20 bytes=700 gap=1000\n"
				   "udp id=1 from=1 to=0 count=30 bytes=0 gap=0 flags=1\n");

	assert_int_equal(r.count[MIB_UdpInDatagrams], 50);
	r = held("duplicate link=0 share=500000\nudp id=0 from=0 to=1 count=60 bytes=900\n");
	assert_true(r.count[MIB_UdpInDatagrams] > 60);
	r = held(
		"udp id=0 from=0 to=1 count=60 bytes=1400 flags=2\nfreeze host=1 for=1000000000\n");
	assert_true(r.count[MIB_UdpRcvbufErrors] > 0);
	assert_int_equal(r.count[MIB_UdpRcvbufErrors] + r.count[MIB_UdpInDatagrams], 60);
}

TEST(datagrams_that_wait_count_against_udp_mem)
{
	struct run_result r = held("udp id=0 from=0 to=1 count=60 bytes=0 gap=1000\n"
				   "udp id=1 from=0 to=1 count=60 bytes=0 gap=1000\n"
				   "udp id=2 from=0 to=1 count=60 bytes=0 gap=1000\n"
				   "freeze host=1 for=1000000000\n");

	assert_int_equal(r.count[MIB_UdpInDatagrams], 180);
}

/* As if a datagram had come less often than it was read. */
static void one_less(void *run, int host, const struct packet *p)
{
	struct run *r = run;

	if (p && host == 1)
		r->flow[0].came[0]--;
}

TEST(a_datagram_that_is_read_too_often_is_a_failure)
{
	struct run *r = calloc(1, sizeof(*r));
	struct plan p = plan_of("udp id=0 from=0 to=1 count=1 bytes=8\n");

	r->arrives = one_less;
	net_init(&r->net, &p, &(struct net_options){0});
	program_init(r);
	world_run(&r->net.world, WORLD_START + NSEC_SEC, NULL);
	program_end(r);
	r->flow[0].came[0]++; /* what one_less() took */
	datagram_check(r);
	assert_string_equal(r->failure.property, "copies");
	net_free(&r->net);
	free(r);
}

TEST(a_connection_survives_that_its_address_is_gone_for_a_while)
{
	struct run_result r = held("conn id=0 client=0 server=1\n"
				   "write id=0 end=0 do=send n=60000\n"
				   "address host=1 at=60000000 for=3000000000\n");

	assert_true(r.count[MIB_IpInAddrErrors] > 0);
}

/* The SYN-ACK is not acknowledged yet, and cannot be sent again. */
TEST(a_request_does_not_survive_that_its_address_is_gone)
{
	struct run_result r = held("conn id=0 client=0 server=1\n"
				   "write id=0 end=0 do=send n=60000\n"
				   "address host=1 at=30000000 for=3000000000\n");

	assert_int_equal(r.count[MIB_TcpExtTCPSynRetrans], 0);
	assert_true(r.count[MIB_TcpOutRsts] > 0);
}

/* A FIN, and a packet like it behind it. */
struct second_fin {
	struct run run; /* must be first: it is what the hook gets */
	struct packet *copy;
	bool sent;
};

static void put_behind(uint8_t *tcp)
{
	uint16_t low, next, csum;

	memcpy(&low, tcp + 6, 2);
	next = htobe16((uint16_t)(be16toh(low) + 1));
	memcpy(tcp + 6, &next, 2);
	memcpy(&csum, tcp + 16, 2);
	csum = csum_update16(csum, low, next);
	memcpy(tcp + 16, &csum, 2);
}

static void send_it_twice(void *run, int host, const struct packet *p)
{
	struct second_fin *f = run;

	oracle_arrives(run, host, p);
	if (p && host == 1 && !f->copy && (p->bytes[IPV4_HDR_MIN + 13] & SEG_FIN)) {
		f->copy = packet_copy(&f->run.net.world, p);
		put_behind(f->copy->bytes + IPV4_HDR_MIN);
	} else if (!p && f->copy && !f->sent) {
		f->sent = true;
		node_forward((struct port){&f->run.net.tap[1].node, f->run.net.port[1]}, f->copy);
	}
}

TEST(a_segment_behind_the_fin_counts_as_a_drop_of_its_socket)
{
	struct plan p = plan_of("conn id=0 client=0 server=1\nwrite id=0 end=1 do=pause n=500\n");
	struct second_fin *f = calloc(1, sizeof(*f));
	struct run *r = &f->run;

	r->oracle = calloc(1, sizeof(*r->oracle));
	r->arrives = send_it_twice;
	net_init(&r->net, &p, &(struct net_options){0});
	program_init(r);
	world_run(&r->net.world, WORLD_START + NSEC_SEC, NULL);
	program_end(r);
	assert_true(f->sent);
	assert_string_equal(r->failure.text, "");
	net_free(&r->net);
	free(r->oracle);
	free(f);
}

TEST(a_connection_may_fail_because_its_header_was_corrupted_on_the_way_to_a_router)
{
	struct run_result r = held("seed 7031002415\nnet shape=router hosts=2 v6=1\n"
				   "corrupt link=0 share=27641\nconn id=1 client=0 server=1\n");

	assert_int_equal(r.count[MIB_Icmp6OutTimeExcds], 1);
}

TEST(a_connection_without_a_program_may_be_given_up_after_tcp_orphan_retries)
{
	struct run_result r = held("seed 7050559042\nnet shape=switch hosts=2 v6=0\n"
				   "corrupt link=0 share=1\ndrop link=1 nth=16\n"
				   "drop link=1 nth=17\n"
				   "storm link=0 at=0 for=7050000001 share=855986\n"
				   "conn id=0 client=1 server=0\n"
				   "write id=0 end=0 do=send n=1449\n");

	assert_int_equal(r.count[MIB_TcpExtTCPAbortOnTimeout], 1);
	assert_int_equal(r.count[MIB_TcpRetransSegs], 4 /* SYN-ACK */ + 8 /* data and FIN */);
}

TEST(a_close_that_lingers_waits)
{
	held("conn id=0 client=0 server=1\nwrite id=0 end=0 do=send n=9000\n"
	     "write id=0 end=0 do=linger n=5\ncut link=0 at=30000000 for=20000000000 side=both\n");
	held("conn id=0 client=1 server=0\nwrite id=0 end=0 do=linger n=1\n"
	     "crash host=1 at=20000001\n");
}

TEST(an_empty_send_opens_what_waits_for_data)
{
	held("sysctl host=0 name=net.ipv4.tcp_fastopen value=511\n"
	     "conn id=0 client=0 server=1\nwait id=0 end=0 how=edge\n"
	     "option id=0 end=0 name=TCP_FASTOPEN_CONNECT value=1\n"
	     "write id=0 end=0 do=send n=0\n");
}

/* --- shrinking -------------------------------------------------------------------------------- */

/* Fails if a connection sends 700 bytes or more in one call and its server's host is frozen. */
static void planted(void *ctx, const struct plan *p, bool losses, struct run_result *result)
{
	bool long_send = false;

	*result = (struct run_result){0};
	for (uint32_t i = 0; i < p->rows; i++)
		long_send |= p->row[i].kind == ROW_WRITE && p->row[i].arg[ACT_DO] == ACT_SEND &&
			     p->row[i].arg[ACT_N] >= 700;
	if (long_send && plan_find(p, ROW_FREEZE))
		snprintf(result->failure.property, sizeof(result->failure.property), "planted");
}

TEST(a_planted_failure_shrinks_to_the_rows_and_numbers_that_it_needs)
{
	struct shrink s = {planted, NULL};
	struct failure f = {"planted", ""};
	struct run_result result;
	static char text[PLAN_TEXT];
	int found = 0;

	for (uint64_t seed = 1; found < 20; seed++) {
		struct plan p;

		draw_plan(&p, seed);
		planted(NULL, &p, false, &result);
		if (!result.failure.property[0])
			continue;
		found++;
		shrink_plan(&s, &p, &f);
		assert_int_equal(p.rows, plan_find(&p, ROW_NET) ? 4 : 3); /* host 2 needs it */
		assert_int_equal(plan_find(&p, ROW_WRITE)->arg[ACT_N], 700);
		assert_int_equal(plan_find(&p, ROW_FREEZE)->arg[FAULT_AT], 0);
		plan_print(&p, text);
		assert_non_null(strstr(text, "conn id="));
	}
}

/* Fails while the fifth packet of link 0 is lost, by chance or by number. */
static void fifth_lost(void *ctx, const struct plan *p, bool losses, struct run_result *result)
{
	const struct row *drop = plan_find(p, ROW_DROP);
	bool chance = plan_find(p, ROW_LOSS) != NULL;

	*result = (struct run_result){0};
	if (chance)
		*result = (struct run_result){.losses = 2, .loss = {{0, 3}, {0, 5}}};
	for (uint32_t i = 0; drop && i < p->rows; i++)
		chance |= p->row[i].kind == ROW_DROP && p->row[i].arg[LINK_VALUE] == 5;
	if (chance)
		snprintf(result->failure.property, sizeof(result->failure.property), "fifth");
}

TEST(random_loss_becomes_the_loss_of_numbered_packets)
{
	struct shrink s = {fifth_lost, NULL};
	struct failure f = {"fifth", ""};
	struct plan p = plan_of("loss link=0 share=500000\nconn id=0 client=0 server=1\n");

	shrink_plan(&s, &p, &f);
	assert_int_equal(p.rows, 1);
	assert_int_equal(p.row[0].kind, ROW_DROP);
	assert_int_equal(p.row[0].arg[LINK_VALUE], 5);
}

TEST(a_crash_is_the_same_only_at_the_same_place)
{
	struct failure a = {"crash", "Assertion `x'"}, b = {"crash", "Assertion `y'"};
	struct failure c = {"short", "3 of 5"}, d = {"short", "3 of 4"};

	assert_false(failure_same(&a, &b));
	assert_true(failure_same(&c, &d));
	assert_false(failure_same(&a, &c));
}

/* --- scenarios -------------------------------------------------------------------------------- */

static void is_the_same_as_a_scenario(const struct plan *p)
{
	static char text[SCRIPT_TEXT];
	struct failure f = {"intact", "a test"};
	struct scenario_options o = {.seed = p->seed};
	struct scenario_result r = {0};
	struct run_result result;

	run_plan(p, &(struct net_options){0}, &result);
	assert_string_equal(result.failure.property, "");
	assert_true(script_print(p, &f, text));
	if (!scenario_run("plan.lua", text, strlen(text), &o, &r))
		fail_msg("%s", r.error);
	assert_int_equal(r.packets, result.packets);
	free(r.story);
}

TEST(a_plan_is_a_scenario_that_sends_the_same_packets)
{
	struct plan p =
		plan_of("seed 7\nloss link=0 share=100000\ndelay link=0 time=20000000\n"
			"sysctl host=0 name=net.ipv4.tcp_sack value=0\ndrop link=0 nth=4\n"
			"conn id=0 client=0 server=1 at=5000000\n"
			"option id=0 end=0 name=TCP_NODELAY value=1\n"
			"write id=0 end=0 do=send n=40000\nread id=0 end=1 do=pause n=7000000\n"
			"write id=0 end=1 do=send n=300 flags=1\n"
			"cut link=0 at=100000000 for=2000000000 side=a\n");

	is_the_same_as_a_scenario(&p);
}

TEST(so_is_one_with_fast_open_datagrams_and_an_address_that_goes)
{
	struct plan p = plan_of("seed 7\nsysctl host=0 name=net.ipv4.tcp_fastopen value=1543\n"
				"sysctl host=1 name=net.ipv4.tcp_fastopen value=1543\n"
				"conn id=0 client=0 server=1\n"
				"write id=0 end=0 do=send n=900 flags=8\n"
				"udp id=0 from=1 to=0 count=20 bytes=900 gap=30000000\n"
				"udp id=1 from=0 to=1 count=5 bytes=3000 gap=1000000 flags=1\n"
				"address host=0 at=200000000 for=100000000\n");

	is_the_same_as_a_scenario(&p);
}

TEST(every_plan_is_a_scenario_without_an_error)
{
	static char text[SCRIPT_TEXT];

	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct failure f = {"memory", "a test"};
		struct scenario_options o = {.seed = seed};
		struct scenario_result r = {0};
		struct plan p;

		draw_plan(&p, seed);
		assert_true(script_print(&p, &f, text));
		scenario_run("plan.lua", text, strlen(text), &o, &r);
		if (r.broken)
			fail_msg("seed %d: %s", (int)seed, r.error);
		free(r.story);
	}
}

/* --- packet scripts --------------------------------------------------------------------------- */

static char packets[PACKET_SCRIPT_TEXT], reason[PACKET_SCRIPT_WHY];

static struct plan lossy(void)
{
	return plan_of(
		"seed 7\ndrop link=0 nth=5\nsysctl host=1 name=net.ipv4.tcp_rmem value=9000\n"
		"conn id=0 client=0 server=1\noption id=0 end=0 name=TCP_NODELAY value=1\n"
		"write id=0 end=0 do=send n=20000\nread id=0 end=1 do=pause n=7000000\n"
		"crash host=1 at=900000000\n");
}

TEST(a_plan_is_a_packet_script_of_the_host_that_fails)
{
	struct failure f = {"", "connection 0, end 0: a test"};
	struct plan p = lossy();

	assert_true(packet_script(&p, &f, packets, reason));
	assert_non_null(strstr(packets, "--local_ip=10.0.0.1\n--remote_ip=10.0.0.2\n"));
	assert_null(strstr(packets, "sysctl"));
	assert_non_null(strstr(packets, " > 20000 > 8000 S 0:0(0) win"));
	assert_non_null(strstr(packets, "(4, IPPROTO_TCP, TCP_NODELAY, [1], 4) = 0\n") ||
			strstr(packets, "(3, IPPROTO_TCP, TCP_NODELAY, [1], 4) = 0\n"));
	strcpy(f.text, "host b: a test");
	assert_true(packet_script(&p, &f, packets, reason));
	assert_non_null(strstr(packets, "`sysctl 'net.ipv4.tcp_rmem=2048 9000 33554432'`"));
	assert_non_null(strstr(packets, " < 20000 > 8000 S 0:0(0) win"));
	assert_non_null(strstr(packets, " accept(3, ..., ...) = 4\n"));
}

TEST(a_failing_host_without_a_script_is_replaced_by_another)
{
	struct failure f = {"", "host a: a test"};
	struct plan p = plan_of("seed 7\nconn id=0 client=0 server=1\n"
				"write id=0 end=0 do=send n=20000\n"
				"power host=0 at=500000000 for=1000000000\n");

	assert_true(packet_script(&p, &f, packets, reason));
	assert_non_null(strstr(packets, "// Host b of a random run"));
}

TEST(a_script_that_does_not_replay_is_detected)
{
	struct worker_packets w = {.text = packets};
	struct failure f = {"", "host a: a test"};
	struct plan p = lossy();
	char *ack;

	assert_true(packet_script(&p, &f, packets, reason));
	worker_packets(&w);
	assert_string_equal(w.failure.property, "");
	assert_true(w.sent > 10);
	ack = strstr(strstr(packets, " > 20000 > 8000 . "), " ack 1 ");
	ack[5] = '2';
	worker_packets(&w);
	assert_string_equal(w.failure.property, "packets");
	assert_non_null(strstr(w.failure.text, "acknowledgement number differs"));
}

TEST(runs_that_no_script_can_express_have_a_reason)
{
	static const struct {
		const char *plan, *failure, *why;
	} cases[] = {
		{"power host=0 at=5 for=5\npower host=1 at=5 for=5\n", "",
			"host a: it loses power"},
		{"", "short", "it needs calls that block, or that are sent together"},
		{"crash host=0 at=0\n", "", "host a: no other host speaks to its programs"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct failure f = {"", "host a: a test"};
		char text[512];
		struct plan p;

		snprintf(text, sizeof(text),
			"seed 1\nconn id=0 client=0 server=1\nwrite id=0 end=0 do=send n=20\n%s",
			cases[i].plan);
		snprintf(f.property, sizeof(f.property), "%s", cases[i].failure);
		p = plan_of(text);
		assert_false(packet_script(&p, &f, packets, reason));
		assert_string_equal(reason, cases[i].why);
	}
}

TEST(most_plans_have_a_host_whose_script_replays)
{
	int found = 0;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct failure f = {0};
		struct plan p;

		draw_plan(&p, seed);
		found += packet_script(&p, &f, packets, reason);
	}
	assert_true(found >= 32);
}
