/*
 * stream_test.c - what a stream socket answers, call by call, over a TCP made by hand.
 */
#include "socket/sock_fixture.h"
#include "socket/stream.h"

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

struct world {
	struct stack *stack;
	struct bs *bs;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	w->stack = fake_stack();
	w->bs = bs_new(&(struct bs_config){.stack = w->stack, .fds_max = 1024});
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	bs_free(w->bs);
	fake_stack_free(w->stack);
	free(w);
	return 0;
}

static struct sockaddr_in to(uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	in.sin_addr.s_addr = htonl(0x0a000001);
	return in;
}

static int do_connect(struct world *w, int fd, struct bs_call *call)
{
	struct sockaddr_in in = to(80);
	return bs_connect(w->bs, fd, (struct sockaddr *)&in, sizeof(in), call);
}

static int open_socket(struct world *w)
{
	return bs_socket(w->bs, AF_INET, SOCK_STREAM, 0);
}

/* A connected socket, as a program has it after connect(). */
static int connected(struct world *w)
{
	int fd = open_socket(w);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	c->f.room = c->f.writable = true;
	fake_become(w->stack, c, TCPS_ESTABLISHED, 0);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	return fd;
}

static ssize_t send_text(struct world *w, int fd, const char *text, struct bs_call *call)
{
	struct iovec v = {(char *)text, strlen(text)};
	return bs_send(w->bs, fd, v, 0, call);
}

static ssize_t recv_some(struct world *w, int fd, size_t n, int flags, struct bs_call *call)
{
	static char room[FAKE_BYTES];
	return bs_recv(w->bs, fd, (struct iovec){room, n}, flags, call);
}

static int get_int(struct world *w, int fd, int level, int name)
{
	int v = -12345;
	struct iovec value = {&v, sizeof(v)};
	int err = bs_getsockopt(w->bs, fd, level, name, &value);
	return err ? err : v;
}

static int set_int(struct world *w, int fd, int level, int name, int v)
{
	return bs_setsockopt(w->bs, fd, level, name, (struct iovec){&v, sizeof(v)});
}

/* --- opening ---------------------------------------------------------------------------------- */

static void a_socket_of_a_kind_that_is_not_there_is_refused_as_linux_does(void **state)
{
	struct world *w = *state;
	assert_int_equal(bs_socket(w->bs, AF_UNIX, SOCK_STREAM, 0), -EAFNOSUPPORT);
	assert_int_equal(bs_socket(w->bs, AF_INET, SOCK_RAW, 0), -ESOCKTNOSUPPORT);
	assert_int_equal(bs_socket(w->bs, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
	assert_int_equal(bs_socket(w->bs, AF_INET, SOCK_STREAM | 0x100000, 0), -EINVAL);
	int fd = bs_socket(w->bs, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(fd, 0);
	assert_int_equal(bs_fcntl(w->bs, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	assert_int_equal(bs_fcntl(w->bs, fd, F_GETFD, 0), FD_CLOEXEC);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_DOMAIN), AF_INET6);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	assert_int_equal(bs_listen(w->bs, 99, 1), -EBADF);
	assert_int_equal(bs_listen(w->bs, bs_epoll_create1(w->bs, 0), 1), -ENOTSOCK);
}

static void the_errno_of_a_second_connect_tells_how_far_the_first_is(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
	assert_int_equal(do_connect(w, fd, NULL), -EALREADY);
	fake_become(w->stack, fake_conn(w->bs, fd), TCPS_ESTABLISHED, 0);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	assert_int_equal(do_connect(w, fd, NULL), -EISCONN);
}

static void a_refused_connect_is_told_once_by_so_error_or_by_connect(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	do_connect(w, fd, NULL);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	c->f.err = ECONNREFUSED;
	fake_become(w->stack, c, TCPS_CLOSED, 0);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_ERROR), 0);
	assert_int_equal(do_connect(w, fd, NULL), -ECONNABORTED);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
	c->f.err = ETIMEDOUT;
	fake_become(w->stack, c, TCPS_CLOSED, 0);
	assert_int_equal(do_connect(w, fd, NULL), -ETIMEDOUT);
}

static void a_blocking_connect_waits_for_the_handshake(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct bs_call call = bs_call_start();
	assert_int_equal(do_connect(w, fd, &call), -BS_BLOCKED);
	assert_int_equal(call.deadline, NSEC_MAX);
	assert_int_equal(do_connect(w, fd, &call), -BS_BLOCKED);
	fake_become(w->stack, fake_conn(w->bs, fd), TCPS_ESTABLISHED, 0);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(do_connect(w, fd, &call), 0);
}

static void so_sndtimeo_ends_a_blocking_connect_with_einprogress(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct bs_call call = bs_call_start();
	struct timeval tv = {2, 500000};
	assert_int_equal(
		bs_setsockopt(w->bs, fd, SOL_SOCKET, SO_SNDTIMEO, (struct iovec){&tv, sizeof(tv)}),
		0);
	assert_int_equal(do_connect(w, fd, &call), -BS_BLOCKED);
	assert_int_equal(call.deadline, 2500 * NSEC_MSEC);
	fake_now(w->stack, call.deadline);
	assert_int_equal(do_connect(w, fd, &call), -EINPROGRESS);
}

static void connect_with_af_unspec_makes_the_socket_fresh_again(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	assert_int_equal(bs_connect(w->bs, fd, &none, sizeof(none), NULL), 0);
	assert_int_equal(bs_ready(w->bs, fd) & EPOLLHUP, EPOLLHUP);
	assert_int_equal(do_connect(w, fd, NULL), -EINPROGRESS);
}

static void listening_and_connecting_exclude_each_other(void **state)
{
	struct world *w = *state;
	int a = open_socket(w), b = connected(w);
	assert_int_equal(bs_listen(w->bs, a, 5), 0);
	assert_int_equal(bs_listen(w->bs, a, 9), 0);
	assert_int_equal(fake_conn(w->bs, a)->backlog, 9);
	assert_int_equal(do_connect(w, a, NULL), -EISCONN);
	assert_int_equal(bs_listen(w->bs, b, 5), -EINVAL);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_ACCEPTCONN), 1);
	assert_int_equal(get_int(w, b, SOL_SOCKET, SO_ACCEPTCONN), 0);
}

