/*
 * pair_test.c - two programs on two instances, end to end through real socket calls.
 */
#include "base/test/test.h"
#include "socket/test/two_instances.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>

enum {
	PORT = 80,
	STREAM_BYTES = 4 << 20, /* each way, in the unit test */
};

/* --- helpers ---------------------------------------------------------------------------------- */

static int listener(struct two_instances *p, int backlog)
{
	struct sockaddr_in in = two_addr(1, PORT);
	int fd = burble_socket(p->bs[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(burble_bind(p->bs[1], fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(burble_listen(p->bs[1], fd, backlog), 0);
	return fd;
}

static int start_connect(struct two_instances *p)
{
	struct sockaddr_in in = two_addr(1, PORT);
	int fd = burble_socket(p->bs[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
		burble_connect_call(p->bs[0], fd, (struct sockaddr *)&in, sizeof(in), NULL),
		-EINPROGRESS);
	return fd;
}

static void run_ms(struct two_instances *p, int64_t ms)
{
	two_run(p, p->now + ms * NSEC_MSEC);
}

/* A connection: fd[0] is the client's, fd[1] the server's. */
static void connection(struct two_instances *p, int fd[2])
{
	int l = listener(p, 10);
	fd[0] = start_connect(p);
	run_ms(p, 10);
	fd[1] = burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, SOCK_NONBLOCK, NULL);
	assert_true(fd[1] >= 0);
	burble_close_call(p->bs[1], l, NULL);
}

static ssize_t put(struct two_instances *p, int side, int fd, const char *text, int flags)
{
	return burble_send_call(
		p->bs[side], fd, (struct iovec){(char *)text, strlen(text)}, flags, NULL);
}

/* Receives into a text that lives until the next call. */
static const char *get(struct two_instances *p, int side, int fd, int flags)
{
	static char text[4096];
	ssize_t n = burble_recv_call(
		p->bs[side], fd, (struct iovec){text, sizeof(text) - 1}, flags, NULL);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

static int get_int(struct two_instances *p, int side, int fd, int level, int name)
{
	int v = -12345;
	struct iovec value = {&v, sizeof(v)};
	int err = burble_getopt(p->bs[side], fd, level, name, &value);
	return err ? err : v;
}

static int set_int(struct two_instances *p, int side, int fd, int level, int name, int v)
{
	return burble_setopt(p->bs[side], fd, level, name, (struct iovec){&v, sizeof(v)});
}

/* --- opening ---------------------------------------------------------------------------------- */

TWO_TEST(a_connection_opens_and_both_ends_know_their_addresses)
{
	int fd[2];
	struct sockaddr_in mine, theirs;
	socklen_t len = sizeof(mine);
	connection(p, fd);
	assert_int_equal(get_int(p, 0, fd[0], SOL_SOCKET, SO_ERROR), 0);
	assert_int_equal(burble_ready(p->bs[0], fd[0]), EPOLLOUT | EPOLLWRNORM);
	burble_getsockname(p->bs[0], fd[0], (struct sockaddr *)&mine, &len);
	burble_getpeername(p->bs[1], fd[1], (struct sockaddr *)&theirs, &len);
	assert_int_equal(mine.sin_port, theirs.sin_port);
	assert_true(ntohs(mine.sin_port) >= 32768);
	assert_int_equal(ntohl(theirs.sin_addr.s_addr), 0x0a000001);
}

TWO_TEST(a_closed_port_refuses)
{
	int fd = start_connect(p);
	run_ms(p, 10);
	assert_int_equal(burble_ready(p->bs[0], fd) & (EPOLLERR | EPOLLHUP | EPOLLIN | EPOLLOUT),
		EPOLLERR | EPOLLHUP | EPOLLIN | EPOLLOUT);
	assert_int_equal(get_int(p, 0, fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	assert_int_equal(get_int(p, 0, fd, SOL_SOCKET, SO_ERROR), 0);
}

TWO_TEST(a_silent_peer_is_etimedout_after_134_seconds)
{
	p->faults.cut = true;
	int fd = start_connect(p);
	two_run(p, 120 * NSEC_SEC);
	assert_int_equal(burble_ready(p->bs[0], fd), 0);
	two_run(p, 136 * NSEC_SEC);
	assert_int_equal(get_int(p, 0, fd, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TWO_TEST(data_that_arrives_before_accept_is_readable_after_it)
{
	int l = listener(p, 10), c = start_connect(p);
	run_ms(p, 10);
	assert_int_equal(put(p, 0, c, "early", 0), 5);
	run_ms(p, 10);
	int s = burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, SOCK_NONBLOCK, NULL);
	assert_string_equal(get(p, 1, s, 0), "early");
}

TWO_TEST(a_backlog_of_2_holds_3_connections)
{
	int l = listener(p, 2), open = 0;
	for (int i = 0; i < 6; i++)
		start_connect(p);
	run_ms(p, 10);
	while (burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, 0, NULL) >= 0)
		open++;
	assert_int_equal(open, 3);
}

TWO_TEST(self_connect_works)
{
	struct sockaddr_in in = two_addr(0, 4000);
	struct sockaddr *sa = (struct sockaddr *)&in;
	int fd = burble_socket(p->bs[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(burble_bind(p->bs[0], fd, sa, sizeof(in)), 0);
	assert_int_equal(burble_connect_call(p->bs[0], fd, sa, sizeof(in), NULL), -EINPROGRESS);
	run_ms(p, 10);
	assert_int_equal(burble_connect_call(p->bs[0], fd, sa, sizeof(in), NULL), 0);
	assert_int_equal(put(p, 0, fd, "me", 0), 2);
	run_ms(p, 10);
	assert_string_equal(get(p, 0, fd, 0), "me");
}

TWO_TEST(options_of_a_fresh_socket_read_as_on_linux)
{
	static const struct {
		int level, name, is;
	} fresh[] = {
		{IPPROTO_TCP, TCP_NODELAY, 0},
		{IPPROTO_TCP, TCP_MAXSEG, 536},
		{IPPROTO_TCP, TCP_CORK, 0},
		{IPPROTO_TCP, TCP_KEEPIDLE, 7200},
		{IPPROTO_TCP, TCP_KEEPINTVL, 75},
		{IPPROTO_TCP, TCP_KEEPCNT, 9},
		{IPPROTO_TCP, TCP_SYNCNT, 6},
		{IPPROTO_TCP, TCP_LINGER2, 60},
		{IPPROTO_TCP, TCP_DEFER_ACCEPT, 0},
		{IPPROTO_TCP, TCP_WINDOW_CLAMP, 0},
		{IPPROTO_TCP, TCP_QUICKACK, 1},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, 0},
		{IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0},
		{IPPROTO_TCP, TCP_FASTOPEN, 0},
		{IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0},
		{IPPROTO_TCP, TCP_INQ, 0},
		{SOL_SOCKET, SO_SNDBUF, 16384},
		{SOL_SOCKET, SO_RCVBUF, 131072},
		{SOL_SOCKET, SO_KEEPALIVE, 0},
		{SOL_SOCKET, SO_RCVLOWAT, 1},
		{IPPROTO_IP, IP_TTL, 64},
		{IPPROTO_IP, IP_TOS, 0},
		{IPPROTO_IP, IP_MTU_DISCOVER, 1},
		{IPPROTO_IP, IP_MTU, -ENOTCONN},
	};
	int fd = burble_socket(p->bs[0], AF_INET, SOCK_STREAM, 0);
	for (size_t i = 0; i < ARRAY_SIZE(fresh); i++)
		assert_int_equal(get_int(p, 0, fd, fresh[i].level, fresh[i].name), fresh[i].is);
}

TWO_TEST(the_whole_path_of_a_refused_connect_is_linuxs)
{
	struct sockaddr_in in = two_addr(1, PORT);
	struct sockaddr *sa = (struct sockaddr *)&in;
	int fd = start_connect(p);
	run_ms(p, 10);
	assert_int_equal(get_int(p, 0, fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	assert_string_equal(get(p, 0, fd, 0), "");
	assert_int_equal(burble_connect_call(p->bs[0], fd, sa, sizeof(in), NULL), -ECONNABORTED);
	assert_int_equal(burble_connect_call(p->bs[0], fd, sa, sizeof(in), NULL), -EINPROGRESS);
	run_ms(p, 10);
	assert_int_equal(burble_connect_call(p->bs[0], fd, sa, sizeof(in), NULL), -ECONNREFUSED);
}

TWO_TEST(data_that_came_before_a_reset_is_read_before_its_error)
{
	int fd[2];
	connection(p, fd);
	put(p, 0, fd[0], "hello", 0);
	put(p, 1, fd[1], "abc", 0);
	run_ms(p, 100);
	burble_close_call(p->bs[1], fd[1], NULL);
	run_ms(p, 100);
	assert_string_equal(get(p, 0, fd[0], 0), "abc");
	assert_int_equal(
		burble_recv_call(p->bs[0], fd[0], (struct iovec){(char[1]){0}, 1}, 0, NULL),
		-ECONNRESET);
	assert_string_equal(get(p, 0, fd[0], 0), "");
}

TWO_TEST(the_user_timeout_option_of_rfc_5482_can_be_set)
{
	int fd = burble_socket(p->bs[0], AF_INET, SOCK_STREAM, 0);
	assert_int_equal(get_int(p, 0, fd, IPPROTO_TCP, BURBLE_TCP_UTO), 0);
	assert_int_equal(set_int(p, 0, fd, IPPROTO_TCP, BURBLE_TCP_UTO, 90), 0);
	assert_int_equal(get_int(p, 0, fd, IPPROTO_TCP, BURBLE_TCP_UTO), 90);
	assert_int_equal(set_int(p, 0, fd, IPPROTO_TCP, BURBLE_TCP_UTO, -1), -EINVAL);
	assert_int_equal(set_int(p, 0, fd, IPPROTO_TCP, BURBLE_TCP_UTO, 32767 * 60 + 1), -EINVAL);
}

static int listener6(struct two_instances *p, int v6only)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int fd = burble_socket(p->bs[1], AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	set_int(p, 1, fd, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(set_int(p, 1, fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only), 0);
	assert_int_equal(burble_bind(p->bs[1], fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(burble_listen(p->bs[1], fd, 5), 0);
	return fd;
}

TWO_TEST(an_ipv6_listener_takes_ipv4_clients_as_mapped_unless_v6only)
{
	struct sockaddr_in6 peer = {0};
	struct ip_addr is = ip_addr_from_v4(0x0a000001);
	socklen_t len = sizeof(peer);
	struct burble_addr out = {(struct sockaddr *)&peer, &len};
	int l = listener6(p, 0);
	start_connect(p);
	run_ms(p, 10);
	int fd = burble_accept4_call(p->bs[1], l, out, 0, NULL);
	assert_true(fd >= 0);
	assert_int_equal(peer.sin6_family, AF_INET6);
	assert_memory_equal(peer.sin6_addr.s6_addr, is.b, 16);
	burble_close_call(p->bs[1], fd, NULL);
	burble_close_call(p->bs[1], l, NULL);
	run_ms(p, 10);
	listener6(p, 1);
	int c = start_connect(p);
	run_ms(p, 10);
	assert_int_equal(get_int(p, 0, c, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
}

TWO_TEST(an_ipv6_socket_connects_to_a_mapped_address)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct ip_addr is = ip_addr_from_v4(0x0a000002);
	int l = listener(p, 5);
	int fd = burble_socket(p->bs[0], AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	memcpy(to.sin6_addr.s6_addr, is.b, 16);
	struct sockaddr *sa = (struct sockaddr *)&to;
	assert_int_equal(burble_connect_call(p->bs[0], fd, sa, sizeof(to), NULL), -EINPROGRESS);
	run_ms(p, 10);
	assert_int_equal(burble_connect_call(p->bs[0], fd, sa, sizeof(to), NULL), 0);
	assert_true(burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, 0, NULL) >= 0);
}

static ssize_t fast_open(struct two_instances *p, int *fd, const char *text)
{
	struct sockaddr_in in = two_addr(1, PORT);
	struct iovec v = {(char *)text, strlen(text)};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};
	msg.msg_iovlen = 1;
	*fd = burble_socket(p->bs[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	return burble_sendmsg_call(p->bs[0], *fd, &msg, MSG_FASTOPEN, NULL);
}

TWO_TEST(fast_open_fetches_a_cookie_and_then_sends_data_with_the_syn)
{
	int l = listener(p, 5), fd;
	const char *why;
	sysctl_set(stack_sysctl(p->stack[1]), "net.ipv4.tcp_fastopen", "3", &why);
	assert_int_equal(set_int(p, 1, l, IPPROTO_TCP, TCP_FASTOPEN, 5), 0);
	assert_int_equal(fast_open(p, &fd, "first"), -EINPROGRESS);
	run_ms(p, 10);
	assert_int_equal(burble_ready(p->bs[0], fd) & EPOLLOUT, EPOLLOUT);
	assert_true(burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, 0, NULL) >= 0);
	assert_int_equal(fast_open(p, &fd, "second"), 6);
	two_flush(p);
	two_run(p, p->now + NSEC_MSEC); /* half a round trip */
	int s = burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, SOCK_NONBLOCK, NULL);
	assert_true(s >= 0);
	assert_string_equal(get(p, 1, s, 0), "second");
}

TWO_TEST(a_send_that_waits_for_fast_open_completes_its_zero_copy_when_it_returns)
{
	int l = listener(p, 5), fd;
	const char *why;
	struct sockaddr_in in = two_addr(1, PORT);
	struct iovec v = {"second", 6};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};
	struct burble_call call = burble_call_start();
	sysctl_set(stack_sysctl(p->stack[1]), "net.ipv4.tcp_fastopen", "3", &why);
	assert_int_equal(set_int(p, 1, l, IPPROTO_TCP, TCP_FASTOPEN, 5), 0);
	assert_int_equal(fast_open(p, &fd, "first"), -EINPROGRESS);
	run_ms(p, 10);
	msg.msg_iovlen = 1;
	fd = burble_socket(p->bs[0], AF_INET, SOCK_STREAM, 0);
	set_int(p, 0, fd, SOL_SOCKET, SO_ZEROCOPY, 1);
	int flags = MSG_FASTOPEN | MSG_ZEROCOPY;
	assert_int_equal(burble_sendmsg_call(p->bs[0], fd, &msg, flags, &call), -BURBLE_BLOCKED);
	run_ms(p, 10);
	assert_int_equal(burble_sendmsg_call(p->bs[0], fd, &msg, flags, &call), 6);
	assert_int_equal(burble_ready(p->bs[0], fd) & EPOLLERR, EPOLLERR);
}

/* --- ending ----------------------------------------------------------------------------------- */

TWO_TEST(half_close_lets_the_other_direction_go_on)
{
	int fd[2];
	connection(p, fd);
	put(p, 0, fd[0], "question", 0);
	assert_int_equal(burble_shutdown(p->bs[0], fd[0], SHUT_WR), 0);
	run_ms(p, 10);
	assert_int_equal(burble_ready(p->bs[1], fd[1]) & EPOLLRDHUP, EPOLLRDHUP);
	assert_string_equal(get(p, 1, fd[1], 0), "question");
	assert_string_equal(get(p, 1, fd[1], 0), "");
	put(p, 1, fd[1], "answer", 0);
	burble_close_call(p->bs[1], fd[1], NULL);
	run_ms(p, 10);
	assert_string_equal(get(p, 0, fd[0], 0), "answer");
	assert_string_equal(get(p, 0, fd[0], 0), "");
	assert_int_equal(put(p, 0, fd[0], "x", 0), -EPIPE);
}

TWO_TEST(closing_with_unread_data_resets_the_peer)
{
	int fd[2];
	connection(p, fd);
	put(p, 0, fd[0], "unread", 0);
	run_ms(p, 10);
	burble_close_call(p->bs[1], fd[1], NULL);
	run_ms(p, 10);
	uint32_t all = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
	assert_int_equal(burble_ready(p->bs[0], fd[0]) & all, all);
	assert_null(get(p, 0, fd[0], 0));
	assert_string_equal(get(p, 0, fd[0], 0), "");
}

TWO_TEST(linger_zero_resets)
{
	int fd[2];
	struct linger l = {1, 0};
	connection(p, fd);
	burble_setopt(p->bs[0], fd[0], SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	burble_close_call(p->bs[0], fd[0], NULL);
	run_ms(p, 10);
	assert_int_equal(get_int(p, 1, fd[1], SOL_SOCKET, SO_ERROR), ECONNRESET);
}

TWO_TEST(a_lingering_close_ends_with_the_acknowledgement)
{
	int fd[2];
	struct linger l = {1, 30};
	struct burble_call call = burble_call_start();
	connection(p, fd);
	put(p, 0, fd[0], "last words", 0);
	burble_setopt(p->bs[0], fd[0], SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	assert_int_equal(burble_close_call(p->bs[0], fd[0], &call), -BURBLE_BLOCKED);
	while (!call.ready)
		assert_true(two_step(p, call.deadline));
	assert_int_equal(burble_close_call(p->bs[0], fd[0], &call), 0);
	assert_true(p->now < NSEC_SEC);
	assert_string_equal(get(p, 1, fd[1], 0), "last words");
}

TWO_TEST(user_timeout_ends_a_cut_connection_with_the_whole_mask)
{
	int fd[2], ep = burble_epoll_create1(p->bs[0], 0);
	uint32_t all = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
	struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET}, got;
	connection(p, fd);
	assert_int_equal(set_int(p, 0, fd[0], IPPROTO_TCP, TCP_USER_TIMEOUT, 3000), 0);
	burble_epoll_ctl(p->bs[0], ep, EPOLL_CTL_ADD, fd[0], &e);
	burble_epoll_wait_call(p->bs[0], ep, &got, 1, NULL);
	p->faults.cut = true;
	put(p, 0, fd[0], "anyone?", 0);
	run_ms(p, 2900);
	assert_int_equal(burble_epoll_wait_call(p->bs[0], ep, &got, 1, NULL), 0);
	run_ms(p, 2000);
	assert_int_equal(burble_epoll_wait_call(p->bs[0], ep, &got, 1, NULL), 1);
	assert_int_equal(got.events, all);
	assert_int_equal(get_int(p, 0, fd[0], SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TWO_TEST(keepalive_finds_a_dead_peer_in_its_own_time)
{
	int fd[2];
	connection(p, fd);
	set_int(p, 0, fd[0], SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(p, 0, fd[0], IPPROTO_TCP, TCP_KEEPIDLE, 10);
	set_int(p, 0, fd[0], IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set_int(p, 0, fd[0], IPPROTO_TCP, TCP_KEEPCNT, 3);
	run_ms(p, 60000);
	assert_int_equal(burble_ready(p->bs[0], fd[0]) & EPOLLERR, 0);
	p->faults.cut = true;
	run_ms(p, 10000 + 3 * 2000 + 1000);
	assert_int_equal(get_int(p, 0, fd[0], SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

/* --- data ------------------------------------------------------------------------------------- */

TWO_TEST(urgent_data_is_one_byte_beside_the_stream)
{
	int fd[2], mark;
	connection(p, fd);
	assert_int_equal(put(p, 0, fd[0], "aX", MSG_OOB), 2);
	run_ms(p, 10);
	assert_int_equal(burble_ready(p->bs[1], fd[1]) & EPOLLPRI, EPOLLPRI);
	assert_int_equal(put(p, 0, fd[0], "bY", MSG_OOB), 2);
	run_ms(p, 10);
	char byte = 0;
	assert_int_equal(
		burble_recv_call(p->bs[1], fd[1], (struct iovec){&byte, 1}, MSG_OOB, NULL), 1);
	assert_int_equal(byte, 'Y');
	assert_string_equal(get(p, 1, fd[1], 0), "aXb");
	assert_int_equal(burble_ioctl(p->bs[1], fd[1], SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 1);
	assert_null(get(p, 1, fd[1], 0));
}

TWO_TEST(peek_and_the_queue_lengths_agree)
{
	int fd[2], n;
	connection(p, fd);
	put(p, 0, fd[0], "abc", 0);
	burble_ioctl(p->bs[0], fd[0], SIOCOUTQ, &n);
	assert_int_equal(n, 3);
	run_ms(p, 100);
	burble_ioctl(p->bs[0], fd[0], SIOCOUTQ, &n);
	assert_int_equal(n, 0);
	burble_ioctl(p->bs[1], fd[1], FIONREAD, &n);
	assert_int_equal(n, 3);
	assert_string_equal(get(p, 1, fd[1], MSG_PEEK), "abc");
	assert_string_equal(get(p, 1, fd[1], 0), "abc");
}

TWO_TEST(a_reference_queued_on_a_connection_is_released_by_the_ack)
{
	int fd[2];
	struct chunk *line = chunk_new(16);
	memcpy(line->data, "by reference", 12);
	connection(p, fd);
	assert_int_equal(burble_send_ref(p->bs[0], fd[0], line, line->data, 12), 12);
	assert_int_equal(line->refs, 2);
	run_ms(p, 100);
	assert_int_equal(line->refs, 1);
	assert_string_equal(get(p, 1, fd[1], 0), "by reference");
	chunk_drop(line);
}

TWO_TEST(zero_copy_completion_comes_with_the_ack)
{
	int fd[2];
	connection(p, fd);
	set_int(p, 0, fd[0], SOL_SOCKET, SO_ZEROCOPY, 1);
	assert_int_equal(put(p, 0, fd[0], "abcd", MSG_ZEROCOPY), 4);
	two_flush(p);
	assert_int_equal(burble_ready(p->bs[0], fd[0]) & EPOLLERR, 0);
	run_ms(p, 100);
	assert_int_equal(burble_ready(p->bs[0], fd[0]) & EPOLLERR, EPOLLERR);
	struct msghdr msg = {0};
	assert_int_equal(burble_recvmsg_call(p->bs[0], fd[0], &msg, MSG_ERRQUEUE, NULL), 0);
	assert_int_equal(burble_recvmsg_call(p->bs[0], fd[0], &msg, MSG_ERRQUEUE, NULL), -EAGAIN);
}

/* Reads the error queue's next timestamp: its kind, for byte number `byte`, at `at`. */
static void assert_stamp(struct two_instances *p, int fd, uint32_t kind, uint32_t byte, nsec_t at)
{
	_Alignas(8) char control[256];
	struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct sock_extended_err ee = {0};
	struct timespec ts = {0};
	assert_int_equal(burble_recvmsg_call(p->bs[0], fd, &msg, MSG_ERRQUEUE, NULL), 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_IP)
			memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		else
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	}
	assert_int_equal(ee.ee_info, kind);
	assert_int_equal(ee.ee_data, byte);
	assert_int_equal(ts.tv_sec * NSEC_SEC + ts.tv_nsec, at);
}

TWO_TEST(transmit_timestamps_tell_when_bytes_left_and_when_they_were_acknowledged)
{
	int fd[2];
	int asked = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED |
		    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK |
		    SOF_TIMESTAMPING_OPT_ID;
	connection(p, fd);
	set_int(p, 0, fd[0], IPPROTO_TCP, TCP_NODELAY, 1);
	assert_int_equal(set_int(p, 0, fd[0], SOL_SOCKET, SO_TIMESTAMPING, asked), 0);
	nsec_t left = p->now;
	put(p, 0, fd[0], "two", 0);
	put(p, 0, fd[0], "words", 0);
	run_ms(p, 1000);
	assert_stamp(p, fd[0], SCM_TSTAMP_SCHED, 2, left);
	assert_stamp(p, fd[0], SCM_TSTAMP_SND, 2, left);
	assert_stamp(p, fd[0], SCM_TSTAMP_SCHED, 7, left);
	assert_stamp(p, fd[0], SCM_TSTAMP_SND, 7, left);
	struct msghdr msg = {0};
	assert_int_equal(burble_recvmsg_call(p->bs[0], fd[0], &msg, MSG_ERRQUEUE, NULL), 0);
	assert_int_equal(burble_recvmsg_call(p->bs[0], fd[0], &msg, MSG_ERRQUEUE, NULL), 0);
	assert_int_equal(burble_recvmsg_call(p->bs[0], fd[0], &msg, MSG_ERRQUEUE, NULL), -EAGAIN);
}

TWO_TEST(tcp_info_describes_an_established_connection)
{
	int fd[2];
	struct tcp_info info = {0};
	struct iovec value = {&info, sizeof(info)};
	connection(p, fd);
	put(p, 0, fd[0], "hello", 0);
	run_ms(p, 100);
	assert_int_equal(burble_getopt(p->bs[0], fd[0], IPPROTO_TCP, TCP_INFO, &value), 0);
	assert_int_equal(info.tcpi_state, 1);
	assert_int_equal(info.tcpi_snd_cwnd, 10);
	assert_int_equal(info.tcpi_snd_mss, 1448);
	assert_int_equal(info.tcpi_pmtu, 1500);
	assert_int_equal(info.tcpi_bytes_acked, 6 /* the SYN counts, as in Linux */);
	assert_in_range(info.tcpi_rtt, 1900, 3000);
	assert_int_equal(info.tcpi_unacked, 0);
}

/* --- the long stream -------------------------------------------------------------------------- */

/* Byte number i of the stream from `side`. */
static uint8_t byte_at(int side, uint64_t i)
{
	return (uint8_t)((i * 2654435761U >> 11) + (uint64_t)side * 77);
}

struct flow {
	int fd, side;
	uint64_t sent, received, total;
	bool ended;
};

static void pump_out(struct two_instances *p, struct flow *f)
{
	static uint8_t buf[65536];
	while (f->sent < f->total) {
		size_t n = size_min(sizeof(buf), f->total - f->sent);
		for (size_t i = 0; i < n; i++)
			buf[i] = byte_at(f->side, f->sent + i);
		ssize_t put_n =
			burble_send_call(p->bs[f->side], f->fd, (struct iovec){buf, n}, 0, NULL);
		if (put_n == -EAGAIN)
			return;
		assert_true(put_n > 0);
		f->sent += (uint64_t)put_n;
	}
	if (!f->ended)
		assert_int_equal(burble_shutdown(p->bs[f->side], f->fd, SHUT_WR), 0);
	f->ended = true;
}

static void pump_in(struct two_instances *p, struct flow *f)
{
	static uint8_t buf[65536];
	ssize_t n;
	while ((n = burble_recv_call(
			p->bs[f->side], f->fd, (struct iovec){buf, sizeof(buf)}, 0, NULL)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != byte_at(!f->side, f->received + (uint64_t)i))
				fail_msg(
					"byte %llu", (unsigned long long)f->received + (uint64_t)i);
		f->received += (uint64_t)n;
	}
	assert_true(n == 0 || n == -EAGAIN);
}

/* Runs both programs, each with an epoll set, until both have received everything. */
static void stream_both_ways(struct two_instances *p, uint64_t total)
{
	int fd[2], ep[2];
	struct flow flow[2];
	connection(p, fd);
	for (int i = 0; i < 2; i++) {
		struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
		flow[i] = (struct flow){.fd = fd[i], .side = i, .total = total};
		ep[i] = burble_epoll_create1(p->bs[i], 0);
		assert_int_equal(burble_epoll_ctl(p->bs[i], ep[i], EPOLL_CTL_ADD, fd[i], &e), 0);
	}
	while (flow[0].received < total || flow[1].received < total) {
		for (int i = 0; i < 2; i++) {
			struct epoll_event e;
			if (burble_epoll_wait_call(p->bs[i], ep[i], &e, 1, NULL) == 0)
				continue;
			assert_int_equal(e.events & EPOLLERR, 0);
			pump_in(p, &flow[i]);
			pump_out(p, &flow[i]);
		}
		assert_true(two_step(p, p->now + 300 * NSEC_SEC));
	}
}

static uint64_t stream_bytes(void)
{
	const char *mib = getenv("PAIR_MIB");
	return mib ? strtoull(mib, NULL, 10) << 20 : STREAM_BYTES;
}

TWO_TEST(a_stream_each_way_over_a_clean_wire_is_the_same_byte_by_byte)
{
	stream_both_ways(p, stream_bytes());
}

TWO_TEST(a_stream_each_way_over_a_bad_wire_is_the_same_byte_by_byte)
{
	p->faults = (struct wire_faults){.lose = 10, .duplicate = 10, .reorder = 20};
	p->faults.delay = 2 * NSEC_MSEC;
	p->faults.jitter = 5 * NSEC_MSEC;
	stream_both_ways(p, stream_bytes());
}
