/*
 * stream_send_test.c - stream sockets whose peer is the test: sending, readiness, closing.
 */
#include "base/test/test.h"
#include "socket/test/scripted_stream.h"
#include "stack/pkt.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>

/* --- sending ---------------------------------------------------------------------------------- */

/* The end of the data sent so far, if the newest segments go beyond `end`. */
static uint32_t sent_to(const struct world *w, uint32_t end)
{
	for (uint32_t i = 0; i < w->p->outs; i++)
		end = u32_max(end, w->p->out[i].seq + w->p->out[i].len);
	return end;
}

STREAM_TEST(a_send_that_does_not_fit_is_short_or_waits)
{
	int fd = connected(w);
	struct burble_call call = burble_call_start();
	static char text[60001];
	uint32_t end;
	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(text) - 1; i += 7)
		text[i] = (char)('a' + i % 26);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_SNDBUF, 1), 0);
	ssize_t n = send_text(w, fd, text, NULL), rest;
	end = sent_to(w, 1);
	assert_in_range(n, 1, sizeof(text) - 2);
	assert_int_equal(send_text(w, fd, text + n, NULL), -EAGAIN);
	assert_int_equal(send_text(w, fd, text + n, &call), -BURBLE_BLOCKED);
	assert_int_equal(call.ready, 0);
	for (rest = -1; rest < 0; end = sent_to(w, end)) {
		acked(w, end);
		end = sent_to(w, end);
		rest = call.ready ? send_text(w, fd, text + n, &call) : -1;
	}
	assert_int_equal(n + rest, sizeof(text) - 1);
	while (end < sizeof(text)) {
		acked(w, end);
		end = sent_to(w, end);
	}
	assert_memory_equal(w->p->data, text, sizeof(text) - 1);
}

STREAM_TEST(a_gathered_send_pushes_once)
{
	int fd = connected(w);
	struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cd", 2}};
	assert_int_equal(burble_writev_call(w->bs, fd, v, 3, NULL), 4);
	settle(w);
	peer_sent(w->p, SEG_PSH | SEG_ACK, 1, 1);
	assert_memory_equal(w->p->data, "abcd", 4);
	assert_int_equal(burble_writev_call(w->bs, fd, v, -1, NULL), -EINVAL);
	assert_int_equal(burble_writev_call(w->bs, fd, v, 0, NULL), 0);
	assert_int_equal(
		burble_readv_call(w->bs, burble_epoll_create1(w->bs, 0), v, 1, NULL), -EINVAL);
}

STREAM_TEST(sending_unconnected_is_epipe_and_the_pending_error_comes_first)
{
	int fd = connected(w), fresh = open_socket(w);
	assert_int_equal(send_text(w, fresh, "x", NULL), -EPIPE);
	burble_shutdown(w->bs, fd, SHUT_WR);
	assert_int_equal(send_text(w, fd, "x", NULL), -EPIPE);
	peer_in(w->p, SEG_RST, 1, 0, 0);
	assert_int_equal(send_text(w, fd, "x", NULL), -ECONNRESET);
	assert_int_equal(send_text(w, fd, "x", NULL), -EPIPE);
}

STREAM_TEST(a_send_while_connecting_waits_or_is_eagain)
{
	int fd = open_socket(w);
	struct burble_call call = burble_call_start();
	do_connect(w, fd, NULL);
	assert_int_equal(send_text(w, fd, "abc", NULL), -EAGAIN);
	assert_int_equal(send_text(w, fd, "abc", &call), -BURBLE_BLOCKED);
	syn_ack(w);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(send_text(w, fd, "abc", &call), 3);
}

STREAM_TEST(fast_open_connects_with_data)
{
	int fd = open_socket(w);
	struct sockaddr_in in = to(w->p->port);
	struct iovec v = {"hello", 5};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};
	in.sin_addr.s_addr = htonl(0x0a000002);
	msg.msg_iovlen = 1;
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1), 0);
	assert_int_equal(burble_sendmsg_call(w->bs, fd, &msg, MSG_FASTOPEN, NULL), 5);
	settle(w);
	peer_sent(w->p, SEG_SYN, 0, 0);
	assert_int_equal(w->p->out[0].len, 5);
	assert_int_equal(burble_sendmsg_call(w->bs, fd, &msg, MSG_FASTOPEN, NULL), -EALREADY);
	assert_int_equal(do_connect(w, fd, NULL), -EALREADY);
}

