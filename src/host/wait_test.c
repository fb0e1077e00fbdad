/*
 * wait_test.c - the end of an instance waits for what is unacknowledged, and for nothing else.
 */
#include "base/base.h"
#include "base/test/test.h"
#include "burble/burble.h"
#include "burble/host.h"
#include "burble/socket.h"
#include "socket/instance.h"
#include "stack/tcp/tcp_diag.h"

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

static uint32_t in_state(struct burble *b, enum tcp_state_name state)
{
	uint32_t n[TCPS_COUNT];

	tcp_states(burble_stack(b), n);
	return n[state];
}

/* Until a has a connection in the state: an ACK may be delayed. */
static void step_until(enum tcp_state_name state, struct burble *a, struct burble *b)
{
	while (in_state(a, state) == 0) {
		burble_step(a, burble_clock());
		burble_step(b, burble_clock());
	}
}

/* Its peer has all data and may keep its own side open for ever. */
static void test_a_connection_in_fin_wait_2_does_not_hold_up_a_drain(void **state)
{
	struct burble_config c = {.seed = 1, .now = burble_clock()};
	struct burble *server = burble_new(&c), *client = burble_new(&c);
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(0xc0000201)};
	int listener = burble_socket(server, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int fd = burble_socket(client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int end[2], connection;

	assert_int_equal(burble_if_pipe(server, client, BURBLE_IF_IP, 1500, end), 0);
	burble_addr_add(server, end[0], "192.0.2.1/24");
	burble_addr_add(client, end[1], "192.0.2.2/24");
	assert_int_equal(burble_bind(server, listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(burble_listen(server, listener, 1), 0);
	burble_connect(client, fd, (struct sockaddr *)&at, sizeof(at));
	step_until(TCPS_ESTABLISHED, server, client);
	connection = burble_accept4(server, listener, NULL, NULL, 0);
	assert_true(connection >= 0);
	burble_close(server, connection);
	step_until(TCPS_FIN_WAIT_2, server, client);
	assert_int_equal(burble_drain(server, FOR_EVER * NSEC_SEC), 0);
	burble_free(server);
	burble_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_left_to_acknowledge_ends_a_drain_at_once),
		cmocka_unit_test(
			test_a_closed_connection_ends_a_drain_when_its_fin_is_acknowledged),
		cmocka_unit_test(test_a_connection_in_fin_wait_2_does_not_hold_up_a_drain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
