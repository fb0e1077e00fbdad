/* control_request_test.c - requests on a control socket. */
#include "host/control_request.h"

#include "base/test/test.h"

#include <stdio.h>

static const char *parse(struct control_request *r, const char *text)
{
	static char line[CONTROL_LINE_MAX];

	snprintf(line, sizeof(line), "%s", text);
	return control_parse(r, line);
}

TEST(sockets_without_words_are_all_of_both_protocols)
{
	struct control_request r;

	assert_null(parse(&r, "sockets"));
	assert_int_equal(r.verb, CONTROL_SOCKETS);
	assert_true(r.tcp && r.udp && !r.info && !r.mem);
	assert_int_equal(r.states, 0xffe);
}

TEST(sockets_take_protocols_states_and_what_to_say_of_each)
{
	struct control_request r;

	assert_null(parse(&r, "  sockets tcp  state=ESTAB,SYN-RECV info mem "));
	assert_true(r.tcp && !r.udp && r.info && r.mem);
	assert_int_equal(r.states, 1u << 1 | 1u << 3);
	assert_null(parse(&r, "sockets udp"));
	assert_true(r.udp && !r.tcp);
}

TEST(a_sysctl_is_read_or_written_and_a_value_may_contain_blanks)
{
	struct control_request r;

	assert_null(parse(&r, "sysctl"));
	assert_true(r.verb == CONTROL_SYSCTL && !r.name && !r.value);
	assert_null(parse(&r, "sysctl net.ipv4.tcp_sack"));
	assert_string_equal(r.name, "net.ipv4.tcp_sack");
	assert_null(r.value);
	assert_null(parse(&r, "sysctl net.ipv4.tcp_rmem = 4096 131072 6291456"));
	assert_string_equal(r.name, "net.ipv4.tcp_rmem");
	assert_string_equal(r.value, " 4096 131072 6291456");
}

TEST(a_dump_takes_the_bytes_of_a_packet)
{
	struct control_request r;

	assert_null(parse(&r, "dump"));
	assert_int_equal(r.snap, CONTROL_SNAP_MAX);
	assert_null(parse(&r, "dump snap=96"));
	assert_int_equal(r.snap, 96);
}

TEST(everything_else_is_refused_with_a_reason)
{
	static const char *const bad[] = {"", " ", "socket", "sockets all",
		"sockets state=", "sockets state=ESTAB,BETTER", "sockets STATE=ESTAB",
		"counters all", "instance 1", "descriptors x", "sysctl a b", "sysctl =1",
		"sysctl a b=1", "SOCKETS", "dump 96", "dump snap=0", "dump snap=65537",
		"dump snap=-1", "dump snap=9x", "dump snap=9 9"};
	struct control_request r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(parse(&r, bad[i]));
}
