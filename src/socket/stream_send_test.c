/*
 * stream_send_test.c - what a stream socket answers over a TCP made by hand: sending, readiness,
 * and the ways in which it ends.
 */
#include "socket/stream.h"
#include "socket/test/stream_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <cmocka.h>

/* --- sending ---------------------------------------------------------------------------------- */

static void a_send_that_does_not_fit_is_short_or_waits(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	struct burble_call call = burble_call_start();
	c->out_room = 4;
	assert_int_equal(send_text(w, fd, "abcdef", NULL), 4);
	assert_int_equal(c->wants_room, 1);
	assert_int_equal(send_text(w, fd, "ef", NULL), -EAGAIN);
	c->out_room = 3;
	assert_int_equal(send_text(w, fd, "efghij", &call), -BURBLE_BLOCKED);
	c->out_room = 100;
	fake_become(w->stack, c, TCPS_ESTABLISHED, TCP_NEWS_OUT);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(send_text(w, fd, "efghij", &call), 6);
	assert_memory_equal(c->out, "abcdefghij", 10);
}

static void a_gathered_send_pushes_once(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cd", 2}};
	assert_int_equal(burble_writev_call(w->bs, fd, v, 3, NULL), 4);
	assert_int_equal(fake_conn(w->bs, fd)->pushed, 1);
	assert_memory_equal(fake_conn(w->bs, fd)->out, "abcd", 4);
	assert_int_equal(burble_writev_call(w->bs, fd, v, -1, NULL), -EINVAL);
	assert_int_equal(burble_writev_call(w->bs, fd, v, 0, NULL), 0);
	assert_int_equal(
		burble_readv_call(w->bs, burble_epoll_create1(w->bs, 0), v, 1, NULL), -EINVAL);
}

static void sending_on_what_is_not_connected_is_epipe_and_the_error_comes_first(void **state)
{
	struct world *w = *state;
	int fd = connected(w), fresh = open_socket(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	assert_int_equal(send_text(w, fresh, "x", NULL), -EPIPE);
	burble_shutdown(w->bs, fd, SHUT_WR);
	assert_int_equal(send_text(w, fd, "x", NULL), -EPIPE);
	c->f.err = ECONNRESET;
	c->f.state = TCPS_CLOSED;
	assert_int_equal(send_text(w, fd, "x", NULL), -ECONNRESET);
	assert_int_equal(send_text(w, fd, "x", NULL), -EPIPE);
}

static void a_send_while_connecting_waits_or_is_eagain(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct burble_call call = burble_call_start();
	do_connect(w, fd, NULL);
	assert_int_equal(send_text(w, fd, "abc", NULL), -EAGAIN);
	assert_int_equal(send_text(w, fd, "abc", &call), -BURBLE_BLOCKED);
	fake_become(w->stack, fake_conn(w->bs, fd), TCPS_ESTABLISHED, 0);
	assert_int_equal(send_text(w, fd, "abc", &call), 3);
}

static void fast_open_connects_with_data(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct sockaddr_in in = to(80);
	struct iovec v = {"hello", 5};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};
	msg.msg_iovlen = 1;
	assert_int_equal(burble_sendmsg_call(w->bs, fd, &msg, MSG_FASTOPEN, NULL), 5);
	assert_int_equal(burble_sendmsg_call(w->bs, fd, &msg, MSG_FASTOPEN, NULL), -EALREADY);
	assert_int_equal(do_connect(w, fd, NULL), -EALREADY);
}

static void a_deferred_connect_begins_with_the_first_data(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), 0);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	assert_int_equal(burble_ready(w->bs, fd), EPOLLOUT | EPOLLWRNORM);
	assert_int_equal(do_connect(w, fd, NULL), -EISCONN);
	assert_int_equal(send_text(w, fd, "hello", NULL), 5);
}

/* Reads the error queue; the extended error is left in *ee. */
static ssize_t read_errors(struct world *w, int fd, struct sock_extended_err *ee, int *flags)
{
	_Alignas(8) char control[256];
	struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = burble_recvmsg_call(w->bs, fd, &msg, MSG_ERRQUEUE, NULL);
	*flags = msg.msg_flags;
	for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_IP)
			memcpy(ee, CMSG_DATA(c), sizeof(*ee));
	return n;
}

static void zero_copy_sends_are_reported_as_one_range_when_acknowledged(void **state)
{
	struct world *w = *state;
	int fd = connected(w), flags;
	struct iovec v = {"abcd", 4};
	struct sock_extended_err ee;
	struct tcp_conn *c = fake_conn(w->bs, fd);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_ZEROCOPY, 1), 0);
	assert_int_equal(burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL), 4);
	assert_int_equal(burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL), 4);
	assert_int_equal(read_errors(w, fd, &ee, &flags), -EAGAIN);
	fake_acked(w->stack, c, 7);
	fake_acked(w->stack, c, 8);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLERR, EPOLLERR);
	assert_int_equal(read_errors(w, fd, &ee, &flags), 0);
	assert_int_equal(flags, MSG_ERRQUEUE);
	assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	assert_int_equal(ee.ee_code, SO_EE_CODE_ZEROCOPY_COPIED);
	assert_int_equal(ee.ee_info, 0);
	assert_int_equal(ee.ee_data, 1);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLERR, 0);
	burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL);
	fake_become(w->stack, c, TCPS_CLOSED, 0);
	assert_int_equal(read_errors(w, fd, &ee, &flags), 0);
	assert_int_equal(ee.ee_data, 2);
}