static void a_socket_is_bound_once(void **state)
{
	struct world *w = *state;
	struct sockaddr_in in = to(8080);
	int fd = open_socket(w);
	assert_int_equal(bs_bind(w->bs, fd, (struct sockaddr *)&in, 4), -EINVAL);
	assert_int_equal(bs_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(bs_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), -EINVAL);
}

/* --- accepting -------------------------------------------------------------------------------- */

static void accept_gives_the_oldest_with_its_address(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct sockaddr_in peer = {0};
	socklen_t len = sizeof(peer);
	struct bs_addr out = {(struct sockaddr *)&peer, &len};
	assert_int_equal(bs_accept4(w->bs, fd, out, 0, NULL), -EINVAL);
	bs_listen(w->bs, fd, 5);
	assert_int_equal(bs_accept4(w->bs, fd, out, 0, NULL), -EAGAIN);
	struct tcp_conn *first = fake_arrival(w->stack, fake_conn(w->bs, fd));
	fake_arrival(w->stack, fake_conn(w->bs, fd));
	assert_int_equal(bs_ready(w->bs, fd), EPOLLIN | EPOLLRDNORM);
	int child = bs_accept4(w->bs, fd, out, SOCK_NONBLOCK, NULL);
	assert_ptr_equal(fake_conn(w->bs, child), first);
	assert_int_equal(peer.sin_port, htons(5555));
	assert_int_equal(bs_fcntl(w->bs, child, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	assert_int_equal(do_connect(w, child, NULL), -EISCONN);
	assert_int_equal(bs_accept4(w->bs, fd, out, 0x7, NULL), -EINVAL);
}

static void a_full_descriptor_table_leaves_the_connection_in_the_queue(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	bs_listen(w->bs, fd, 5);
	fake_arrival(w->stack, fake_conn(w->bs, fd));
	while (bs_dup(w->bs, fd, 0, 0) >= 0)
		continue;
	assert_int_equal(bs_accept4(w->bs, fd, (struct bs_addr){0}, 0, NULL), -EMFILE);
	bs_close(w->bs, 7, NULL);
	assert_int_equal(bs_accept4(w->bs, fd, (struct bs_addr){0}, 0, NULL), 7);
}

static void a_child_inherits_what_linux_lets_it_inherit(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct linger l = {1, 7};
	set_int(w, fd, IPPROTO_TCP, TCP_INQ, 1);
	set_int(w, fd, SOL_SOCKET, SO_RCVLOWAT, 100);
	bs_setsockopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	bs_listen(w->bs, fd, 5);
	fake_arrival(w->stack, fake_conn(w->bs, fd));
	int child = bs_accept4(w->bs, fd, (struct bs_addr){0}, 0, NULL);
	struct iovec out = {&l, sizeof(l)};
	l.l_linger = 0;
	assert_int_equal(get_int(w, child, IPPROTO_TCP, TCP_INQ), 1);
	assert_int_equal(get_int(w, child, SOL_SOCKET, SO_RCVLOWAT), 100);
	assert_int_equal(bs_getsockopt(w->bs, child, SOL_SOCKET, SO_LINGER, &out), 0);
	assert_int_equal(l.l_linger, 7);
}

static void a_blocking_accept_waits_for_so_rcvtimeo(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct timeval tv = {1, 0};
	struct bs_call call = bs_call_start();
	bs_setsockopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, (struct iovec){&tv, sizeof(tv)});
	bs_listen(w->bs, fd, 5);
	assert_int_equal(bs_accept4(w->bs, fd, (struct bs_addr){0}, 0, &call), -BS_BLOCKED);
	fake_now(w->stack, call.deadline);
	assert_int_equal(bs_accept4(w->bs, fd, (struct bs_addr){0}, 0, &call), -EAGAIN);
}

/* --- receiving -------------------------------------------------------------------------------- */

static void receiving_nothing_is_eagain_end_of_file_or_the_error_once(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), -EAGAIN);
	c->f.err = ECONNRESET;
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), -ECONNRESET);
	c->f.done = true;
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 0);
	assert_int_equal(recv_some(w, open_socket(w), 10, 0, NULL), -ENOTCONN);
}

