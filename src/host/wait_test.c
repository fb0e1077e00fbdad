/*
 * wait_test.c - the end of an instance waits for what is unacknowledged, and for nothing else.
 */
#include "base/base.h"
#include "base/test/test.h"
#include "burble/burble.h"
#include "burble/socket.h"

#include <netinet/in.h>

enum {
	FOR_EVER = 3600, /* seconds; meson ends a test that sleeps long before */
};

static void test_nothing_left_to_acknowledge_ends_a_drain_at_once(void **state)
{
	struct burble *b = burble_new(&(struct burble_config){.seed = 1, .now = burble_clock()});
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7)};
	int listener = burble_socket(b, AF_INET, SOCK_STREAM, 0);

	assert_int_equal(burble_bind(b, listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(burble_listen(b, listener, 1), 0);
	assert_int_equal(burble_drain(b, FOR_EVER * NSEC_SEC), 0);
	burble_free(b);
}

static void test_a_closed_connection_ends_a_drain_when_its_fin_is_acknowledged(void **state)
{
	struct burble *b = burble_new(&(struct burble_config){.seed = 1, .now = burble_clock()});
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(7),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = burble_socket(b, AF_INET, SOCK_STREAM, 0);
	int client = burble_socket(b, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(burble_bind(b, listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(burble_listen(b, listener, 1), 0);
	burble_connect(b, client, (struct sockaddr *)&at, sizeof(at));
	while (burble_step(b, burble_clock()) <= burble_clock())
		;
	assert_int_equal(burble_send(b, client, "x", 1, 0), 1);
	assert_int_equal(burble_drain(b, FOR_EVER * NSEC_SEC), 0);
	burble_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_left_to_acknowledge_ends_a_drain_at_once),
		cmocka_unit_test(
			test_a_closed_connection_ends_a_drain_when_its_fin_is_acknowledged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
