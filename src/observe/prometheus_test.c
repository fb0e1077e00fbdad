/*
 * prometheus_test.c - names, escapes and histograms of a page.
 */
#include "base/test/test.h"
#include "observe/counter_help.h"
#include "observe/prometheus.h"

#include <stdlib.h>

static void expect_name(const char *nstat, const char *want)
{
	char name[PROM_NAME_MAX];

	prom_counter_name(name, nstat);
	assert_string_equal(name, want);
}

TEST(names_are_words_of_small_letters)
{
	expect_name("TcpExtListenDrops", "burble_tcp_ext_listen_drops_total");
	expect_name("TcpExtTCPHPHits", "burble_tcp_ext_tcphp_hits_total");
	expect_name("IpReasmOKs", "burble_ip_reasm_oks_total");
	expect_name("TcpExtDelayedACKs", "burble_tcp_ext_delayed_acks_total");
	expect_name("TcpExtTCPSpuriousRTOs", "burble_tcp_ext_tcp_spurious_rtos_total");
	expect_name("Icmp6InMLDv2Reports", "burble_icmp6_in_mldv2_reports_total");
	expect_name("IpExtInECT1Pkts", "burble_ip_ext_in_ect1_pkts_total");
	expect_name("Ip6OutOctets", "burble_ip6_out_bytes_total");
	expect_name("TcpCurrEstab", "burble_tcp_curr_estab");
	expect_name("TcpExtTW", "burble_tcp_ext_tw_total");
}

TEST(help_is_found_from_any_place)
{
	uint32_t at = 200;

	assert_string_equal(counter_help("TcpExtTCPTimeouts", &at), "retransmission timeouts");
	assert_string_equal(counter_help("TcpExtTCPLossProbes", &at), "tail loss probes sent");
	assert_null(counter_help("NoSuch", &at));
}

TEST(label_values_and_help_are_escaped)
{
	struct prom p = {0};

	prom_family(&p, "x", PROM_GAUGE, "a \"b\" \\ c\nd");
	prom_sample(&p, "l", "a \"b\" \\ c\nd", 7);
	assert_false(p.failed);
	p.at[p.len] = '\0';
	assert_string_equal(p.at, "# HELP x a \"b\" \\\\ c\\nd\n# TYPE x gauge\n"
				  "x{l=\"a \\\"b\\\" \\\\ c\\nd\"} 7\n");
	free(p.at);
}

TEST(a_histogram_is_cumulative_and_in_seconds)
{
	struct prom p = {0};
	struct histogram h = {0};

	histogram_add(&h, NSEC_USEC, 2);
	histogram_add(&h, 3 * NSEC_USEC, 1);
	histogram_add(&h, 60 * NSEC_SEC, 1);
	prom_histogram(&p, "x_seconds", "Times.", &h);
	p.at[p.len] = '\0';
	assert_non_null(strstr(p.at, "x_seconds_bucket{le=\"1e-06\"} 2\n"));
	assert_non_null(strstr(p.at, "x_seconds_bucket{le=\"2e-06\"} 2\n"));
	assert_non_null(strstr(p.at, "x_seconds_bucket{le=\"4e-06\"} 3\n"));
	assert_non_null(strstr(p.at, "x_seconds_bucket{le=\"+Inf\"} 4\n"
				     "x_seconds_sum 60.000005000\nx_seconds_count 4\n"));
	free(p.at);
}

TEST(counters_have_units)
{
	struct prom p = {0};
	uint32_t at = 0;

	prom_counter(&p, "TcpExtTCPMemoryPressuresChrono", 1500, &at);
	prom_counter(&p, "TcpCurrEstab", 3, &at);
	p.at[p.len] = '\0';
	assert_non_null(strstr(
		p.at, "burble_tcp_ext_tcp_memory_pressures_chrono_seconds_total 1.500000000\n"));
	assert_non_null(strstr(p.at, "# TYPE burble_tcp_curr_estab gauge\n"));
	free(p.at);
}

TEST(a_page_that_is_too_long_fails)
{
	struct prom p = {0};
	char text[400];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	prom_family(&p, "x", PROM_GAUGE, "");
	for (int i = 0; i < PROM_PAGE_MAX / 400; i++)
		prom_sample(&p, "l", text, 1);
	assert_true(p.failed && p.size <= PROM_PAGE_MAX);
	free(p.at);
}
