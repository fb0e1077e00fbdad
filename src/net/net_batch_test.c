/*
 * net_batch_test.c - batches through a network that doubles each byte: "ab" leaves as "aabb". The
 * wrapped network writes down what it is asked to send, and takes of each as much as a test allows.
 */
#include "net/net_batch.h"

#include "base/test/test.h"

#include <errno.h>
#include <stdlib.h>

enum {
	CONNS = 1000,
	OURS = 500,   /* handles from here on are in the table */
	ALONE = 999,  /* the handle that must be sent by itself */
	BROKEN = 998, /* the handle that cannot be encoded */
};

struct twice {
	struct net_around around;
	struct net inner;
	struct net_batch batch;
	size_t batches, sizes[CONNS]; /* of the wrapped network */
	char got[CONNS][64];          /* by handle; of long texts the beginning */
	size_t bytes[CONNS];
	ssize_t takes; /* of each send; 0: all */
	int alone;     /* calls of our send() */
};

static void inner_batch(struct net *n, struct net_send *sends, size_t count)
{
	struct twice *t = container_of(n, struct twice, inner);

	t->sizes[t->batches++] = count;
	for (struct net_send *s = sends; s < sends + count; s++) {
		size_t sum = 0;

		for (uint32_t i = 0; i < s->iov_count; i++) {
			size_t part = size_min(s->iov[i].iov_len, 63 - size_min(sum, 63));

			memcpy(t->got[s->handle] + size_min(sum, 63), s->iov[i].iov_base, part);
			sum += s->iov[i].iov_len;
		}
		t->bytes[s->handle] = sum;
		s->done = t->takes ? t->takes : (ssize_t)sum;
	}
}

static ssize_t send_alone(struct net *n, int handle, const struct iovec *iov, int count)
{
	container_of(n, struct twice, around.net)->alone++;
	return 7;
}

static size_t text_of(const struct net_send *s)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < s->iov_count; i++)
		sum += s->iov[i].iov_len;
	return sum;
}

static size_t room(struct net *n, const struct net_send *s)
{
	return s->handle == ALONE ? 0 : 2 * text_of(s);
}

static size_t encode(struct net *n, struct net_send *s, uint8_t *to)
{
	uint8_t *at = to;

	if (s->handle == BROKEN) {
		s->done = -EPROTO;
		return 0;
	}
	for (uint32_t i = 0; i < s->iov_count; i++)
		for (size_t k = 0; k < s->iov[i].iov_len; k++, at += 2)
			at[0] = at[1] = ((const uint8_t *)s->iov[i].iov_base)[k];
	return (size_t)(at - to);
}

static ssize_t result(struct net *n, const struct net_send *s, const struct net_send *made)
{
	assert_int_equal(made->iov->iov_len, 2 * text_of(s));
	return made->done < 0 ? made->done : made->done / 2;
}

static void send_batch(struct net *n, struct net_send *sends, size_t count)
{
	static const struct net_encoder encoder = {room, encode, result};
	struct twice *t = container_of(n, struct twice, around.net);

	net_batch_send(&t->batch, &t->around, &encoder, sends, count);
}

static const struct net_ops inner_ops = {.send_batch = inner_batch};
static const struct net_ops twice_ops = {.send = send_alone, .send_batch = send_batch};

static int setup(void **state)
{
	struct twice *t = calloc(1, sizeof(*t));

	t->inner.ops = &inner_ops;
	t->around.net.ops = &twice_ops;
	t->around.inner = &t->inner;
	assert_true(net_around_reserve(&t->around, CONNS - 1));
	for (int i = OURS; i < CONNS; i++)
		t->around.conns.at[i] = t;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	net_around_free(&((struct twice *)*state)->around);
	free(*state);
	return 0;
}

#define BATCH_TEST(name) TEST_OF(name, struct twice, t, setup, teardown)

static void send_to(struct twice *t, struct net_send *sends, size_t count)
{
	t->around.net.ops->send_batch(&t->around.net, sends, count);
}