static void a_send_that_fails_is_no_zero_copy_send(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w), flags;
	struct iovec v = {"abcd", 4};
	struct sock_extended_err ee;
	set_int(w, fd, SOL_SOCKET, SO_ZEROCOPY, 1);
	assert_int_equal(burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL), -EPIPE);
	assert_int_equal(read_errors(w, fd, &ee, &flags), -EAGAIN);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_ZEROCOPY, 2), -EINVAL);
}

static void a_receive_that_fails_leaves_the_header_as_it_was(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	char control[64];
	struct msghdr msg = {.msg_control = control, .msg_flags = MSG_ERRQUEUE};
	msg.msg_controllen = sizeof(control);
	assert_int_equal(burble_recvmsg_call(w->bs, fd, &msg, MSG_ERRQUEUE, NULL), -EAGAIN);
	assert_int_equal(msg.msg_flags, MSG_ERRQUEUE);
	assert_int_equal(msg.msg_controllen, sizeof(control));
}

static void a_timestamp_of_the_ack_counts_bytes_from_when_it_was_asked_for(void **state)
{
	struct world *w = *state;
	int fd = connected(w), flags;
	int asked = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_OPT_ID;
	struct sock_extended_err ee;
	struct tcp_conn *c = fake_conn(w->bs, fd);
	send_text(w, fd, "before", NULL);
	fake_acked(w->stack, c, 6);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_TIMESTAMPING, asked), 0);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_TIMESTAMPING), asked);
	send_text(w, fd, "after", NULL);
	fake_acked(w->stack, c, 11);
	assert_int_equal(read_errors(w, fd, &ee, &flags), 0);
	assert_int_equal(flags, MSG_ERRQUEUE | MSG_TRUNC);
	assert_int_equal(ee.ee_errno, ENOMSG);
	assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
	assert_int_equal(ee.ee_info, SCM_TSTAMP_ACK);
	assert_int_equal(ee.ee_data, 4);
	assert_int_equal(
		set_int(w, fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_HARDWARE), -EINVAL);
}

static void one_buffer_is_queued_on_many_sockets_by_reference(void **state)
{
	struct world *w = *state;
	int a = connected(w), b = connected(w), fresh = open_socket(w);
	struct chunk *line = chunk_new(8);
	memcpy(line->data, "line", 4);
	assert_int_equal(burble_send_ref(w->bs, a, line, line->data, 4), 4);
	assert_int_equal(burble_send_ref(w->bs, b, line, line->data, 4), 4);
	assert_memory_equal(fake_conn(w->bs, b)->out, "line", 4);
	fake_conn(w->bs, b)->out_room = 0;
	assert_int_equal(burble_send_ref(w->bs, b, line, line->data, 4), -EAGAIN);
	assert_int_equal(fake_conn(w->bs, b)->wants_room, 1);
	assert_int_equal(burble_send_ref(w->bs, fresh, line, line->data, 4), -EPIPE);
	assert_int_equal(line->refs, 1); /* the fake copies and lets go */
	chunk_drop(line);
}

/* --- readiness -------------------------------------------------------------------------------- */

static void readiness_in_each_state_is_that_of_tcp_poll(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	uint32_t out = EPOLLOUT | EPOLLWRNORM, in = EPOLLIN | EPOLLRDNORM;
	assert_int_equal(burble_ready(w->bs, fd), out | EPOLLHUP);
	do_connect(w, fd, NULL);
	assert_int_equal(burble_ready(w->bs, fd), 0);
	c->f.writable = true;
	c->f.state = TCPS_ESTABLISHED;
	assert_int_equal(burble_ready(w->bs, fd), out);
	c->f.shut = TCP_SHUT_RD;
	assert_int_equal(burble_ready(w->bs, fd), out | in | EPOLLRDHUP);
	c->f.shut = TCP_SHUT_BOTH;
	assert_int_equal(burble_ready(w->bs, fd), out | in | EPOLLRDHUP | EPOLLHUP);
	assert_int_equal(burble_ready(w->bs, 99), POLLNVAL);
}

static void a_dead_connection_shows_in_out_err_hup_rdhup(void **state)
{
	struct world *w = *state;
	int fd = connected(w), ep = burble_epoll_create1(w->bs, 0);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	uint32_t all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
	struct epoll_event e = {.events = all | EPOLLET}, got;
	burble_epoll_ctl(w->bs, ep, EPOLL_CTL_ADD, fd, &e);
	assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 1);
	c->f.err = ETIMEDOUT;
	c->f.shut = TCP_SHUT_BOTH;
	c->f.done = true;
	fake_become(w->stack, c, TCPS_CLOSED, TCP_NEWS_ERR);
	assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 1);
	assert_int_equal(got.events, all | EPOLLERR | EPOLLHUP);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLERR, 0);
	assert_int_equal(recv_some(w, fd, 1, 0, NULL), 0);
}

