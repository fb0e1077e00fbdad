/* ladder_test.c - ladders as text, compared with the expected ones. */
#include "lab/report/test/fixture.h"

#include "base/test/test.h"
#include "wire/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>

static void expect(const struct trace *t, const struct report_options *o, const char *want)
{
	char *got = form_of(report_ladder, t, o);

	assert_string_equal(got, want);
	free(got);
}

static void say(struct run *r, struct host *h, int fd, const char *what)
{
	char call[64];

	snprintf(call, sizeof(call), "send(%d, \"%s\")", h == r->client ? 3 : 4, what);
	run_call(r, h, call, burble_send(host_instance(h), fd, what, strlen(what), 0));
}

TEST(a_connection_opens_carries_data_and_closes)
{
	char buf[100];
	struct run r;

	run_new(&r);
	run_connect(&r);
	say(&r, r.client, r.client_fd, "hello");
	run_pass(&r, 100 * NSEC_MSEC);
	run_call(&r, r.server, "recv(4, 100)",
		burble_recv(host_instance(r.server), r.server_fd, buf, sizeof(buf), 0));
	run_call(&r, r.client, "close(3)", burble_close(host_instance(r.client), r.client_fd));
	run_pass(&r, 100 * NSEC_MSEC);
	run_call(&r, r.server, "close(4)", burble_close(host_instance(r.server), r.server_fd));
	run_pass(&r, 100 * NSEC_SEC);
	expect(&r.trace, NULL,
		"   seconds  client                                                        server\n"
		"  0.000000  |                                                 listen(3, 5) = 0 |\n"
		"            | connect(3, 10.0.0.2:80) ...                                      |\n"
		"            |-- SYN 0:0 win 64240 -------------------------------------------->|\n"
		"            | SYN-SENT                                                         |\n"
		"            |                                                       LISTEN :80 |\n"
		"  0.010000  |<-------------------------------------- SYN 0:0 ack 1 win 65160 --|\n"
		"            |                                                     SYN-RECEIVED |\n"
		"  0.020000  |-- ack 1 -------------------------------------------------------->|\n"
		"            | ESTABLISHED                                                      |\n"
		"            | ... connect(3, ...) = 0                                          |\n"
		"  0.030000  |                                                      ESTABLISHED |\n"
		"  0.100000  |                                                    accept(3) = 4 |\n"
		"            | send(3, \"hello\") = 5                                             "
		"|\n"
		"            |-- 1:6(5) ack 1 ------------------------------------------------->|\n"
		"  0.110000  |<-------------------------------------------------------- ack 6 --|\n"
		"  0.200000  |                                                 recv(4, 100) = 5 |\n"
		"            | close(3) = 0                                                     |\n"
		"            |-- FIN 6:6 ack 1 ------------------------------------------------>|\n"
		"            | FIN-WAIT-1                                                       |\n"
		"  0.210000  |                                                       CLOSE-WAIT |\n"
		"  0.250000  |<-------------------------------------------------------- ack 7 --|\n"
		"  0.260000  | FIN-WAIT-2                                                       |\n"
		"  0.300000  |                                                     close(4) = 0 |\n"
		"            |<------------------------------------------------ FIN 1:1 ack 7 --|\n"
		"            |                                                         LAST-ACK |\n"
		"  0.310000  |-- ack 2 -------------------------------------------------------->|\n"
		"            | TIME-WAIT                                                        |\n"
		"  0.320000  |                                                           CLOSED |\n"
		"            :                       ~ 59 s of silence ~                        :\n"
		" 60.310000  | CLOSED                                                           "
		"|\n");
	run_free(&r);
}

