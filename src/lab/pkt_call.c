/*
 * pkt_call.c - a system call of a script: finding it, making it, comparing its result; calls that
 * block; and socket, bind, listen, accept, connect, shutdown, close.
 */
#include "lab/pkt_call.h"
#include "lab/pkt_symbols.h"

#include <errno.h>

static int64_t call_socket(struct pkt_args *a)
{
	struct pkt_run *r = a->run;
	int domain = (int)args_int(a, run_v6_sockets(r) ? AF_INET6 : AF_INET);
	int type = (int)args_int(a, SOCK_STREAM);
	int fd = bs_socket(r->world.bs, domain, type, (int)args_int(a, 0));

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
	return a->bad[0] ? 0 : bs_bind(a->run->world.bs, fd, sa, len);
}

static int64_t call_listen(struct pkt_args *a)
{
	int fd = args_fd(a);
	int ret = bs_listen(a->run->world.bs, fd, (int)args_int(a, 0));

	a->run->listening |= ret == 0;
	return ret;
}

static int64_t call_accept(struct pkt_args *a)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct bs_addr peer = {(struct sockaddr *)&sa, &len};
	int fd = args_fd(a);

	args_next(a);
	args_next(a);
	fd = bs_accept4(a->run->world.bs, fd, peer, a->at ? (int)args_int(a, 0) : 0, a->wait);
	if (fd >= 0)
		a->run->tcp_fd = fd;
	return fd;
}

static int64_t call_connect(struct pkt_args *a)
{
	int fd = args_fd(a);
	socklen_t len;
	struct sockaddr *sa = expr_addr(a, args_next(a), ARGS_REMOTE, &len);

	len = (socklen_t)args_int(a, len);
	return a->bad[0] ? 0 : bs_connect(a->run->world.bs, fd, sa, len, a->wait);
}

static int64_t call_shutdown(struct pkt_args *a)
{
	int fd = args_fd(a);

	return bs_shutdown(a->run->world.bs, fd, (int)args_int(a, 0));
}

static int64_t call_close(struct pkt_args *a)
{
	int64_t script = a->at ? expr_int(a, a->at, -1) : -1;
	int64_t ret = bs_close(a->run->world.bs, args_fd(a), a->wait);

	if (ret != -BS_BLOCKED && script >= 0 && script < PKT_FDS)
		a->run->fd[script] = -1;
	return ret;
}

static const struct call_row {
	const char *name;
	int64_t (*call)(struct pkt_args *a);
	bool gives_fd;
} calls[] = {
	{"socket", call_socket, true},
	{"bind", call_bind, false},
	{"listen", call_listen, false},
	{"accept", call_accept, true},
	{"accept4", call_accept, true},
	{"connect", call_connect, false},
	{"read", call_read, false},
	{"readv", call_readv, false},
	{"recv", call_recv, false},
	{"recvfrom", call_recvfrom, false},
	{"recvmsg", call_recvmsg, false},
	{"write", call_write, false},
	{"writev", call_writev, false},
	{"send", call_send, false},
	{"sendto", call_sendto, false},
	{"sendmsg", call_sendmsg, false},
	{"shutdown", call_shutdown, false},
	{"close", call_close, false},
	{"getsockopt", call_getsockopt, false},
	{"setsockopt", call_setsockopt, false},
	{"ioctl", call_ioctl, false},
	{"fcntl", call_fcntl, false},
	{"poll", call_poll, false},
	{"epoll_create", call_epoll_create, true},
	{"epoll_ctl", call_epoll_ctl, false},
	{"epoll_wait", call_epoll_wait, false},
};

static const struct call_row *find_call(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	return NULL;
}

/* --- results ---------------------------------------------------------------------------------- */

static void result_text(char *out, size_t n, int64_t v)
{
	if (v < 0)
		snprintf(out, n, "-1 %s", symbol_errno((int)-v));
	else
		snprintf(out, n, "%lld", (long long)v);
}

static bool differs(struct pkt_args *a, int64_t want, int64_t got)
{
	char w[64], g[64];

	result_text(w, sizeof(w), want);
	result_text(g, sizeof(g), got);
	return run_fail(
		a->run, a->event->line, "%s() = %s, expected %s", a->event->call.name, g, w);
}

static bool check_result(struct pkt_args *a, const struct call_row *row, int64_t got)
{
	const struct pkt_call *c = &a->event->call;
	int64_t want = c->result ? expr_int(a, c->result, got) : got;
	int64_t err = 0;

	if (a->bad[0])
		return run_fail(a->run, a->event->line, "%s(): %s", c->name, a->bad);
	if (want == -1 && c->err && symbol_value(c->err, false, &err))
		return got == -err || differs(a, -err, got);
	if (want == -1)
		return got < 0 || run_fail(a->run, a->event->line, "%s() succeeded", c->name);
	if (row->gives_fd && want >= 0 && got >= 0) {
		if (want >= PKT_FDS)
			return run_fail(a->run, a->event->line, "descriptor above %d", PKT_FDS);
		a->run->fd[want] = (int)got;
		return true;
	}
	return want == got || differs(a, want, got);
}

/* --- making calls ----------------------------------------------------------------------------- */

static int64_t make(struct pkt_args *a, const struct call_row *row)
{
	int64_t ret;

	bs_at(a->run->world.bs, a->run->world.now);
	ret = row->call(a);
	world_settle(&a->run->world);
	if (ret == -BS_BLOCKED)
		return ret;
	if (a->at && !a->bad[0])
		args_bad(a, "too many arguments");
	return ret;
}

bool run_call(struct pkt_run *r, const struct pkt_event *e, nsec_t end)
{
	const struct call_row *row = find_call(e->call.name);
	struct pkt_args a = {.run = r, .event = e, .at = e->call.arg, .wait = &r->call};
	int64_t ret;

	if (!row)
		return run_fail(r, e->line, "not supported: %s(), files and pipes are the kernel's",
			e->call.name);
	if (r->blocked && !run_pass_time(r, r->blocked_end))
		return false;
	if (r->blocked)
		return run_fail(r, e->line, "the call of line %d still blocks", r->blocked->line);
	r->call = bs_call_start();
	ret = make(&a, row);
	if (ret != -BS_BLOCKED)
		return check_result(&a, row, ret);
	r->blocked = e;
	r->blocked_end = end;
	return true;
}

bool run_call_retry(struct pkt_run *r)
{
	const struct pkt_event *e = r->blocked;
	const struct call_row *row = find_call(e->call.name);
	struct pkt_args a = {.run = r, .event = e, .at = e->call.arg, .wait = &r->call};
	int64_t ret = make(&a, row);
	nsec_t late;

	if (ret == -BS_BLOCKED)
		return true;
	r->blocked = NULL;
	late = r->world.now - r->blocked_end;
	if (late < 0)
		late = -late;
	if (late > run_tolerance(r, r->blocked_end - r->previous))
		return run_fail(r, e->line, "%s() returned at %.6f, expected at %.6f", e->call.name,
			(double)(r->world.now - r->start) / 1e9,
			(double)(r->blocked_end - r->start) / 1e9);
	return check_result(&a, row, ret);
}
