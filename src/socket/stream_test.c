/*
 * stream_test.c - stream sockets whose peer is the test: opening, accepting, receiving. Sending and
 * closing: stream_send_test.c; options: stream_opt_test.c.
 */
#include "base/test/test.h"
#include "socket/test/scripted_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/time.h>

/* --- opening ---------------------------------------------------------------------------------- */

STREAM_TEST(unsupported_sockets_are_refused_as_by_linux)
{
	assert_int_equal(burble_socket(w->bs, AF_UNIX, SOCK_STREAM, 0), -EAFNOSUPPORT);
	assert_int_equal(burble_socket(w->bs, AF_INET, SOCK_RAW, 0), -ESOCKTNOSUPPORT);
	assert_int_equal(burble_socket(w->bs, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
	assert_int_equal(burble_socket(w->bs, AF_INET, SOCK_STREAM | 0x100000, 0), -EINVAL);
	int fd = burble_socket(w->bs, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(fd, 0);
	assert_int_equal(burble_fcntl(w->bs, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	assert_int_equal(burble_fcntl(w->bs, fd, F_GETFD, 0), FD_CLOEXEC);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_DOMAIN), AF_INET6);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	assert_int_equal(burble_listen(w->bs, 99, 1), -EBADF);
	assert_int_equal(burble_listen(w->bs, burble_epoll_create1(w->bs, 0), 1), -ENOTSOCK);
}

STREAM_TEST(the_errno_of_a_second_connect_depends_on_the_progress_of_the_first)
{
	int fd = open_socket(w);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
	assert_int_equal(do_connect(w, fd, NULL), -EALREADY);
	syn_ack(w);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	assert_int_equal(do_connect(w, fd, NULL), -EISCONN);
}

STREAM_TEST(a_refused_connect_is_reported_once_by_so_error_or_by_connect)
{
	int fd = open_socket(w);
	do_connect(w, fd, NULL);
	refuse(w);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_ERROR), 0);
	assert_int_equal(do_connect(w, fd, NULL), -ECONNABORTED);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_SYNCNT, 1), 0);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
	peer_wait(w->p, 10 * NSEC_SEC);
	assert_int_equal(do_connect(w, fd, NULL), -ETIMEDOUT);
}

STREAM_TEST(a_blocking_connect_waits_for_the_handshake)
{
	int fd = open_socket(w);
	struct burble_call call = burble_call_start();
	assert_int_equal(do_connect(w, fd, &call), -BURBLE_BLOCKED);
	assert_int_equal(call.deadline, NSEC_MAX);
	assert_int_equal(do_connect(w, fd, &call), -BURBLE_BLOCKED);
	assert_int_equal(call.ready, 0);
	syn_ack(w);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(do_connect(w, fd, &call), 0);
}

STREAM_TEST(so_sndtimeo_ends_a_blocking_connect_with_einprogress)
{
	int fd = open_socket(w);
	struct burble_call call = burble_call_start();
	struct timeval tv = {2, 500000};
	assert_int_equal(
		burble_setopt(w->bs, fd, SOL_SOCKET, SO_SNDTIMEO, (struct iovec){&tv, sizeof(tv)}),
		0);
	assert_int_equal(do_connect(w, fd, &call), -BURBLE_BLOCKED);
	assert_int_equal(call.deadline, w->p->now + 2500 * NSEC_MSEC);
	peer_wait(w->p, 2500 * NSEC_MSEC);
	assert_int_equal(do_connect(w, fd, &call), -EINPROGRESS);
}

STREAM_TEST(connect_with_af_unspec_makes_the_socket_fresh_again)
{
	int fd = connected(w);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	assert_int_equal(burble_connect_call(w->bs, fd, &none, sizeof(none), NULL), 0);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLHUP, EPOLLHUP);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
}

STREAM_TEST(listening_and_connecting_exclude_each_other)
{
	int a = open_socket(w), b = connected(w);
	struct tcp_info info;
	struct iovec value = {&info, sizeof(info)};
	assert_int_equal(burble_listen(w->bs, a, 5), 0);
	assert_int_equal(burble_listen(w->bs, a, 9), 0);
	assert_int_equal(burble_getopt(w->bs, a, IPPROTO_TCP, TCP_INFO, &value), 0);
	assert_int_equal(info.tcpi_sacked, 9); /* of a listener its backlog */
	assert_int_equal(do_connect(w, a, NULL), -EISCONN);
	assert_int_equal(burble_listen(w->bs, b, 5), -EINVAL);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_ACCEPTCONN), 1);
	assert_int_equal(get_int(w, b, SOL_SOCKET, SO_ACCEPTCONN), 0);
}