static void data_comes_before_the_error_and_before_the_end(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	fake_data(w->stack, c, "abc");
	c->f.shut = TCP_SHUT_RD;
	c->f.err = ETIMEDOUT;
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 3);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), -ETIMEDOUT);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 0);
}

static void a_blocking_receive_returns_what_there_is(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct bs_call call = bs_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BS_BLOCKED);
	fake_data(w->stack, fake_conn(w->bs, fd), "abc");
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), 3);
}

static void waitall_waits_for_all_and_a_timeout_gives_what_came(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	char room[8] = {0};
	struct iovec v = {room, 6};
	struct bs_call call = bs_call_start();
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_WAITALL, &call), -BS_BLOCKED);
	fake_data(w->stack, c, "abc");
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_WAITALL, &call), -BS_BLOCKED);
	fake_data(w->stack, c, "defgh");
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_WAITALL, &call), 6);
	assert_string_equal(room, "abcdef");
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_WAITALL, NULL), 2);
	call = bs_call_start();
	fake_data(w->stack, c, "xy");
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_WAITALL, &call), -BS_BLOCKED);
	assert_int_equal(bs_interrupt(&call), 2);
}

static void peek_leaves_and_trunc_throws_away(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	char a[2], b[3];
	struct iovec v[2] = {{a, 2}, {b, 3}};
	struct msghdr msg = {.msg_iov = v, .msg_iovlen = 2};
	fake_data(w->stack, fake_conn(w->bs, fd), "abcdef");
	assert_int_equal(bs_recvmsg(w->bs, fd, &msg, MSG_PEEK, NULL), 5);
	assert_memory_equal(b, "cde", 3);
	assert_int_equal(recv_some(w, fd, 4, MSG_TRUNC, NULL), 4);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 2);
}

static void rcvlowat_holds_a_blocking_receive_and_readiness(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	struct bs_call call = bs_call_start();
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_RCVLOWAT, 4), 0);
	fake_data(w->stack, c, "abc");
	assert_int_equal(bs_ready(w->bs, fd) & EPOLLIN, 0);
	fake_data(w->stack, c, "d");
	assert_int_equal(bs_ready(w->bs, fd) & EPOLLIN, EPOLLIN);
	assert_int_equal(recv_some(w, fd, 2, 0, NULL), 2);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BS_BLOCKED);
	fake_data(w->stack, c, "efgh");
	assert_int_equal(recv_some(w, fd, 10, 0, &call), 6);
}

