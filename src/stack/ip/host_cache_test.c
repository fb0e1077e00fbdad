/* host_cache_test.c - path MTUs and ICMP rate limits of remote hosts. */
#include "base/test/test.h"
#include "stack/ip/host_cache.h"

static struct host_cache t;

static void empty(void)
{
	const struct siphash_key key = {1, 2};

	host_cache_free(&t);
	host_cache_init(&t, &key);
}

static struct ip_addr host(uint32_t n)
{
	return ip_addr_from_v4(0x0a000000 + n);
}

static uint32_t mtu_of(uint32_t n, nsec_t now)
{
	struct ip_addr a = host(n);

	return host_pmtu_get(&t, &a, now).mtu;
}

static void told(uint32_t n, uint32_t mtu, nsec_t now)
{
	struct ip_addr a = host(n);

	host_pmtu_set(&t, &a, (struct host_pmtu_report){mtu, false, now + 600 * NSEC_SEC}, now);
}

TEST(a_path_mtu_is_known_until_it_expires)
{
	empty();
	assert_int_equal(mtu_of(1, 0), 0);
	told(1, 1400, 0);
	assert_int_equal(mtu_of(1, 600 * NSEC_SEC - 1), 1400);
	assert_int_equal(mtu_of(1, 600 * NSEC_SEC), 0);
	assert_int_equal(mtu_of(2, 0), 0);
}

TEST(only_a_smaller_path_mtu_is_a_change)
{
	empty();
	told(1, 1400, 0);
	assert_int_equal(t.pmtu_gen, 1);
	told(1, 1450, 1);
	told(1, 1400, 2);
	assert_int_equal(t.pmtu_gen, 1);
	told(1, 1300, 3);
	assert_int_equal(t.pmtu_gen, 2);
	assert_int_equal(mtu_of(1, 4), 1300);
	told(1, 1450, 700 * NSEC_SEC); /* the old one has expired */
	assert_int_equal(mtu_of(1, 700 * NSEC_SEC), 1450);
}

TEST(other_hosts_evict_the_least_recently_used_entry)
{
	empty();
	told(0, 1400, 1);
	for (uint32_t n = 1; n < 100000; n++) {
		assert_int_equal(mtu_of(0, 2 * n), 1400); /* looked up all the time: stays */
		told(n, 1300, 2 * n + 1);
	}
}

/* After many other hosts every entry is where its address is looked up. */
TEST(an_entry_evicts_none_of_another_set)
{
	empty();
	for (uint32_t n = 1; n < 100000; n++)
		told(n, 1300,
			100000 - n); /* the newest was least recently used: it is evicted next */
	for (uint32_t i = 0; i < HOST_SETS * HOST_WAYS; i++) {
		const struct host_entry *p = &t.set[i / HOST_WAYS][i % HOST_WAYS];

		assert_true(p->used > 0);
		assert_int_equal(host_pmtu_get(&t, &p->addr, 0).mtu, 1300);
	}
}

TEST(a_host_gets_six_errors_at_once_then_one_each_interval)
{
	struct ip_addr a = host(1);
	int allowed = 0;

	empty();
	for (int i = 0; i < 20; i++)
		allowed += host_icmp_allow(&t, &a, NSEC_SEC, 0);
	assert_int_equal(allowed, HOST_ICMP_BURST);
	assert_false(host_icmp_allow(&t, &a, NSEC_SEC, NSEC_SEC - 1));
	assert_true(host_icmp_allow(&t, &a, NSEC_SEC, NSEC_SEC));
	assert_false(host_icmp_allow(&t, &a, NSEC_SEC, NSEC_SEC));
	allowed = 0;
	for (int i = 0; i < 20; i++)
		allowed += host_icmp_allow(&t, &a, NSEC_SEC, 1000 * NSEC_SEC);
	assert_int_equal(allowed, HOST_ICMP_BURST);
	assert_true(host_icmp_allow(&t, &a, 0, 1000 * NSEC_SEC));
}

/* An instance whose peers send neither fragments nor errors, as most do, allocates no table. */
TEST(a_lookup_takes_no_memory)
{
	struct ip_addr a = host(1);

	empty();
	assert_int_equal(mtu_of(1, 0), 0);
	assert_true(host_icmp_allow(&t, &a, 0, 0));
	assert_null(t.set);
	assert_int_equal(host_fragment(&t, &a, 0), 1);
	assert_int_equal(host_fragment(&t, &a, 0), 2);
	assert_non_null(t.set);
}

static int let_go(void **state)
{
	host_cache_free(&t);
	return 0;
}

int main(void)
{
	return test_run(NULL, let_go);
}