STREAM_TEST(a_socket_is_bound_once)
{
	struct sockaddr_in in = to(8080);
	int fd = open_socket(w);
	assert_int_equal(burble_bind(w->bs, fd, (struct sockaddr *)&in, 4), -EINVAL);
	assert_int_equal(burble_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), 0);
	in.sin_addr.s_addr = htonl(0x0a000002);
	assert_int_equal(
		burble_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), -EADDRNOTAVAIL);
	in.sin_addr.s_addr =
		htonl(INADDR_ANY); /* can be bound; the other is in use by another socket */
	assert_int_equal(burble_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), -EINVAL);
}

/* --- accepting -------------------------------------------------------------------------------- */

STREAM_TEST(accept_returns_the_oldest_with_its_address)
{
	struct sockaddr_in peer = {0};
	socklen_t len = sizeof(peer);
	struct burble_addr out = {(struct sockaddr *)&peer, &len};
	assert_int_equal(burble_accept4_call(w->bs, open_socket(w), out, 0, NULL), -EINVAL);
	int fd = listening(w);
	assert_int_equal(burble_accept4_call(w->bs, fd, out, 0, NULL), -EAGAIN);
	arrival(w);
	arrival(w);
	assert_int_equal(burble_ready(w->bs, fd), EPOLLIN | EPOLLRDNORM);
	int child = burble_accept4_call(w->bs, fd, out, SOCK_NONBLOCK, NULL);
	assert_int_equal(peer.sin_port, htons(50000));
	assert_int_equal(burble_fcntl(w->bs, child, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	assert_int_equal(do_connect(w, child, NULL), -EISCONN);
	assert_int_equal(burble_accept4_call(w->bs, fd, out, 0x7, NULL), -EINVAL);
}

STREAM_TEST(a_full_descriptor_table_leaves_the_connection_in_the_queue)
{
	int fd = listening(w);
	arrival(w);
	while (burble_dup(w->bs, fd, 0, 0) >= 0)
		continue;
	assert_int_equal(burble_accept4_call(w->bs, fd, (struct burble_addr){0}, 0, NULL), -EMFILE);
	burble_close_call(w->bs, 7, NULL);
	assert_int_equal(burble_accept4_call(w->bs, fd, (struct burble_addr){0}, 0, NULL), 7);
}

STREAM_TEST(a_child_inherits_what_linux_lets_it_inherit)
{
	int fd = listening(w);
	struct linger l = {1, 7};
	set_int(w, fd, IPPROTO_TCP, TCP_INQ, 1);
	set_int(w, fd, SOL_SOCKET, SO_RCVLOWAT, 100);
	burble_setopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	arrival(w);
	int child = burble_accept4_call(w->bs, fd, (struct burble_addr){0}, 0, NULL);
	struct iovec out = {&l, sizeof(l)};
	l.l_linger = 0;
	assert_int_equal(get_int(w, child, IPPROTO_TCP, TCP_INQ), 1);
	assert_int_equal(get_int(w, child, SOL_SOCKET, SO_RCVLOWAT), 100);
	assert_int_equal(burble_getopt(w->bs, child, SOL_SOCKET, SO_LINGER, &out), 0);
	assert_int_equal(l.l_linger, 7);
}

STREAM_TEST(a_blocking_accept_waits_for_so_rcvtimeo)
{
	int fd = listening(w);
	struct timeval tv = {1, 0};
	struct burble_call call = burble_call_start();
	burble_setopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, (struct iovec){&tv, sizeof(tv)});
	assert_int_equal(
		burble_accept4_call(w->bs, fd, (struct burble_addr){0}, 0, &call), -BURBLE_BLOCKED);
	assert_int_equal(call.deadline, w->p->now + NSEC_SEC);
	peer_wait(w->p, NSEC_SEC);
	assert_int_equal(
		burble_accept4_call(w->bs, fd, (struct burble_addr){0}, 0, &call), -EAGAIN);
}

/* --- receiving -------------------------------------------------------------------------------- */

STREAM_TEST(receiving_nothing_is_eagain_end_of_file_or_the_error_once)
{
	int fd = connected(w);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), -EAGAIN);
	peer_in(w->p, SEG_RST, 1, 0, 0);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), -ECONNRESET);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 0);
	fd = connected(w);
	peer_in(w->p, SEG_FIN | SEG_ACK, 1, 1, 0);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 0);
	assert_int_equal(recv_some(w, open_socket(w), 10, 0, NULL), -ENOTCONN);
}

