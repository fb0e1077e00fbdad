/*
 * call_io.c - system calls that move data, see call.h.
 */
#include "lab/pkt/call.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* Not recv(), which differs for 0 bytes and for descriptors other than sockets. */
static int64_t call_read(struct pkt_args *a)
{
	int fd = args_fd(a);
	struct iovec v = args_buffer(a);

	return a->error[0] ? 0 : args_calls(a)->readv(args_bs(a), fd, &v, 1, a->wait);
}

static int64_t call_readv(struct pkt_args *a)
{
	int fd = args_fd(a);
	int n;
	struct iovec *v = args_iov(a, &n);

	return a->error[0] ? 0 : args_calls(a)->readv(args_bs(a), fd, v, n, a->wait);
}

static int64_t call_recv(struct pkt_args *a)
{
	int fd = args_fd(a);
	struct iovec v = args_buffer(a);
	int flags = (int)args_int(a, 0);

	return a->error[0] ? 0 : args_calls(a)->recv(args_bs(a), fd, v, flags, a->wait);
}

static int64_t call_recvfrom(struct pkt_args *a)
{
	int fd = args_fd(a);
	struct iovec v = args_buffer(a);
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	int flags = (int)args_int(a, 0);

	args_next(a);
	args_next(a);
	return a->error[0] ? 0 : args_calls(a)->recvmsg(args_bs(a), fd, &m, flags, a->wait);
}

static int64_t call_write(struct pkt_args *a)
{
	int fd = args_fd(a);
	struct iovec v = args_buffer(a);

	return a->error[0] ? 0 : args_calls(a)->send(args_bs(a), fd, v, 0, a->wait);
}

static int64_t call_writev(struct pkt_args *a)
{
	int fd = args_fd(a);
	int n;
	struct iovec *v = args_iov(a, &n);

	return a->error[0] ? 0 : args_calls(a)->writev(args_bs(a), fd, v, n, a->wait);
}

static int64_t call_send(struct pkt_args *a)
{
	int fd = args_fd(a);
	struct iovec v = args_buffer(a);
	int flags = (int)args_int(a, 0);

	return a->error[0] ? 0 : args_calls(a)->send(args_bs(a), fd, v, flags, a->wait);
}

static int64_t call_sendto(struct pkt_args *a)
{
	int fd = args_fd(a);
	struct iovec v = args_buffer(a);
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	int flags = (int)args_int(a, 0);
	socklen_t len;

	m.msg_name = expr_addr(a, args_next(a), ARGS_REMOTE, &len);
	m.msg_namelen = (socklen_t)args_int(a, len);
	return a->error[0] ? 0 : args_calls(a)->sendmsg(args_bs(a), fd, &m, flags, a->wait);
}

/* --- messages --------------------------------------------------------------------------------- */

static struct msghdr message(struct pkt_args *a, const struct pkt_expr *e)
{
	struct msghdr m = {0};
	const struct pkt_expr *name = pkt_member(e, "msg_name"), *iov = pkt_member(e, "msg_iov");
	socklen_t len = 0;

	if (e->kind != PKT_STRUCT)
		args_fail(a, "expected {msg_name(...)=..., msg_iov(n)=[...], msg_flags=F}");
	if (name && name->kind != PKT_WORD)
		m.msg_name = expr_addr(a, name, ARGS_REMOTE, &len);
	m.msg_namelen = len;
	if (iov)
		m.msg_iov = expr_iov(a, iov, &m.msg_iovlen);
	return m;
}

static int64_t call_sendmsg(struct pkt_args *a)
{
	int fd = args_fd(a);
	struct msghdr m = message(a, args_next(a));
	int flags = (int)args_int(a, 0);

	return a->error[0] ? 0 : args_calls(a)->sendmsg(args_bs(a), fd, &m, flags, a->wait);
}

static void want(struct pkt_args *a, const struct pkt_expr *e, const char *name, int64_t got)
{
	const struct pkt_expr *m = pkt_member(e, name);
	int64_t v = m ? expr_int(a, m, got) : got;

	if (v != got)
		args_fail(a, "%s is %lld, expected %lld", name, (long long)got, (long long)v);
}

static void check_cmsg(struct pkt_args *a, const struct pkt_expr *e, struct cmsghdr *c)
{
	const struct pkt_expr *data = pkt_member(e, "cmsg_data");
	struct sock_extended_err ee;
	size_t len = c->cmsg_len - CMSG_LEN(0);
	int v = 0;

	want(a, e, "cmsg_level", c->cmsg_level);
	want(a, e, "cmsg_type", c->cmsg_type);
	if (data && data->kind == PKT_STRUCT && pkt_member(data, "ee_errno") && len >= sizeof(ee)) {
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		want(a, data, "ee_errno", ee.ee_errno);
		want(a, data, "ee_origin", ee.ee_origin);
		want(a, data, "ee_type", ee.ee_type);
		want(a, data, "ee_code", ee.ee_code);
		want(a, data, "ee_info", ee.ee_info);
		want(a, data, "ee_data", ee.ee_data);
	} else if (data && data->kind == PKT_INT) {
		memcpy(&v, CMSG_DATA(c), size_min(sizeof(v), len));
		want(a, e, "cmsg_data", v);
	}
}

static void check_message(struct pkt_args *a, const struct pkt_expr *e, struct msghdr *m)
{
	const struct pkt_expr *list = pkt_member(e, "msg_control"), *k;
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	want(a, e, "msg_flags", m->msg_flags);
	if (!list || list->kind != PKT_LIST)
		return;
	for (k = list->kid; k && c; k = k->next, c = CMSG_NXTHDR(m, c))
		check_cmsg(a, k, c);
	if (k)
		args_fail(a, "too few control messages");
}

static int64_t call_recvmsg(struct pkt_args *a)
{
	int fd = args_fd(a);
	const struct pkt_expr *e = args_next(a);
	struct msghdr m = message(a, e);
	int flags = (int)args_int(a, 0);
	int64_t ret;

	m.msg_control = pkt_alloc(a->arena, 4096);
	m.msg_controllen = 4096;
	m.msg_name = NULL;
	m.msg_namelen = 0;
	if (a->error[0])
		return 0;
	ret = args_calls(a)->recvmsg(args_bs(a), fd, &m, flags, a->wait);
	if (ret >= 0)
		check_message(a, e, &m);
	return ret;
}

const struct pkt_syscall call_io_table[] = {
	{"read", call_read, CALL_KEEPS},
	{"readv", call_readv, CALL_KEEPS},
	{"recv", call_recv, CALL_KEEPS},
	{"recvfrom", call_recvfrom, CALL_KEEPS},
	{"recvmsg", call_recvmsg, CALL_KEEPS},
	{"write", call_write, CALL_KEEPS},
	{"writev", call_writev, CALL_KEEPS},
	{"send", call_send, CALL_KEEPS},
	{"sendto", call_sendto, CALL_KEEPS},
	{"sendmsg", call_sendmsg, CALL_KEEPS},
	{NULL, NULL, CALL_KEEPS},
};