TEST(a_lost_segment_is_retransmitted)
{
	struct run r;

	run_new(&r);
	r.lose = 4;
	run_connect(&r);
	say(&r, r.client, r.client_fd, "hello");
	run_pass(&r, NSEC_SEC);
	expect(&r.trace, NULL,
		"   seconds  client                                                        server\n"
		"  0.000000  |                                                 listen(3, 5) = 0 |\n"
		"            | connect(3, 10.0.0.2:80) ...                                      |\n"
		"            |-- SYN 0:0 win 64240 -------------------------------------------->|\n"
		"            | SYN-SENT                                                         |\n"
		"            |                                                       LISTEN :80 |\n"
		"  0.010000  |<-------------------------------------- SYN 0:0 ack 1 win 65160 --|\n"
		"            |                                                     SYN-RECEIVED |\n"
		"  0.020000  |-- ack 1 -------------------------------------------------------->|\n"
		"            | ESTABLISHED                                                      |\n"
		"            | ... connect(3, ...) = 0                                          |\n"
		"  0.030000  |                                                      ESTABLISHED |\n"
		"  0.100000  |                                                    accept(3) = 4 |\n"
		"            | send(3, \"hello\") = 5                                             "
		"|\n"
		"            |-- 1:6(5) ack 1 ---------------X filter                           |\n"
		"  0.320000  |-- 1:6(5) ack 1 again ------------------------------------------->|\n"
		"  0.330000  |<-------------------------------------------------------- ack 6 "
		"--|\n");
	run_free(&r);
}

