/* route_test.c - the trie against a linearly searched list. */
#include "stack/ip/route.h"

#include <errno.h>

#include "base/prng.h"
#include "base/test/test.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

static struct route to(const char *dst, unsigned bits, uint32_t ifindex, uint32_t metric)
{
	struct route r = {.dst = addr(dst),
		.bits = (uint8_t)bits,
		.ifindex = ifindex,
		.metric = metric,
		.expires = NSEC_MAX};

	return r;
}

TEST(the_longest_prefix_wins)
{
	const struct route rows[] = {to("0.0.0.0", 0, 1, 0), to("10.0.0.0", 8, 2, 0),
		to("10.1.0.0", 16, 3, 0), to("10.1.2.3", 32, 4, 0), to("::", 0, 5, 0),
		to("fe80::", 64, 6, 0)};
	static const struct {
		const char *dst;
		uint32_t ifindex;
	} want[] = {{"8.8.8.8", 1}, {"10.9.9.9", 2}, {"10.1.9.9", 3}, {"10.1.2.3", 4},
		{"2001:db8::1", 5}, {"fe80::1", 6}};
	struct route_table t;

	route_init(&t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(route_add(&t, &rows[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct ip_addr a = addr(want[i].dst);

		assert_int_equal(route_find(&t, &a, 0, 0)->ifindex, want[i].ifindex);
	}
	route_free(&t);
}

TEST(an_ipv6_default_route_does_not_apply_to_ipv4)
{
	struct ip_addr a = addr("10.0.0.1");
	struct route r = to("::", 0, 1, 0);
	struct route_table t;

	route_init(&t);
	assert_int_equal(route_add(&t, &r), 0);
	assert_null(route_find(&t, &a, 0, 0));
	route_free(&t);
}

TEST(metric_then_age_decides_among_equals)
{
	struct route rows[] = {
		to("0.0.0.0", 0, 1, 20), to("0.0.0.0", 0, 2, 10), to("0.0.0.0", 0, 3, 10)};
	struct ip_addr a = addr("8.8.8.8");
	struct route_table t;

	route_init(&t);
	rows[1].expires = 100;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(route_add(&t, &rows[i]), 0);
	assert_int_equal(route_add(&t, &rows[2]), -EEXIST);
	assert_int_equal(route_find(&t, &a, 0, 99)->ifindex, 2);
	assert_int_equal(route_find(&t, &a, 0, 100)->ifindex, 3);
	assert_int_equal(route_find(&t, &a, 1, 0)->ifindex, 1);
	assert_null(route_find(&t, &a, 9, 0));
	route_free(&t);
}

TEST(an_interface_without_the_longest_prefix_takes_a_shorter_one)
{
	const struct route wide = to("10.0.0.0", 8, 1, 0), narrow = to("10.1.0.0", 16, 2, 0);
	struct ip_addr a = addr("10.1.0.1");
	struct route_table t;

	route_init(&t);
	assert_int_equal(route_add(&t, &wide), 0);
	assert_int_equal(route_add(&t, &narrow), 0);
	assert_int_equal(route_find(&t, &a, 0, 0)->ifindex, 2);
	assert_int_equal(route_find(&t, &a, 1, 0)->ifindex, 1);
	route_free(&t);
}

TEST(invalid_routes_are_refused)
{
	struct route r = to("10.0.0.0", 8, 1, 0);
	struct route_table t;

	route_init(&t);
	r.gateway = addr("fe80::1");
	assert_int_equal(route_add(&t, &r), -EINVAL);
	r = to("10.0.0.0", 33, 1, 0);
	assert_int_equal(route_add(&t, &r), -EINVAL);
	assert_int_equal(route_del(&t, &r), -ESRCH);
	r = to("10.0.0.0", 8, 1, 0);
	assert_int_equal(route_del(&t, &r), -ESRCH);
	assert_int_equal(t.gen, 0);
	route_free(&t);
}

/* ---- the oracle: an array, searched linearly ---- */

enum {
	ORACLE_MAX = 400
};

struct oracle {
	struct route r[ORACLE_MAX];
	size_t count;
};

static bool oracle_covers(const struct route *r, const struct ip_addr *a)
{
	unsigned first = ip_addr_is_v4(&r->dst) ? 96 : 0;

	for (unsigned bit = first; bit < first + r->bits; bit++)
		if ((r->dst.b[bit / 8] ^ a->b[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return ip_addr_is_v4(a) == ip_addr_is_v4(&r->dst);
}

static const struct route *oracle_find(
	const struct oracle *o, const struct ip_addr *a, uint32_t ifx)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < o->count; i++) {
		const struct route *r = &o->r[i];

		if (!oracle_covers(r, a) || (ifx != 0 && r->ifindex != ifx))
			continue;
		if (best == NULL || r->bits > best->bits ||
			(r->bits == best->bits && r->metric < best->metric))
			best = r;
	}
	return best;
}

/* Addresses that share many leading bits, so that the trie has to split often. */
static struct ip_addr near_address(struct prng *rnd)
{
	struct ip_addr a = prng_below(rnd, 2) ? addr("2001:db8::") : addr("10.0.0.0");

	for (int i = 0; i < 3; i++) {
		unsigned bit = 96 + (unsigned)prng_below(rnd, 32);

		if (!ip_addr_is_v4(&a))
			bit = 32 + (unsigned)prng_below(rnd, 96);
		a.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	return a;
}

static struct route random_route(struct prng *rnd)
{
	struct route r = {.dst = near_address(rnd), .expires = NSEC_MAX};

	r.bits = (uint8_t)prng_below(rnd, ip_addr_bits(&r.dst) + 1);
	r.ifindex = 1 + (uint32_t)prng_below(rnd, 3);
	r.metric = (uint32_t)prng_below(rnd, 4);
	return r;
}

static void oracle_del(struct oracle *o, size_t i)
{
	memmove(&o->r[i], &o->r[i + 1], (o->count - i - 1) * sizeof(o->r[0]));
	o->count--;
}

static bool of_interface(const struct route *r, const void *arg)
{
	return r->ifindex == *(const uint32_t *)arg;
}

static void agree(const struct route_table *t, const struct oracle *o, struct prng *rnd)
{
	assert_int_equal(t->count, o->count);
	for (int i = 0; i < 6; i++) {
		struct ip_addr a = near_address(rnd);
		uint32_t ifx = (uint32_t)prng_below(rnd, 4);
		const struct route *got = route_find(t, &a, ifx, 0),
				   *want = oracle_find(o, &a, ifx);

		assert_int_equal(got == NULL, want == NULL);
		if (want == NULL)
			continue;
		assert_int_equal(got->bits, want->bits);
		assert_int_equal(got->metric, want->metric);
		assert_int_equal(got->ifindex, want->ifindex);
	}
}

TEST(ten_thousand_random_changes_agree_with_the_list)
{
	static struct oracle o;
	struct route_table t;
	struct prng rnd;

	prng_seed(&rnd, 7);
	route_init(&t);
	for (int turn = 0; turn < 10000; turn++) {
		if (o.count < ORACLE_MAX &&
			prng_below(&rnd, 100) < (turn % 2000 < 1000 ? 70u : 30u)) {
			struct route r = random_route(&rnd);

			if (route_add(&t, &r) == 0)
				o.r[o.count++] = r;
		} else if (o.count > 0) {
			size_t i = (size_t)prng_below(&rnd, o.count);

			assert_int_equal(route_del(&t, &o.r[i]), 0);
			oracle_del(&o, i);
		}
		agree(&t, &o, &rnd);
		if (turn % 2500 == 2499) {
			uint32_t ifx = 2;

			route_del_if(&t, of_interface, &ifx);
			for (size_t i = o.count; i-- > 0;)
				if (o.r[i].ifindex == ifx)
					oracle_del(&o, i);
		}
	}
	route_free(&t);
}

static void count_one(const struct route *r, void *arg)
{
	++*(uint32_t *)arg;
}

TEST(a_walk_sees_every_route_once)
{
	struct route_table t;
	struct prng rnd;
	uint32_t seen = 0;

	prng_seed(&rnd, 8);
	route_init(&t);
	for (int i = 0; i < 300; i++) {
		struct route r = random_route(&rnd);

		route_add(&t, &r);
	}
	route_each(&t, count_one, &seen);
	assert_int_equal(seen, t.count);
	route_free(&t);
	assert_int_equal(t.count, 0);
}