STREAM_TEST(a_deferred_connect_starts_with_the_first_data)
{
	int fd = open_socket(w);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1), 0);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), 0);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	peer_silent(w->p);
	assert_int_equal(burble_ready(w->bs, fd), EPOLLOUT | EPOLLWRNORM);
	assert_int_equal(do_connect(w, fd, NULL), -EISCONN);
	assert_int_equal(send_text(w, fd, "hello", NULL), 5);
	peer_sent(w->p, SEG_SYN, 0, 0);
}

/* Reads the error queue; the extended error is stored in *ee. */
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

STREAM_TEST(zero_copy_sends_are_reported_as_one_range_when_acknowledged)
{
	int fd = connected(w), flags;
	struct iovec v = {"abcd", 4};
	struct sock_extended_err ee;
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_ZEROCOPY, 1), 0);
	assert_int_equal(burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL), 4);
	assert_int_equal(burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL), 4);
	assert_int_equal(read_errors(w, fd, &ee, &flags), -EAGAIN);
	settle(w);
	acked(w, 8);
	acked(w, 9);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLERR, EPOLLERR);
	assert_int_equal(read_errors(w, fd, &ee, &flags), 0);
	assert_int_equal(flags, MSG_ERRQUEUE);
	assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	assert_int_equal(ee.ee_code, SO_EE_CODE_ZEROCOPY_COPIED);
	assert_int_equal(ee.ee_info, 0);
	assert_int_equal(ee.ee_data, 1);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLERR, 0);
	burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL);
	peer_in(w->p, SEG_RST, 1, 0, 0);
	assert_int_equal(read_errors(w, fd, &ee, &flags), 0);
	assert_int_equal(ee.ee_data, 2);
}

STREAM_TEST(a_send_that_fails_is_no_zero_copy_send)
{
	int fd = open_socket(w), flags;
	struct iovec v = {"abcd", 4};
	struct sock_extended_err ee;
	set_int(w, fd, SOL_SOCKET, SO_ZEROCOPY, 1);
	assert_int_equal(burble_send_call(w->bs, fd, v, MSG_ZEROCOPY, NULL), -EPIPE);
	assert_int_equal(read_errors(w, fd, &ee, &flags), -EAGAIN);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_ZEROCOPY, 2), -EINVAL);
}

STREAM_TEST(a_receive_that_fails_leaves_the_header_as_it_was)
{
	int fd = connected(w);
	char control[64];
	struct msghdr msg = {.msg_control = control, .msg_flags = MSG_ERRQUEUE};
	msg.msg_controllen = sizeof(control);
	assert_int_equal(burble_recvmsg_call(w->bs, fd, &msg, MSG_ERRQUEUE, NULL), -EAGAIN);
	assert_int_equal(msg.msg_flags, MSG_ERRQUEUE);
	assert_int_equal(msg.msg_controllen, sizeof(control));
}

STREAM_TEST(a_timestamp_of_the_ack_counts_bytes_from_when_it_was_asked_for)
{
	int fd = connected(w), flags;
	int asked = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_OPT_ID;
	struct sock_extended_err ee;
	send_text(w, fd, "before", NULL);
	acked(w, 7);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_TIMESTAMPING, asked), 0);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_TIMESTAMPING), asked);
	send_text(w, fd, "after", NULL);
	acked(w, 12);
	assert_int_equal(read_errors(w, fd, &ee, &flags), 0);
	assert_int_equal(flags, MSG_ERRQUEUE | MSG_TRUNC);
	assert_int_equal(ee.ee_errno, ENOMSG);
	assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
	assert_int_equal(ee.ee_info, SCM_TSTAMP_ACK);
	assert_int_equal(ee.ee_data, 4);
	assert_int_equal(
		set_int(w, fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_HARDWARE), -EINVAL);
}

