/*
 * call_socket.c - socket, bind, listen, accept, connect and shutdown.
 */
#include "lab/pkt/call.h"

static int64_t call_socket(struct pkt_args *a)
{
	struct pkt_run *r = a->run;
	int domain = (int)args_int(a, run_v6_sockets(r) ? AF_INET6 : AF_INET);
	int type = (int)args_int(a, SOCK_STREAM);
	int fd = args_calls(a)->socket(args_bs(a), domain, type, (int)args_int(a, 0));

	if (fd >= 0)
		r->sut.ops->opened(&r->sut, fd);
	if (fd >= 0 && (type & 15) == SOCK_STREAM)
		r->tcp_fd = fd;
	return fd;
}

static int64_t call_bind(struct pkt_args *a)
{
	int fd = args_fd(a);
	socklen_t len;
	struct sockaddr *sa = expr_addr(a, args_next(a), ARGS_LOCAL, &len);

	len = (socklen_t)args_int(a, len);
	return a->error[0] ? 0 : args_calls(a)->bind(args_bs(a), fd, sa, len);
}

static int64_t call_listen(struct pkt_args *a)
{
	int fd = args_fd(a);
	int ret = args_calls(a)->listen(args_bs(a), fd, (int)args_int(a, 0));

	a->run->listening |= ret == 0;
	return ret;
}

static int64_t call_accept(struct pkt_args *a)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct burble_addr peer = {(struct sockaddr *)&sa, &len};
	int fd = args_fd(a);

	args_next(a);
	args_next(a);
	return args_calls(a)->accept4(
		args_bs(a), fd, peer, a->at ? (int)args_int(a, 0) : 0, a->wait);
}

static int64_t call_connect(struct pkt_args *a)
{
	int fd = args_fd(a);
	socklen_t len;
	struct sockaddr *sa = expr_addr(a, args_next(a), ARGS_REMOTE, &len);

	len = (socklen_t)args_int(a, len);
	return a->error[0] ? 0 : args_calls(a)->connect(args_bs(a), fd, sa, len, a->wait);
}

static int64_t call_shutdown(struct pkt_args *a)
{
	int fd = args_fd(a);

	return args_calls(a)->shutdown(args_bs(a), fd, (int)args_int(a, 0));
}

const struct pkt_syscall call_socket_table[] = {
	{"socket", call_socket, CALL_OPENS},
	{"bind", call_bind, CALL_KEEPS},
	{"listen", call_listen, CALL_KEEPS},
	{"accept", call_accept, CALL_ACCEPTS},
	{"accept4", call_accept, CALL_ACCEPTS},
	{"connect", call_connect, CALL_KEEPS},
	{"shutdown", call_shutdown, CALL_KEEPS},
	{NULL, NULL, CALL_KEEPS},
};