static void tcp_inq_tells_what_is_left_with_every_receive(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	char room[4];
	_Alignas(8) char control[64];
	struct iovec v = {room, 4};
	struct msghdr msg = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control};
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_INQ, 1), 0);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_INQ, 2), -EINVAL);
	fake_data(w->stack, fake_conn(w->bs, fd), "abcdefg");
	msg.msg_controllen = sizeof(control);
	assert_int_equal(bs_recvmsg(w->bs, fd, &msg, 0, NULL), 4);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	assert_int_equal(c->cmsg_type, TCP_CM_INQ);
	assert_int_equal(*(int *)(void *)CMSG_DATA(c), 3);
}

/* --- urgent data ------------------------------------------------------------------------------ */

static void a_receive_stops_at_the_urgent_byte_and_then_passes_over_it(void **state)
{
	struct world *w = *state;
	int fd = connected(w), mark = -1;
	struct tcp_conn *c = fake_conn(w->bs, fd);
	fake_data(w->stack, c, "abXcd");
	c->in_urgent = 2;
	c->f.urgent = TCP_URGENT_HERE;
	c->f.urgent_byte = 'X';
	assert_int_equal(bs_ready(w->bs, fd) & EPOLLPRI, EPOLLPRI);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 2);
	assert_int_equal(bs_ioctl(w->bs, fd, SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 1);
	char byte = 0;
	struct iovec v = {&byte, 1};
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_OOB | MSG_PEEK, NULL), 1);
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_OOB, NULL), 1);
	assert_int_equal(byte, 'X');
	assert_int_equal(bs_recv(w->bs, fd, v, MSG_OOB, NULL), -EINVAL);
	assert_int_equal(recv_some(w, fd, 10, 0, NULL), 2);
}

static void msg_oob_is_einval_without_urgent_data_or_with_oobinline(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	assert_int_equal(recv_some(w, fd, 1, MSG_OOB, NULL), -EINVAL);
	c->f.urgent = TCP_URGENT_COMING;
	assert_int_equal(recv_some(w, fd, 1, MSG_OOB, NULL), -EAGAIN);
	c->f.urgent = TCP_URGENT_HERE;
	set_int(w, fd, SOL_SOCKET, SO_OOBINLINE, 1);
	assert_int_equal(recv_some(w, fd, 1, MSG_OOB, NULL), -EINVAL);
}

/* --- sending ---------------------------------------------------------------------------------- */

static void a_send_that_does_not_fit_is_short_or_waits(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	struct bs_call call = bs_call_start();
	c->out_room = 4;
	assert_int_equal(send_text(w, fd, "abcdef", NULL), 4);
	assert_int_equal(c->wants_room, 1);
	assert_int_equal(send_text(w, fd, "ef", NULL), -EAGAIN);
	c->out_room = 3;
	assert_int_equal(send_text(w, fd, "efghij", &call), -BS_BLOCKED);
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
	assert_int_equal(bs_writev(w->bs, fd, v, 3, NULL), 4);
	assert_int_equal(fake_conn(w->bs, fd)->pushed, 1);
	assert_memory_equal(fake_conn(w->bs, fd)->out, "abcd", 4);
	assert_int_equal(bs_writev(w->bs, fd, v, -1, NULL), -EINVAL);
	assert_int_equal(bs_writev(w->bs, fd, v, 0, NULL), 0);
	assert_int_equal(bs_readv(w->bs, bs_epoll_create1(w->bs, 0), v, 1, NULL), -EINVAL);
}

static void sending_on_what_is_not_connected_is_epipe_and_the_error_comes_first(void **state)
{
	struct world *w = *state;
	int fd = connected(w), fresh = open_socket(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	assert_int_equal(send_text(w, fresh, "x", NULL), -EPIPE);
	bs_shutdown(w->bs, fd, SHUT_WR);
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
	struct bs_call call = bs_call_start();
	do_connect(w, fd, NULL);
	assert_int_equal(send_text(w, fd, "abc", NULL), -EAGAIN);
	assert_int_equal(send_text(w, fd, "abc", &call), -BS_BLOCKED);
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
	assert_int_equal(bs_sendmsg(w->bs, fd, &msg, MSG_FASTOPEN, NULL), 5);
	assert_int_equal(bs_sendmsg(w->bs, fd, &msg, MSG_FASTOPEN, NULL), -EALREADY);
	assert_int_equal(do_connect(w, fd, NULL), -EALREADY);
}

static void a_deferred_connect_begins_with_the_first_data(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), 0);
	assert_int_equal(do_connect(w, fd, NULL), 0);
	assert_int_equal(bs_ready(w->bs, fd), EPOLLOUT | EPOLLWRNORM);
	assert_int_equal(do_connect(w, fd, NULL), -EISCONN);
	assert_int_equal(send_text(w, fd, "hello", NULL), 5);
}