BATCH_TEST(what_is_encoded_and_what_passes_through_are_one_batch)
{
	struct iovec iov[2] = {{"ab", 2}, {"c", 1}};
	struct net_send sends[] = {
		{1, 2, iov, 0}, {OURS, 2, iov, 0}, {2, 1, iov, 0}, {OURS + 1, 1, iov, 0}};

	send_to(t, sends, 4);
	assert_int_equal(t->batches, 1);
	assert_int_equal(t->sizes[0], 4);
	assert_string_equal(t->got[1], "abc");
	assert_string_equal(t->got[OURS], "aabbcc");
	assert_string_equal(t->got[2], "ab");
	assert_string_equal(t->got[OURS + 1], "aabb");
	assert_int_equal(sends[0].done, 3);
	assert_int_equal(sends[1].done, 3);
	assert_int_equal(sends[2].done, 2);
	assert_int_equal(sends[3].done, 2);
}

BATCH_TEST(each_learns_what_became_of_its_own)
{
	struct iovec iov = {"abcd", 4};
	struct net_send sends[] = {{1, 1, &iov, 0}, {OURS, 1, &iov, 0}};

	t->takes = 2;
	send_to(t, sends, 2);
	assert_int_equal(sends[0].done, 2);
	assert_int_equal(sends[1].done, 1);
	t->takes = -EAGAIN;
	send_to(t, sends, 2);
	assert_int_equal(sends[0].done, -EAGAIN);
	assert_int_equal(sends[1].done, -EAGAIN);
}

BATCH_TEST(one_that_cannot_be_batched_is_sent_by_itself)
{
	struct iovec iov = {"a", 1};
	struct net_send sends[] = {{OURS, 1, &iov, 0}, {ALONE, 1, &iov, 0}, {BROKEN, 1, &iov, 0},
		{OURS + 1, 1, &iov, 0}};

	send_to(t, sends, 4);
	assert_int_equal(t->batches, 1);
	assert_int_equal(t->sizes[0], 2);
	assert_int_equal(t->alone, 1);
	assert_int_equal(sends[1].done, 7);
	assert_int_equal(sends[2].done, -EPROTO);
	assert_string_equal(t->got[OURS + 1], "aa");
}

BATCH_TEST(nothing_to_send_is_no_batch)
{
	struct iovec iov = {"a", 1};
	struct net_send sends[] = {{ALONE, 1, &iov, 0}};

	send_to(t, sends, 1);
	send_to(t, sends, 0);
	assert_int_equal(t->batches, 0);
}

BATCH_TEST(more_sends_than_one_batch_holds_are_several)
{
	struct iovec iov = {"a", 1};
	struct net_send sends[NET_BATCH_SENDS + 2];

	for (int i = 0; i < NET_BATCH_SENDS + 2; i++)
		sends[i] = (struct net_send){i + OURS - 100, 1, &iov, 0};
	send_to(t, sends, NET_BATCH_SENDS + 2);
	assert_int_equal(t->batches, 2);
	assert_int_equal(t->sizes[0], NET_BATCH_SENDS);
	assert_int_equal(t->sizes[1], 2);
	for (int i = 0; i < NET_BATCH_SENDS + 2; i++) {
		assert_int_equal(sends[i].done, 1);
		assert_string_equal(t->got[sends[i].handle], sends[i].handle < OURS ? "a" : "aa");
	}
}

BATCH_TEST(more_bytes_than_one_batch_holds_are_several)
{
	char *text = calloc(1, NET_BATCH_BYTES);
	struct iovec third = {text, NET_BATCH_BYTES / 6}, half = {text, NET_BATCH_BYTES / 2},
		     more = {text, NET_BATCH_BYTES / 2 + 1};
	struct net_send sends[] = {{OURS, 1, &third, 0}, {OURS + 1, 1, &third, 0},
		{OURS + 2, 1, &third, 0}, {OURS + 3, 1, &third, 0}, {OURS + 4, 1, &half, 0},
		{OURS + 5, 1, &more, 0}};

	send_to(t, sends, 6);
	assert_int_equal(t->batches, 3);
	assert_int_equal(t->sizes[0], 3);
	assert_int_equal(t->sizes[1], 1);
	assert_int_equal(t->bytes[OURS + 4], NET_BATCH_BYTES);
	assert_int_equal(sends[4].done, NET_BATCH_BYTES / 2);
	assert_int_equal(t->alone, 1);
	assert_int_equal(sends[5].done, 7);
	free(text);
}