STREAM_TEST(data_comes_before_the_error_and_before_the_end)
{
	int fd = connected(w);
	data(w, 1, 3);
	time_out(w, fd);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 3);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), -ETIMEDOUT);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 0);
}

STREAM_TEST(a_blocking_receive_returns_what_there_is)
{
	int fd = connected(w);
	struct burble_call call = burble_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BURBLE_BLOCKED);
	data(w, 1, 3);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), 3);
}

STREAM_TEST(waitall_waits_for_all_and_a_timeout_returns_what_arrived)
{
	int fd = connected(w);
	char room[8] = {0};
	struct iovec v = {room, 6};
	struct burble_call call = burble_call_start();
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_WAITALL, &call), -BURBLE_BLOCKED);
	data(w, 1, 3);
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_WAITALL, &call), -BURBLE_BLOCKED);
	data(w, 4, 5);
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_WAITALL, &call), 6);
	assert_string_equal(room, "abcdef");
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_WAITALL, NULL), 2);
	call = burble_call_start();
	data(w, 9, 2);
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_WAITALL, &call), -BURBLE_BLOCKED);
	assert_int_equal(burble_interrupt(&call), 2);
}

STREAM_TEST(peek_leaves_data_and_trunc_discards_it)
{
	int fd = connected(w);
	char a[2], b[3];
	struct iovec v[2] = {{a, 2}, {b, 3}};
	struct msghdr msg = {.msg_iov = v, .msg_iovlen = 2};
	data(w, 1, 6);
	assert_int_equal(burble_recvmsg_call(w->bs, fd, &msg, MSG_PEEK, NULL), 5);
	assert_memory_equal(b, "cde", 3);
	assert_int_equal(recv_some(w, fd, 4, MSG_TRUNC, NULL), 4);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 2);
}

STREAM_TEST(rcvlowat_holds_a_blocking_receive_and_readiness)
{
	int fd = connected(w);
	struct burble_call call = burble_call_start();
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_RCVLOWAT, 4), 0);
	data(w, 1, 3);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLIN, 0);
	data(w, 4, 1);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLIN, EPOLLIN);
	assert_int_equal(recv_some(w, fd, 2, 0, NULL), 2);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BURBLE_BLOCKED);
	data(w, 5, 4);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), 6);
}

STREAM_TEST(tcp_inq_returns_the_unread_bytes_with_every_receive)
{
	int fd = connected(w);
	char room[4];
	_Alignas(8) char control[64];
	struct iovec v = {room, 4};
	struct msghdr msg = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control};
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_INQ, 1), 0);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_INQ, 2), -EINVAL);
	data(w, 1, 7);
	msg.msg_controllen = sizeof(control);
	assert_int_equal(burble_recvmsg_call(w->bs, fd, &msg, 0, NULL), 4);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	assert_int_equal(c->cmsg_type, TCP_CM_INQ);
	assert_int_equal(*(int *)(void *)CMSG_DATA(c), 3);
}

/* --- urgent data ------------------------------------------------------------------------------ */

STREAM_TEST(a_receive_stops_at_the_urgent_byte_and_then_skips_it)
{
	int fd = connected(w), mark = -1;
	w->p->urg = 3; /* one beyond it: RFC 6093 */
	peer_in(w->p, SEG_URG | SEG_ACK, 1, 1, 5);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLPRI, EPOLLPRI);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 2);
	assert_int_equal(burble_ioctl(w->bs, fd, SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 1);
	char byte = 0;
	struct iovec v = {&byte, 1};
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_OOB | MSG_PEEK, NULL), 1);
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_OOB, NULL), 1);
	assert_int_equal(byte, 'c');
	assert_int_equal(burble_recv_call(w->bs, fd, v, MSG_OOB, NULL), -EINVAL);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 2);
}

STREAM_TEST(msg_oob_is_einval_without_urgent_data_or_with_oobinline)
{
	int fd = connected(w);
	assert_int_equal(recv_some(w, fd, 1, MSG_OOB, NULL), -EINVAL);
	w->p->urg = 3;
	peer_in(w->p, SEG_URG | SEG_ACK, 1, 1, 2);
	assert_int_equal(recv_some(w, fd, 1, MSG_OOB, NULL), -EAGAIN);
	data(w, 3, 1);
	assert_int_equal(burble_ready(w->bs, fd) & EPOLLPRI, EPOLLPRI);
	set_int(w, fd, SOL_SOCKET, SO_OOBINLINE, 1);
	assert_int_equal(recv_some(w, fd, 1, MSG_OOB, NULL), -EINVAL);
}