/* Reads the error queue; the extended error is left in *ee. */
static ssize_t read_errors(struct world *w, int fd, struct sock_extended_err *ee, int *flags)
{
	_Alignas(8) char control[256];
	struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = bs_recvmsg(w->bs, fd, &msg, MSG_ERRQUEUE, NULL);
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
	assert_int_equal(bs_send(w->bs, fd, v, MSG_ZEROCOPY, NULL), 4);
	assert_int_equal(bs_send(w->bs, fd, v, MSG_ZEROCOPY, NULL), 4);
	assert_int_equal(read_errors(w, fd, &ee, &flags), -EAGAIN);
	fake_acked(w->stack, c, 7);
	fake_acked(w->stack, c, 8);
	assert_int_equal(bs_ready(w->bs, fd) & EPOLLERR, EPOLLERR);
	assert_int_equal(read_errors(w, fd, &ee, &flags), 0);
	assert_int_equal(flags, MSG_ERRQUEUE);
	assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	assert_int_equal(ee.ee_code, SO_EE_CODE_ZEROCOPY_COPIED);
	assert_int_equal(ee.ee_info, 0);
	assert_int_equal(ee.ee_data, 1);
	assert_int_equal(bs_ready(w->bs, fd) & EPOLLERR, 0);
	bs_send(w->bs, fd, v, MSG_ZEROCOPY, NULL);
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
	assert_int_equal(bs_send(w->bs, fd, v, MSG_ZEROCOPY, NULL), -EPIPE);
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
	assert_int_equal(bs_recvmsg(w->bs, fd, &msg, MSG_ERRQUEUE, NULL), -EAGAIN);
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
	assert_int_equal(bs_send_ref(w->bs, a, line, line->data, 4), 4);
	assert_int_equal(bs_send_ref(w->bs, b, line, line->data, 4), 4);
	assert_memory_equal(fake_conn(w->bs, b)->out, "line", 4);
	fake_conn(w->bs, b)->out_room = 0;
	assert_int_equal(bs_send_ref(w->bs, b, line, line->data, 4), -EAGAIN);
	assert_int_equal(fake_conn(w->bs, b)->wants_room, 1);
	assert_int_equal(bs_send_ref(w->bs, fresh, line, line->data, 4), -EPIPE);
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
	assert_int_equal(bs_ready(w->bs, fd), out | EPOLLHUP);
	do_connect(w, fd, NULL);
	assert_int_equal(bs_ready(w->bs, fd), 0);
	c->f.writable = true;
	c->f.state = TCPS_ESTABLISHED;
	assert_int_equal(bs_ready(w->bs, fd), out);
	c->f.shut = TCP_SHUT_RD;
	assert_int_equal(bs_ready(w->bs, fd), out | in | EPOLLRDHUP);
	c->f.shut = TCP_SHUT_BOTH;
	assert_int_equal(bs_ready(w->bs, fd), out | in | EPOLLRDHUP | EPOLLHUP);
	assert_int_equal(bs_ready(w->bs, 99), POLLNVAL);
}

static void a_dead_connection_shows_in_out_err_hup_rdhup(void **state)
{
	struct world *w = *state;
	int fd = connected(w), ep = bs_epoll_create1(w->bs, 0);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	uint32_t all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
	struct epoll_event e = {.events = all | EPOLLET}, got;
	bs_epoll_ctl(w->bs, ep, EPOLL_CTL_ADD, fd, &e);
	assert_int_equal(bs_epoll_wait(w->bs, ep, &got, 1, NULL), 1);
	c->f.err = ETIMEDOUT;
	c->f.shut = TCP_SHUT_BOTH;
	c->f.done = true;
	fake_become(w->stack, c, TCPS_CLOSED, TCP_NEWS_ERR);
	assert_int_equal(bs_epoll_wait(w->bs, ep, &got, 1, NULL), 1);
	assert_int_equal(got.events, all | EPOLLERR | EPOLLHUP);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
	assert_int_equal(bs_ready(w->bs, fd) & EPOLLERR, 0);
	assert_int_equal(recv_some(w, fd, 1, 0, NULL), 0);
}

