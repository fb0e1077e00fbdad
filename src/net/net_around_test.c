/* net_around_test.c - what a wrapping network has from its base: table, list and batches. */
#include "net/net_around.h"

#include "base/test/test.h"

/* The wrapped network: counts the sends of each of its batches. */
struct inner {
	struct net net;
	size_t batch[8], batches;
};

static void note_batch(struct net *n, struct net_send *sends, size_t count)
{
	struct inner *i = container_of(n, struct inner, net);

	i->batch[i->batches++] = count;
	for (size_t k = 0; k < count; k++)
		sends[k].done = sends[k].handle;
}

static const struct net_ops inner_ops = {.send_batch = note_batch};

static const struct net_ops own_ops = {.send_batch = net_around_send_batch};

static int setup(void **state)
{
	static struct inner inner;
	static struct net_around a;

	inner = (struct inner){.net.ops = &inner_ops};
	a = (struct net_around){.net.ops = &own_ops, .inner = &inner.net};
	*state = &a;
	return 0;
}

static int teardown(void **state)
{
	net_around_free(*state);
	return 0;
}

#define AROUND_TEST(name) TEST_OF(name, struct net_around, a, setup, teardown)

AROUND_TEST(a_batch_passes_as_a_whole)
{
	struct inner *inner = container_of(a->inner, struct inner, net);
	struct net_send sends[7];

	assert_true(net_around_reserve(a, 5));
	a->conns.at[2] = a->conns.at[5] = a;
	for (int i = 0; i < 7; i++)
		sends[i] = (struct net_send){.handle = i};
	a->net.ops->send_batch(&a->net, sends, 7);
	assert_int_equal(inner->batches, 1);
	assert_int_equal(inner->batch[0], 7);
	for (int i = 0; i < 7; i++)
		assert_int_equal(sends[i].done, i);
}

AROUND_TEST(a_handle_without_a_connection_passes_through)
{
	assert_null(net_around_at(a, 0));
	assert_true(net_around_reserve(a, 3));
	assert_null(net_around_at(a, 3));
	assert_null(net_around_at(a, 4));
	assert_null(net_around_at(a, -1));
	a->conns.at[3] = a;
	assert_true(net_around_reserve(a, 300));
	assert_ptr_equal(net_around_at(a, 3), a);
	assert_null(net_around_at(a, 300));
	assert_false(net_around_reserve(a, 1 << 24));
}

AROUND_TEST(the_list_loses_its_first_and_any_one)
{
	assert_true(net_around_reserve(a, 9));
	for (int i = 0; i < 5; i++)
		net_around_list(a, i);
	net_around_listed(a, 2);
	net_around_unlist(a, 3);
	net_around_unlist(a, 7);
	assert_int_equal(a->more.count, 2);
	assert_true(a->more.at[0] + a->more.at[1] == 2 + 4);
}