STREAM_TEST(one_buffer_is_queued_on_many_sockets_by_reference)
{
	int a = connected(w), b = connected(w), fresh = open_socket(w);
	struct linger abort = {1, 0};
	struct chunk *line = chunk_new(8);
	memcpy(line->data, "line", 4);
	assert_int_equal(burble_send_ref(w->bs, a, line, line->data, 4), 4);
	assert_int_equal(burble_send_ref(w->bs, b, line, line->data, 4), 4);
	assert_int_equal(burble_send_ref(w->bs, fresh, line, line->data, 4), -EPIPE);
	assert_int_equal(line->refs, 3);
	settle(w);
	assert_memory_equal(w->p->data, "line", 4);
	acked(w, 5); /* b is the newest */
	assert_int_equal(line->refs, 2);
	burble_setopt(w->bs, a, SOL_SOCKET, SO_LINGER, (struct iovec){&abort, sizeof(abort)});
	burble_close_call(w->bs, a, NULL);
	settle(w);
	assert_int_equal(line->refs, 1);
	fill(w, b);
	assert_int_equal(burble_send_ref(w->bs, b, line, line->data, 4), -EAGAIN);
	assert_int_equal(line->refs, 1);
	chunk_drop(line);
}

/* --- readiness -------------------------------------------------------------------------------- */

STREAM_TEST(readiness_in_each_state_is_that_of_tcp_poll)
{
	int fd = open_socket(w);
	uint32_t out = EPOLLOUT | EPOLLWRNORM, in = EPOLLIN | EPOLLRDNORM;
	assert_int_equal(burble_ready(w->bs, fd), out | EPOLLHUP);
	do_connect(w, fd, NULL);
	assert_int_equal(burble_ready(w->bs, fd), 0);
	syn_ack(w);
	assert_int_equal(burble_ready(w->bs, fd), out);
	peer_in(w->p, SEG_FIN | SEG_ACK, 1, 1, 0);
	assert_int_equal(burble_ready(w->bs, fd), out | in | EPOLLRDHUP);
	burble_shutdown(w->bs, fd, SHUT_WR);
	assert_int_equal(burble_ready(w->bs, fd), out | in | EPOLLRDHUP | EPOLLHUP);
	assert_int_equal(burble_ready(w->bs, 99), POLLNVAL);
}

STREAM_TEST(a_dead_connection_shows_in_out_err_hup_rdhup)
{
	int fd = connected(w), ep = burble_epoll_create1(w->bs, 0);
	uint32_t all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
	struct epoll_event e = {.events = all | EPOLLET}, got;
	burble_epoll_ctl(w->bs, ep, EPOLL_CTL_ADD, fd, &e);
	assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 1);
	time_out(w, fd);
	assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 1);
	assert_int_equal(got.events, all | EPOLLERR | EPOLLHUP);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLERR, 0);
	assert_int_equal(recv_some(w, fd, 1, 0, NULL), 0);
}

STREAM_TEST(checking_for_room_requests_an_event)
{
	static char text[1400];
	for (int asked = 0; asked < 2; asked++) {
		int fd = connected(w), ep = burble_epoll_create1(w->bs, 0);
		struct epoll_event e = {.events = EPOLLOUT | EPOLLET}, got;
		struct iovec v = {text, sizeof(text)};
		set_int(w, fd, SOL_SOCKET, SO_SNDBUF, 1);
		burble_epoll_ctl(w->bs, ep, EPOLL_CTL_ADD, fd, &e);
		assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 1);
		/* all of it fits, so this requests no event */
		assert_int_equal(burble_send_call(w->bs, fd, v, 0, NULL), sizeof(text));
		assert_int_equal(burble_send_call(w->bs, fd, v, 0, NULL), sizeof(text));
		settle(w);
		if (asked)
			assert_int_equal(burble_ready(w->bs, fd) & EPOLLOUT, 0);
		acked(w, 1 + 2 * sizeof(text));
		assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), asked);
	}
}

/* poll() and epoll_ctl() also check readiness: before the handshake is complete they request no
 * event, so that the edge at its end is the only one. */
STREAM_TEST(a_handshake_ends_with_one_edge_and_the_first_ack_is_none)
{
	int fd = open_socket(w), ep = burble_epoll_create1(w->bs, 0);
	struct epoll_event e = {.events = EPOLLOUT | EPOLLET}, got;
	do_connect(w, fd, NULL);
	burble_epoll_ctl(w->bs, ep, EPOLL_CTL_ADD, fd, &e);
	assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 0);
	syn_ack(w);
	assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 1);
	assert_int_equal(send_text(w, fd, "x", NULL), 1);
	settle(w);
	acked(w, 2);
	assert_int_equal(burble_epoll_wait_call(w->bs, ep, &got, 1, NULL), 0);
}