static void looking_for_room_asks_for_news_of_it(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	bs_ready(w->bs, fd);
	assert_int_equal(c->wants_room, 0);
	c->f.writable = false;
	bs_ready(w->bs, fd);
	assert_int_equal(c->wants_room, 1);
}

/* --- ending ----------------------------------------------------------------------------------- */

static void shutdown_answers_as_the_state_allows(void **state)
{
	struct world *w = *state;
	int fd = connected(w), l = open_socket(w), fresh = open_socket(w);
	assert_int_equal(bs_shutdown(w->bs, fd, 3), -EINVAL);
	assert_int_equal(bs_shutdown(w->bs, fresh, SHUT_RD), -ENOTCONN);
	assert_int_equal(bs_shutdown(w->bs, fd, SHUT_RDWR), 0);
	assert_int_equal(fake_conn(w->bs, fd)->f.shut, TCP_SHUT_BOTH);
	bs_listen(w->bs, l, 1);
	assert_int_equal(bs_shutdown(w->bs, l, SHUT_WR), 0);
	assert_int_equal(fake_conn(w->bs, l)->f.state, TCPS_LISTEN);
	assert_int_equal(bs_shutdown(w->bs, l, SHUT_RD), 0);
	assert_int_equal(fake_conn(w->bs, l)->f.state, TCPS_CLOSED);
}

static void the_last_descriptor_closes_the_connection(void **state)
{
	struct world *w = *state;
	int fd = connected(w), copy = bs_dup(w->bs, fd, 0, 0);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	assert_int_equal(bs_close(w->bs, fd, NULL), 0);
	assert_int_equal(c->closed, 0);
	assert_int_equal(send_text(w, copy, "x", NULL), 1);
	assert_int_equal(bs_close(w->bs, copy, NULL), 0);
	assert_int_equal(c->closed, 1);
	assert_int_equal(c->aborted, 0);
	assert_int_equal(bs_close(w->bs, copy, NULL), -EBADF);
}

static void linger_zero_aborts(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_conn *c = fake_conn(w->bs, fd);
	struct linger l = {1, 0};
	bs_setsockopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
	bs_close(w->bs, fd, NULL);
	assert_int_equal(c->aborted, 1);
}

static void linger_makes_close_wait_for_the_last_ack_or_its_time(void **state)
{
	struct world *w = *state;
	struct linger l = {1, 3};
	for (int late = 0; late < 2; late++) {
		int fd = connected(w);
		struct tcp_conn *c = fake_conn(w->bs, fd);
		struct bs_call call = bs_call_start();
		bs_setsockopt(w->bs, fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)});
		assert_int_equal(bs_close(w->bs, fd, &call), -BS_BLOCKED);
		assert_int_equal(bs_close(w->bs, fd, NULL), -EBADF);
		assert_int_equal(call.deadline, stack_now(w->stack) + 3 * NSEC_SEC);
		if (late)
			fake_now(w->stack, call.deadline);
		else
			fake_become(w->stack, c, TCPS_FIN_WAIT_2, 0);
		assert_int_equal(bs_close(w->bs, fd, &call), 0);
		assert_int_equal(c->closed, 1);
	}
}

static void closing_a_descriptor_ends_the_call_that_waits_on_it(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct bs_call call = bs_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BS_BLOCKED);
	bs_close(w->bs, fd, NULL);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -EBADF);
}

static void an_interrupted_call_is_eintr(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct bs_call call = bs_call_start();
	assert_int_equal(recv_some(w, fd, 10, 0, &call), -BS_BLOCKED);
	assert_int_equal(bs_interrupt(&call), -EINTR);
}

/* --- options ---------------------------------------------------------------------------------- */

static void buffer_sizes_are_doubled_capped_and_not_too_small(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	set_int(w, fd, SOL_SOCKET, SO_SNDBUF, 21000);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_SNDBUF), 42000);
	set_int(w, fd, SOL_SOCKET, SO_SNDBUF, 1);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_SNDBUF), 4608);
	set_int(w, fd, SOL_SOCKET, SO_RCVBUF, 1);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_RCVBUF), 2304);
	set_int(w, fd, SOL_SOCKET, SO_RCVBUF, 100 << 20);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_RCVBUF), 2 * 4194304);
	set_int(w, fd, SOL_SOCKET, SO_SNDBUF, -1);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_SNDBUF), 2 * 4194304);
}