static void looking_for_room_asks_for_news_of_it(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	burble_ready(w->bs, fd);
	assert_int_equal(c->wants_room, 0);
	c->f.writable = false;
	burble_ready(w->bs, fd);
	assert_int_equal(c->wants_room, 1);
}

/* --- ending ----------------------------------------------------------------------------------- */

static void shutdown_answers_as_the_state_allows(void **state)
{
	struct world *w = *state;
	int fd = connected(w), l = open_socket(w), fresh = open_socket(w);
	assert_int_equal(burble_shutdown(w->bs, fd, 3), -EINVAL);
	assert_int_equal(burble_shutdown(w->bs, fresh, SHUT_RD), -ENOTCONN);
	assert_int_equal(burble_shutdown(w->bs, fd, SHUT_RDWR), 0);
	assert_int_equal(fake_conn(w->bs, fd)->f.shut, TCP_SHUT_BOTH);
	burble_listen(w->bs, l, 1);
	assert_int_equal(burble_shutdown(w->bs, l, SHUT_WR), 0);
	assert_int_equal(fake_conn(w->bs, l)->f.state, TCPS_LISTEN);
	assert_int_equal(burble_shutdown(w->bs, l, SHUT_RD), 0);
	assert_int_equal(fake_conn(w->bs, l)->f.state, TCPS_CLOSED);
}

static void the_last_descriptor_closes_the_connection(void **state)
{
	struct world *w = *state;
	int fd = connected(w), copy = burble_dup(w->bs, fd, 0, 0);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	assert_int_equal(burble_close_call(w->bs, fd, NULL), 0);
	assert_int_equal(c->closed, 0);
	assert_int_equal(send_text(w, copy, "x", NULL), 1);
	assert_int_equal(burble_close_call(w->bs, copy, NULL), 0);
	assert_int_equal(c->closed, 1);
	assert_int_equal(c->aborted, 0);
	assert_int_equal(burble_close_call(w->bs, copy, NULL), -EBADF);
}

static void linger_zero_aborts(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	struct linger l = {1, 0};
	burble_setopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	burble_close_call(w->bs, fd, NULL);
	assert_int_equal(c->aborted, 1);
}

static void linger_makes_close_wait_for_the_last_ack_or_its_time(void **state)
{
	struct world *w = *state;
	struct linger l = {1, 3};
	for (int late = 0; late < 2; late++) {
		int fd = connected(w);
		struct tcp_conn *c = fake_conn(w->bs, fd);
		struct burble_call call = burble_call_start();
		burble_setopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
		assert_int_equal(burble_close_call(w->bs, fd, &call), -BURBLE_BLOCKED);
		assert_int_equal(burble_close_call(w->bs, fd, NULL), -EBADF);
		assert_int_equal(call.deadline, stack_now(w->stack) + 3 * NSEC_SEC);
		if (late)
			fake_now(w->stack, call.deadline);
		else
			fake_become(w->stack, c, TCPS_FIN_WAIT_2, 0);
		assert_int_equal(burble_close_call(w->bs, fd, &call), 0);
		assert_int_equal(c->closed, 1);
	}
}

static void closing_a_descriptor_ends_the_call_that_waits_on_it(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct burble_call call = burble_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BURBLE_BLOCKED);
	burble_close_call(w->bs, fd, NULL);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -EBADF);
}

static void an_interrupted_call_is_eintr(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct burble_call call = burble_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BURBLE_BLOCKED);
	assert_int_equal(burble_interrupt(&call), -EINTR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_send_that_does_not_fit_is_short_or_waits),
		T(a_gathered_send_pushes_once),
		T(sending_on_what_is_not_connected_is_epipe_and_the_error_comes_first),
		T(a_send_while_connecting_waits_or_is_eagain),
		T(fast_open_connects_with_data),
		T(a_deferred_connect_begins_with_the_first_data),
		T(zero_copy_sends_are_reported_as_one_range_when_acknowledged),
		T(a_send_that_fails_is_no_zero_copy_send),
		T(a_receive_that_fails_leaves_the_header_as_it_was),
		T(a_timestamp_of_the_ack_counts_bytes_from_when_it_was_asked_for),
		T(one_buffer_is_queued_on_many_sockets_by_reference),
		T(readiness_in_each_state_is_that_of_tcp_poll),
		T(a_dead_connection_shows_in_out_err_hup_rdhup),
		T(looking_for_room_asks_for_news_of_it),
		T(shutdown_answers_as_the_state_allows),
		T(the_last_descriptor_closes_the_connection),
		T(linger_zero_aborts),
		T(linger_makes_close_wait_for_the_last_ack_or_its_time),
		T(closing_a_descriptor_ends_the_call_that_waits_on_it),
		T(an_interrupted_call_is_eintr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