TEST(a_silent_peer_dies_of_keepalive)
{
	static const int on = 1, interval = 5, probes = 3;
	struct run r;
	struct burble *b;

	run_new(&r);
	run_connect(&r);
	b = host_instance(r.server);
	burble_setsockopt(b, r.server_fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	burble_setsockopt(b, r.server_fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	burble_setsockopt(b, r.server_fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	host_wake(r.server);
	host_power_off(r.client);
	run_pass(&r, 7300 * NSEC_SEC);
	expect(&r.trace, NULL,
		"    seconds  client                                                       server\n"
		"   0.000000  |                                                listen(3, 5) = 0 |\n"
		"             | connect(3, 10.0.0.2:80) ...                                     |\n"
		"             |-- SYN 0:0 win 64240 ------------------------------------------->|\n"
		"             | SYN-SENT                                                        |\n"
		"             |                                                      LISTEN :80 |\n"
		"   0.010000  |<------------------------------------- SYN 0:0 ack 1 win 65160 --|\n"
		"             |                                                    SYN-RECEIVED |\n"
		"   0.020000  |-- ack 1 ------------------------------------------------------->|\n"
		"             | ESTABLISHED                                                     |\n"
		"             | ... connect(3, ...) = 0                                         |\n"
		"   0.030000  |                                                     ESTABLISHED |\n"
		"   0.100000  |                                                   accept(3) = 4 |\n"
		"             |====================== client: power off ========================|\n"
		"             .                    ~ 2 h 0 min of silence ~                     :\n"
		"7200.100000  . host is off X---------------------------- 0:0 ack 1 keepalive --|\n"
		"7205.100000  . host is off X---------------------------- 0:0 ack 1 keepalive --|\n"
		"7210.100000  . host is off X---------------------------- 0:0 ack 1 keepalive --|\n"
		"7215.100000  . host is off X---------------------------------- RST 1:1 ack 1 --|\n"
		"             .                                                          CLOSED "
		"|\n");
	run_free(&r);
}

TEST(a_rebooted_host_resets_old_connections)
{
	struct run r;

	run_new(&r);
	run_connect(&r);
	host_power_off(r.server);
	say(&r, r.client, r.client_fd, "hello");
	run_pass(&r, 500 * NSEC_MSEC);
	host_reboot(r.server);
	run_pass(&r, NSEC_SEC);
	expect(&r.trace, NULL,
		"   seconds  client                                                        server\n"
		"  0.000000  |                                                 listen(3, 5) = 0 |\n"
		"            | connect(3, 10.0.0.2:80) ...                                      |\n"
		"            |-- SYN 0:0 win 64240 -------------------------------------------->|\n"
		"            | SYN-SENT                                                         |\n"
		"            |                                                       LISTEN :80 |\n"
		"  0.010000  |<-------------------------------------- SYN 0:0 ack 1 win 65160 --|\n"
		"            |                                                     SYN-RECEIVED |\n"
		"  0.020000  |-- ack 1 -------------------------------------------------------->|\n"
		"            | ESTABLISHED                                                      |\n"
		"            | ... connect(3, ...) = 0                                          |\n"
		"  0.030000  |                                                      ESTABLISHED |\n"
		"  0.100000  |                                                    accept(3) = 4 |\n"
		"            |======================= server: power off ========================|\n"
		"            | send(3, \"hello\") = 5                                             "
		".\n"
		"            |-- 1:6(5) ack 1 ------------------------------------X host is off .\n"
		"  0.320000  |-- 1:6(5) ack 1 again ------------------------------X host is off .\n"
		"  0.540000  |-- 1:6(5) ack 1 again ------------------------------X host is off .\n"
		"  0.600000  |======================== server: reboot ==========================.\n"
		"  0.980000  |-- 1:6(5) ack 1 again ------------------------------------------->|\n"
		"  0.990000  |<------------------------------------------------------ RST 1:1 --|\n"
		"  1.000000  | CLOSED                                                           "
		"|\n");
	run_free(&r);
}

static void hand_new(struct trace *t)
{
	trace_init(t);
	trace_node(t, "a", true);
	trace_node(t, "b", true);
	trace_node(t, "wire", false);
}

/* A packet sent at `at` that arrives 10 ms later. */
static void arrives(struct trace *t, struct by_hand h)
{
	h.kind = TRACE_SEND;
	h.node = h.back;
	hand_segment(t, &h);
	h.kind = TRACE_RECEIVE;
	h.node = !h.back;
	h.at += 10 * NSEC_MSEC;
	hand_segment(t, &h);
}

static void hand_open(struct trace *t)
{
	hand_new(t);
	arrives(t, (struct by_hand){.id = 1, .seq = 1000, .flags = SEG_SYN, .win = 64240});
	arrives(t, (struct by_hand){.id = 2,
			   .at = 10 * NSEC_MSEC,
			   .back = true,
			   .seq = 4294967295,
			   .ack = 1001,
			   .flags = SEG_SYN | SEG_ACK,
			   .win = 65160});
	arrives(t, (struct by_hand){.id = 3,
			   .at = 20 * NSEC_MSEC,
			   .seq = 1001,
			   .ack = 0,
			   .flags = SEG_ACK,
			   .win = 502});
}

TEST(numbers_are_shown_as_on_the_wire_on_request)
{
	struct trace t;

	hand_open(&t);
	expect(&t, &(struct report_options){.absolute = true},
		"   seconds  a                                                                  b\n"
		"  0.000000  |-- SYN 1000:1000 win 64240 -------------------------------------->|\n"
		"  0.010000  |<----------------- SYN 4294967295:4294967295 ack 1001 win 65160 --|\n"
		"  0.020000  |-- ack 0 "
		"-------------------------------------------------------->|\n");
	trace_free(&t);
}

TEST(a_closed_window_is_probed)
{
	struct trace t;

	hand_open(&t);
	arrives(&t, (struct by_hand){.id = 4,
			    .at = NSEC_SEC,
			    .seq = 1001,
			    .len = 502,
			    .flags = SEG_ACK,
			    .win = 502});
	arrives(&t, (struct by_hand){.id = 5,
			    .at = NSEC_SEC + 10 * NSEC_MSEC,
			    .back = true,
			    .ack = 1503,
			    .flags = SEG_ACK});
	arrives(&t,
		(struct by_hand){
			.id = 6, .at = 2 * NSEC_SEC, .seq = 1502, .flags = SEG_ACK, .win = 502});
	arrives(&t, (struct by_hand){.id = 7,
			    .at = 2 * NSEC_SEC + 10 * NSEC_MSEC,
			    .back = true,
			    .ack = 1503,
			    .flags = SEG_ACK,
			    .win = 300});
	expect(&t, NULL,
		"   seconds  a                                                                  b\n"
		"  0.000000  |-- SYN 0:0 win 64240 -------------------------------------------->|\n"
		"  0.010000  |<-------------------------------------- SYN 0:0 ack 1 win 65160 --|\n"
		"  0.020000  |-- ack 1 -------------------------------------------------------->|\n"
		"  1.000000  |-- 1:503(502) ack 1 --------------------------------------------->|\n"
		"  1.010000  |<------------------------------------------------ ack 503 win 0 --|\n"
		"  2.000000  |-- 502:502 ack 1 window probe ----------------------------------->|\n"
		"  2.010000  |<---------------------------------------------- ack 503 win 300 "
		"--|\n");
	trace_free(&t);
}

TEST(a_long_run_of_plain_packets_is_one_row)
{
	struct trace t;
	char *all;

	hand_open(&t);
	for (uint32_t i = 0; i < 500; i++)
		arrives(&t, (struct by_hand){.id = 10 + i,
				    .at = NSEC_SEC + i * NSEC_MSEC,
				    .seq = 1001 + 1000 * i,
				    .len = 1000,
				    .flags = SEG_ACK,
				    .win = 502});
	expect(&t, NULL,
		"   seconds  a                                                                  b\n"
		"  0.000000  |-- SYN 0:0 win 64240 -------------------------------------------->|\n"
		"  0.010000  |<-------------------------------------- SYN 0:0 ack 1 win 65160 --|\n"
		"  0.020000  |-- ack 1 -------------------------------------------------------->|\n"
		"  1.000000  |-- 1:1001(1000) ack 1 ------------------------------------------->|\n"
		"  1.001000  |-- 1001:2001(1000) ack 1 ---------------------------------------->|\n"
		"  1.002000  |-- 2001:3001(1000) ack 1 ---------------------------------------->|\n"
		"  1.003000  :       ~ 493 packets, 493000 bytes, none lost, in 492 ms ~        :\n"
		"  1.496000  |-- 496001:497001(1000) ack 1 ------------------------------------>|\n"
		"  1.497000  |-- 497001:498001(1000) ack 1 ------------------------------------>|\n"
		"  1.498000  |-- 498001:499001(1000) ack 1 ------------------------------------>|\n"
		"  1.499000  |-- 499001:500001(1000) ack 1 "
		"------------------------------------>|\n");
	all = form_of(report_ladder, &t, &(struct report_options){.all = true});
	assert_true(strlen(all) > (size_t)500 * 80);
	free(all);
	trace_free(&t);
}

TEST(reasons_of_drops_are_shown_and_cut_to_fit)
{
	static const char *const reason[] = {"queue full", "TcpExtListenOverflows",
		"a reason that is so long that no line of eighty columns has room for it"};
	struct trace t;

	hand_new(&t);
	for (uint32_t i = 0; i < 6; i++) {
		struct by_hand h = {.id = 1 + i,
			.at = i * NSEC_SEC,
			.node = i % 2,
			.back = i % 2,
			.seq = 1000,
			.flags = SEG_SYN,
			.win = 64240,
			.text = reason[i / 2]};

		h.kind = TRACE_SEND;
		hand_segment(&t, &h);
		h.kind = i / 2 == 1 ? TRACE_RECEIVE : TRACE_DROP;
		h.node = i / 2 == 1 ? !h.node : 2;
		hand_segment(&t, &h);
	}
	expect(&t, NULL,
		"   seconds  a                                                                  b\n"
		"  0.000000  |-- SYN 0:0 win 64240 --------------X queue full                   |\n"
		"  1.000000  |                   queue full X-------------- SYN 0:0 win 64240 --|\n"
		"  2.000000  |-- SYN 0:0 win 64240 again ---------------X TcpExtListenOverflows |\n"
		"  3.000000  | TcpExtListenOverflows X--------------- SYN 0:0 win 64240 again --|\n"
		"  4.000000  |-- SYN 0:0 win 64240 again X a reason that is so long that no l.. |\n"
		"  5.000000  | a reason that is so long that no l.. X SYN 0:0 win 64240 again "
		"--|\n");
	trace_free(&t);
}

TEST(three_hosts_have_a_column_each)
{
	struct trace t;
	struct trace_event e = {.at = WORLD_START, .kind = TRACE_NOTE, .node = 3, .text = "cut"};

	hand_new(&t);
	trace_node(&t, "attacker", true);
	hand_segment(&t, &(struct by_hand){.id = 1,
				 .kind = TRACE_SEND,
				 .node = 3,
				 .seq = 7,
				 .flags = SEG_RST,
				 .at = 5 * NSEC_MSEC});
	hand_segment(&t, &(struct by_hand){.id = 1,
				 .kind = TRACE_RECEIVE,
				 .node = 1,
				 .seq = 7,
				 .flags = SEG_RST,
				 .text = "TcpExtTCPChallengeACK",
				 .at = 15 * NSEC_MSEC});
	arrives(&t, (struct by_hand){.id = 2,
			    .at = 15 * NSEC_MSEC,
			    .back = true,
			    .seq = 1,
			    .ack = 5,
			    .flags = SEG_ACK,
			    .win = 9});
	hand_segment(&t, &(struct by_hand){.id = 3,
				 .kind = TRACE_SEND,
				 .seq = 5,
				 .ack = 1,
				 .len = 1000,
				 .flags = SEG_ACK | SEG_URG,
				 .at = 25 * NSEC_MSEC});
	hand_segment(&t, &(struct by_hand){.id = 3,
				 .kind = TRACE_DROP,
				 .node = 2,
				 .text = "queue full",
				 .at = 25 * NSEC_MSEC});
	e.at += 30 * NSEC_MSEC;
	trace_add(&t, &e);
	e.kind = TRACE_CALL;
	e.node = 1;
	e.text = "connect(3, 10.0.0.1:80, which is long)";
	trace_add(&t, &e);
	expect(&t, NULL,
		"   seconds  a                                b                          attacker\n"
		"  0.005000  |                                | TcpExtTCPChalleng.. X RST 7:7 --|\n"
		"  0.015000  |<---------------------- ack 1 --|                                 |\n"
		"  0.025000  |---------X queue full           | URG 1:1001(1000) ack 1 win 0    |\n"
		"  0.030000  |========================= attacker: cut ==========================|\n"
		"            | connect(3, 10.0.0.1:80, whic.. |                                 "
		"|\n");
	trace_free(&t);
}

TEST(hostile_text_reaches_no_terminal)
{
	struct trace t;
	char *got;

	hand_hostile(&t);
	got = form_of(report_ladder, &t, &(struct report_options){.title = HOSTILE});
	for (const char *p = got; *p; p++)
		assert_true(*p == '\n' || ((unsigned char)*p >= 32 && (unsigned char)*p < 127));
	free(got);
	trace_free(&t);
}

TEST(colours_leave_the_text_as_it_is)
{
	struct trace t;
	char *plain, *coloured, *to;

	hand_hostile(&t);
	plain = form_of(report_ladder, &t, NULL);
	coloured = form_of(report_ladder, &t, &(struct report_options){.colour = true});
	assert_non_null(strstr(coloured, "\033[31m"));
	to = coloured;
	for (const char *p = coloured; *p;) {
		if (*p == '\033')
			p += strcspn(p, "m") + 1;
		else
			*to++ = *p++;
	}
	*to = '\0';
	assert_string_equal(coloured, plain);
	free(plain);
	free(coloured);
	trace_free(&t);
}

TEST(an_empty_record_has_a_header)
{
	struct trace t;

	trace_init(&t);
	expect(&t, NULL, "   seconds\n");
	trace_free(&t);
}