/* --- ending ----------------------------------------------------------------------------------- */

STREAM_TEST(shutdown_answers_as_the_state_allows)
{
	int fd = connected(w), l = open_socket(w), fresh = open_socket(w);
	uint32_t both = EPOLLHUP | EPOLLRDHUP;
	assert_int_equal(burble_shutdown(w->bs, fd, 3), -EINVAL);
	assert_int_equal(burble_shutdown(w->bs, fresh, SHUT_RD), -ENOTCONN);
	assert_int_equal(burble_shutdown(w->bs, fd, SHUT_RDWR), 0);
	assert_int_equal(burble_ready(w->bs, fd) & both, both);
	burble_listen(w->bs, l, 1);
	assert_int_equal(burble_shutdown(w->bs, l, SHUT_WR), 0);
	assert_int_equal(state_of(w, l), TCPS_LISTEN);
	assert_int_equal(burble_shutdown(w->bs, l, SHUT_RD), 0);
	assert_int_equal(state_of(w, l), TCPS_CLOSED);
}

STREAM_TEST(the_last_descriptor_closes_the_connection)
{
	int fd = connected(w), copy = burble_dup(w->bs, fd, 0, 0);
	assert_int_equal(burble_close_call(w->bs, fd, NULL), 0);
	settle(w);
	peer_silent(w->p);
	assert_int_equal(send_text(w, copy, "x", NULL), 1);
	assert_int_equal(burble_close_call(w->bs, copy, NULL), 0);
	settle(w);
	peer_sent(w->p, SEG_FIN | SEG_ACK, 2, 1);
	assert_int_equal(burble_close_call(w->bs, copy, NULL), -EBADF);
}

STREAM_TEST(linger_zero_aborts)
{
	int fd = connected(w);
	struct linger l = {1, 0};
	burble_setopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	burble_close_call(w->bs, fd, NULL);
	settle(w);
	peer_sent(w->p, SEG_RST | SEG_ACK, 1, 1);
}

STREAM_TEST(linger_makes_close_wait_for_the_last_ack_or_its_time)
{
	struct linger l = {1, 3};
	for (int late = 0; late < 2; late++) {
		int fd = connected(w);
		struct burble_memory m;
		struct burble_call call = burble_call_start();
		burble_setopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
		assert_int_equal(burble_close_call(w->bs, fd, &call), -BURBLE_BLOCKED);
		assert_int_equal(burble_close_call(w->bs, fd, NULL), -EBADF);
		assert_int_equal(call.deadline, stack_now(w->stack) + 3 * NSEC_SEC);
		settle(w);
		peer_sent(w->p, SEG_FIN | SEG_ACK, 1, 1);
		if (late)
			peer_wait(w->p, 3 * NSEC_SEC);
		else
			acked(w, 2);
		assert_int_equal(burble_close_call(w->bs, fd, &call), 0);
		burble_memory(w->bs, &m);
		assert_int_equal(m.socks, 0);
	}
}

STREAM_TEST(an_interrupted_close_is_done)
{
	struct linger l = {1, 30};
	int fd = connected(w);
	struct burble_memory m;
	struct burble_call call = burble_call_start();

	burble_setopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	assert_int_equal(burble_close_call(w->bs, fd, &call), -BURBLE_BLOCKED);
	assert_int_equal(burble_interrupt(&call), 0);
	burble_memory(w->bs, &m);
	assert_int_equal(m.socks, 0);
}

STREAM_TEST(closing_a_descriptor_ends_the_call_that_waits_on_it)
{
	int fd = connected(w);
	struct burble_call call = burble_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BURBLE_BLOCKED);
	burble_close_call(w->bs, fd, NULL);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -EBADF);
}

STREAM_TEST(an_interrupted_call_is_eintr)
{
	int fd = connected(w);
	struct burble_call call = burble_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BURBLE_BLOCKED);
	assert_int_equal(burble_interrupt(&call), -EINTR);
}