static void options_that_cannot_be_honoured_are_enoprotoopt(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	int none[] = {SO_DEBUG, SO_ATTACH_FILTER, SO_TYPE, SO_BUSY_POLL};
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(set_int(w, fd, SOL_SOCKET, none[i], 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_REPAIR, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_INFO, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, 999, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, 77, 1, 1), -ENOPROTOOPT);
	assert_int_equal(get_int(w, fd, 77, 1), -EOPNOTSUPP);
}

static void option_values_are_checked_as_linux_checks_them(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w), v = 1;
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_KEEPIDLE, 0), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_KEEPIDLE, 32768), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_KEEPCNT, 128), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, -1), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, 0), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, 256), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, 7), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TTL), 7);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, -1), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TTL), 64);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TOS, 0x13), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TOS), 0x10);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TOS, -1), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TOS), 0xfc);
	assert_int_equal(
		bs_setsockopt(w->bs, fd, IPPROTO_TCP, TCP_NODELAY, (struct iovec){&v, 3}), -EINVAL);
	assert_int_equal(
		bs_setsockopt(w->bs, fd, IPPROTO_TCP, TCP_NODELAY, (struct iovec){NULL, 4}),
		-EFAULT);
}

static void v6only_can_be_changed_until_the_socket_has_a_port(void **state)
{
	struct world *w = *state;
	int fd = bs_socket(w->bs, AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
	assert_int_equal(set_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	assert_int_equal(fake_conn(w->bs, fd)->bind_flags, TCP_BIND_V6ONLY);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	assert_int_equal(fake_conn(w->bs, fd)->bind_flags, TCP_BIND_V6ONLY | TCP_BIND_REUSEADDR);
	assert_int_equal(bs_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(set_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY, 0), -EINVAL);
	assert_int_equal(get_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

static void values_are_cut_to_the_callers_room(void **state)
{
	struct world *w = *state;
	int fd = connected(w);
	struct tcp_info info;
	struct iovec value = {&info, 8};
	assert_int_equal(bs_getsockopt(w->bs, fd, IPPROTO_TCP, TCP_INFO, &value), 0);
	assert_int_equal(value.iov_len, 8);
	assert_int_equal(info.tcpi_state, TCPS_ESTABLISHED);
	char name[32];
	value = (struct iovec){name, sizeof(name)};
	assert_int_equal(bs_getsockopt(w->bs, fd, IPPROTO_TCP, TCP_CONGESTION, &value), 0);
	assert_int_equal(value.iov_len, 16);
	assert_string_equal(name, "cubic");
	assert_int_equal(
		bs_setsockopt(w->bs, fd, IPPROTO_TCP, TCP_CONGESTION, (struct iovec){"vegas", 5}),
		-ENOENT);
}

static void times_are_checked_and_read_back(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	struct timeval tv = {1, 1000000};
	struct iovec value = {&tv, sizeof(tv)};
	assert_int_equal(bs_setsockopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, value), -EDOM);
	tv = (struct timeval){1, 250000};
	assert_int_equal(bs_setsockopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, value), 0);
	tv = (struct timeval){0};
	assert_int_equal(bs_getsockopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, &value), 0);
	assert_int_equal(tv.tv_sec, 1);
	assert_int_equal(tv.tv_usec, 250000);
}

static void the_queues_are_told_by_ioctl(void **state)
{
	struct world *w = *state;
	int fd = connected(w), l = open_socket(w), v = 0;
	struct tcp_conn *c = fake_conn(w->bs, fd);
	c->f.unacked = 7;
	c->f.unsent = 5;
	fake_data(w->stack, c, "abc");
	assert_int_equal(bs_ioctl(w->bs, fd, FIONREAD, &v), 0);
	assert_int_equal(v, 3);
	assert_int_equal(bs_ioctl(w->bs, fd, SIOCOUTQ, &v), 0);
	assert_int_equal(v, 7);
	assert_int_equal(bs_ioctl(w->bs, fd, SIOCOUTQNSD, &v), 0);
	assert_int_equal(v, 5);
	bs_listen(w->bs, l, 1);
	assert_int_equal(bs_ioctl(w->bs, l, FIONREAD, &v), -EINVAL);
	assert_int_equal(bs_ioctl(w->bs, fd, 0x1234, &v), -ENOTTY);
	v = 1;
	assert_int_equal(bs_ioctl(w->bs, fd, FIONBIO, &v), 0);
	assert_int_equal(bs_fcntl(w->bs, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
}

static void names_are_told_and_a_peer_only_when_there_is_one(void **state)
{
	struct world *w = *state;
	struct sockaddr_in in = {0};
	socklen_t len = sizeof(in);
	int fd = open_socket(w);
	assert_int_equal(bs_getpeername(w->bs, fd, (struct sockaddr *)&in, &len), -ENOTCONN);
	do_connect(w, fd, NULL);
	assert_int_equal(bs_getpeername(w->bs, fd, (struct sockaddr *)&in, &len), -ENOTCONN);
	fake_become(w->stack, fake_conn(w->bs, fd), TCPS_ESTABLISHED, 0);
	assert_int_equal(bs_getpeername(w->bs, fd, (struct sockaddr *)&in, &len), 0);
	assert_int_equal(in.sin_port, htons(80));
	assert_int_equal(bs_getsockname(w->bs, fd, NULL, &len), -EFAULT);
}

static void descriptors_are_copied_and_flagged(void **state)
{
	struct world *w = *state;
	int fd = open_socket(w);
	int copy = bs_fcntl(w->bs, fd, F_DUPFD_CLOEXEC, 10);
	assert_int_equal(copy, 10);
	assert_int_equal(bs_fcntl(w->bs, copy, F_GETFD, 0), FD_CLOEXEC);
	assert_int_equal(bs_fcntl(w->bs, fd, F_GETFD, 0), 0);
	assert_int_equal(bs_fcntl(w->bs, fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(bs_fcntl(w->bs, copy, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	assert_int_equal(bs_fcntl(w->bs, fd, F_SETFL, O_ASYNC), -EINVAL);
	assert_int_equal(bs_fcntl(w->bs, fd, F_SETOWN, 42), 0);
	assert_int_equal(bs_fcntl(w->bs, copy, F_GETOWN, 0), 42);
	assert_int_equal(bs_fcntl(w->bs, fd, F_DUPFD, 1024), -EINVAL);
	assert_int_equal(bs_fcntl(w->bs, 99, F_GETFL, 0), -EBADF);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_socket_of_a_kind_that_is_not_there_is_refused_as_linux_does),
		T(the_errno_of_a_second_connect_tells_how_far_the_first_is),
		T(a_refused_connect_is_told_once_by_so_error_or_by_connect),
		T(a_blocking_connect_waits_for_the_handshake),
		T(so_sndtimeo_ends_a_blocking_connect_with_einprogress),
		T(connect_with_af_unspec_makes_the_socket_fresh_again),
		T(listening_and_connecting_exclude_each_other),
		T(a_socket_is_bound_once),
		T(accept_gives_the_oldest_with_its_address),
		T(a_full_descriptor_table_leaves_the_connection_in_the_queue),
		T(a_child_inherits_what_linux_lets_it_inherit),
		T(a_blocking_accept_waits_for_so_rcvtimeo),
		T(receiving_nothing_is_eagain_end_of_file_or_the_error_once),
		T(data_comes_before_the_error_and_before_the_end),
		T(a_blocking_receive_returns_what_there_is),
		T(waitall_waits_for_all_and_a_timeout_gives_what_came),
		T(peek_leaves_and_trunc_throws_away),
		T(rcvlowat_holds_a_blocking_receive_and_readiness),
		T(tcp_inq_tells_what_is_left_with_every_receive),
		T(a_receive_stops_at_the_urgent_byte_and_then_passes_over_it),
		T(msg_oob_is_einval_without_urgent_data_or_with_oobinline),
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
		T(buffer_sizes_are_doubled_capped_and_not_too_small),
		T(options_that_cannot_be_honoured_are_enoprotoopt),
		T(option_values_are_checked_as_linux_checks_them),
		T(v6only_can_be_changed_until_the_socket_has_a_port),
		T(values_are_cut_to_the_callers_room),
		T(times_are_checked_and_read_back),
		T(the_queues_are_told_by_ioctl),
		T(names_are_told_and_a_peer_only_when_there_is_one),
		T(descriptors_are_copied_and_flagged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
