/* top_text_test.c - the screen of `burble top`. */
#include "observe/top_text.h"

#include "base/test/test.h"

#include <string.h>

static const char *const names[] = {"TcpCurrEstab", "TcpInSegs", "TcpOutSegs", "TcpRetransSegs",
	"IpExtInOctets", "Ip6OutOctets", "TcpExtListenDrops"};

static void fill(struct top_sample *s, const uint64_t *values, nsec_t at)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->name, "chat");
	strcpy(s->version, "0.1.0");
	s->pid = 12;
	s->idle = 7;
	s->at = at;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(counter_list_add(&s->counters, names[i], values[i]));
}

TEST(the_busiest_counters_come_first_with_their_rates)
{
	static const uint64_t first[] = {9, 100, 100, 0, 1000, 50, 3};
	static const uint64_t second[] = {8, 120, 116, 4, 3000, 150, 3};
	static struct top_sample before, now;
	static char out[TOP_TEXT_MAX];
	struct text t = text_in(out, sizeof(out));

	fill(&before, first, 0);
	fill(&now, second, 2 * NSEC_SEC);
	top_text(&t, &before, &now, 3);
	assert_string_equal(out,
		"burble top - chat, pid 12, burble 0.1.0\n"
		"connections  8 established, 0 awake, 7 idle, 0 orphans\n"
		"per second   10 segments in, 8 out, 2 retransmitted (20.00%)\n"
		"             1000 bytes in, 50 out\n"
		"COUNTER                                     TOTAL     PER SECOND\n"
		"IpExtInOctets                                3000         1000.0\n"
		"Ip6OutOctets                                  150           50.0\n"
		"TcpInSegs                                     120           10.0\n");
}

TEST(without_time_or_change_there_are_no_rates)
{
	static const uint64_t values[] = {9, 100, 100, 0, 1000, 50, 3};
	static struct top_sample now;
	static char out[TOP_TEXT_MAX];
	struct text t = text_in(out, sizeof(out));

	fill(&now, values, 0);
	top_text(&t, &now, &now, 10);
	assert_non_null(
		strstr(out, "per second   0 segments in, 0 out, 0 retransmitted (0.00%)\n"));
	assert_string_equal(strstr(out, "PER SECOND\n"), "PER SECOND\n");
}
