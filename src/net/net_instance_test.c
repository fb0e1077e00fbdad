/*
 * net_instance_test.c - a turn that sends to many connections lets frames out before its end.
 */
#include "base/test/test.h"
#include "burble/socket.h"
#include "net/net_instance.h"
#include "net/net_socket.h"

#include <errno.h>
#include <stdlib.h>

enum {
	CONNS = 2 * NET_STEP_SENDS,
};

struct fixture {
	struct net_instance net;
	struct burble *b;
	int server[CONNS], client[CONNS];
};

static nsec_t still(struct net_instance *i)
{
	return NSEC_SEC;
}

static bool no_sleep(struct net_instance *i, nsec_t until)
{
	return false;
}

static void no_wake(struct net_instance *i)
{
}

static const struct net_clock clock_of_test = {still, still, no_sleep, no_wake};

static void connect_one(struct fixture *f, int listener, int i)
{
	struct net_addr at = {.family = 4, .port = 6667, .ip = {127, 0, 0, 1}}, peer;
	union net_sockaddr to;
	socklen_t len = net_to_sockaddr(&to, &at);
	struct net *n = &f->net.net;

	f->client[i] = burble_socket(f->b, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(burble_connect(f->b, f->client[i], &to.any, len), -EINPROGRESS);
	while ((f->server[i] = n->ops->accept(n, listener, &peer)) == -EAGAIN)
		burble_step(f->b, NSEC_SEC);
	assert_true(f->server[i] >= 0);
}

static struct fixture *fixture_new(void)
{
	struct net_addr at = {.family = 4, .port = 6667, .ip = {127, 0, 0, 1}};
	struct fixture *f = calloc(1, sizeof(*f));
	int listener;

	f->b = burble_new(&(struct burble_config){.now = NSEC_SEC});
	assert_int_equal(net_instance_open(&f->net, f->b, &clock_of_test), 0);
	listener = f->net.net.ops->listen(&f->net.net, &at, &(struct net_tuning){0}, 16);
	assert_true(listener >= 0);
	for (int i = 0; i < CONNS; i++)
		connect_one(f, listener, i);
	return f;
}

/* How many clients can read. */
static int served(struct fixture *f)
{
	int n = 0;

	for (int i = 0; i < CONNS; i++)
		n += (burble_ready(f->b, f->client[i]) & EPOLLIN) != 0;
	return n;
}

static void send_to(struct fixture *f, int first, int count)
{
	struct net_send sends[CONNS];
	struct iovec text = {"hello", 5};

	for (int i = 0; i < count; i++)
		sends[i] = (struct net_send){f->server[first + i], 1, &text, 0};
	f->net.net.ops->send_batch(&f->net.net, sends, (size_t)count);
	for (int i = 0; i < count; i++)
		assert_int_equal(sends[i].done, 5);
}

TEST(test_frames_leave_during_a_long_turn)
{
	struct fixture *f = fixture_new();
	struct net_event e[4];

	send_to(f, 0, NET_STEP_SENDS - 1);
	assert_int_equal(served(f), 0); /* they leave with the next wait() */
	send_to(f, NET_STEP_SENDS - 1, 1);
	assert_int_equal(served(f), NET_STEP_SENDS);
	send_to(f, NET_STEP_SENDS, 1);
	assert_int_equal(served(f), NET_STEP_SENDS);
	f->net.net.ops->wait(&f->net.net, e, 4, 0);
	assert_int_equal(served(f), NET_STEP_SENDS + 1);
	net_instance_close(&f->net);
	burble_free(f->b);
	free(f);
}
