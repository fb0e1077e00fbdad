/*
 * call_opt.c - socket options, ioctl, fcntl, poll and epoll, see call.h.
 */
#include "lab/pkt/call.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

enum {
	OPT_BYTES = 1024,
	EVENTS_MAX = 64,
};

/* {addr=..., prefix=8, key="secret"} */
static size_t md5_value(struct pkt_args *a, const struct pkt_expr *e, uint8_t *b)
{
	const struct pkt_expr *key = pkt_member(e, "key");
	size_t key_len = key && key->kind == PKT_STRING ? key->len : 0;
	struct tcp_md5sig *m = (struct tcp_md5sig *)b;
	socklen_t len = 0;
	struct sockaddr *addr = expr_addr(a, pkt_member(e, "addr"), ARGS_REMOTE, &len);

	*m = (struct tcp_md5sig){0};
	if (addr)
		memcpy(&m->tcpm_addr, addr, size_min(len, sizeof(m->tcpm_addr)));
	if (pkt_member(e, "prefix")) {
		m->tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
		m->tcpm_prefixlen = (uint8_t)expr_member(a, e, "prefix", 0);
	}
	m->tcpm_keylen = (uint16_t)expr_member(a, e, "keylen", (int64_t)key_len);
	if (key_len)
		memcpy(m->tcpm_key, key->text, size_min(key_len, sizeof(m->tcpm_key)));
	return sizeof(*m);
}

/* [1], {onoff=1, linger=0}, {tv_sec=1, tv_usec=0}, "cubic". */
static struct iovec opt_value(struct pkt_args *a, const struct pkt_expr *e)
{
	uint8_t *b = pkt_alloc(a->arena, OPT_BYTES);
	struct iovec v = {b, sizeof(int)};
	struct linger linger;
	struct timeval tv;
	int n;

	if (e->kind == PKT_STRING) {
		v.iov_len = size_min(e->len, OPT_BYTES);
		memcpy(b, e->text, v.iov_len);
	} else if (e->kind == PKT_STRUCT && pkt_member(e, "onoff")) {
		linger.l_onoff = (int)expr_member(a, e, "onoff", 0);
		linger.l_linger = (int)expr_member(a, e, "linger", 0);
		memcpy(b, &linger, v.iov_len = sizeof(linger));
	} else if (e->kind == PKT_STRUCT && pkt_member(e, "tv_sec")) {
		tv.tv_sec = expr_member(a, e, "tv_sec", 0);
		tv.tv_usec = expr_member(a, e, "tv_usec", 0);
		memcpy(b, &tv, v.iov_len = sizeof(tv));
	} else if (e->kind == PKT_STRUCT && pkt_member(e, "addr")) {
		v.iov_len = md5_value(a, e, b);
	} else if (e->kind == PKT_LIST && e->kids == 1) {
		n = (int)expr_int(a, e->kid, 0);
		memcpy(b, &n, sizeof(n));
	} else if (e->kind == PKT_WORD || (e->kind == PKT_INT && e->num == 0)) {
		v.iov_base = NULL;
	} else {
		args_fail(a, "not supported: this form of option value");
	}
	return v;
}

static int64_t call_setsockopt(struct pkt_args *a)
{
	int fd = args_fd(a);
	int level = (int)args_int(a, 0), name = (int)args_int(a, 0);
	struct iovec v = opt_value(a, args_next(a));

	v.iov_len = (size_t)args_int(a, (int64_t)v.iov_len);
	return a->error[0] || v.iov_len > OPT_BYTES
		       ? -EINVAL
		       : args_calls(a)->setsockopt(args_bs(a), fd, level, name, v);
}

static void check_opt(struct pkt_args *a, const struct pkt_expr *e, const struct iovec *got)
{
	struct iovec want;
	int w, g;

	if (e->kind == PKT_ELLIPSIS)
		return;
	want = opt_value(a, e);
	if (!want.iov_base || a->error[0])
		return;
	if (e->kind == PKT_LIST && e->kid->kind != PKT_ELLIPSIS) {
		memcpy(&w, want.iov_base, sizeof(w));
		memcpy(&g, got->iov_base, sizeof(g));
		if (w != g)
			args_fail(a, "the value is %d, expected %d", g, w);
	} else if (memcmp(want.iov_base, got->iov_base, want.iov_len) != 0) {
		args_fail(a, "the value is '%.60s'", (const char *)got->iov_base);
	}
}

static int64_t call_getsockopt(struct pkt_args *a)
{
	int fd = args_fd(a);
	int level = (int)args_int(a, 0), name = (int)args_int(a, 0);
	const struct pkt_expr *value = args_next(a), *room = args_next(a);
	int64_t len = expr_int(a, room->kind == PKT_LIST && room->kid ? room->kid : room, 4);
	struct iovec v = {pkt_alloc(a->arena, OPT_BYTES), (size_t)len};
	int64_t ret;

	if (len < 0 || len > OPT_BYTES)
		args_fail(a, "a value of %lld bytes: the maximum is %d", (long long)len, OPT_BYTES);
	if (a->error[0])
		return 0;
	ret = args_calls(a)->getsockopt(args_bs(a), fd, level, name, &v);
	if (ret >= 0)
		check_opt(a, value, &v);
	return ret;
}

static int64_t call_ioctl(struct pkt_args *a)
{
	int fd = args_fd(a), v = 0;
	unsigned long request = (unsigned long)args_int(a, 0);
	const struct pkt_expr *e = a->at ? args_next(a) : NULL;
	int64_t ret, w = 0;

	if (e)
		w = v = (int)expr_int(a, e->kind == PKT_LIST && e->kid ? e->kid : e, 0);
	ret = args_calls(a)->ioctl(args_bs(a), fd, request, &v);
	if (ret >= 0 && e && e->kind == PKT_LIST && w != v)
		args_fail(a, "the value is %d, expected %d", v, (int)w);
	return ret;
}

static int64_t call_fcntl(struct pkt_args *a)
{
	int fd = args_fd(a), command = (int)args_int(a, 0);

	return args_calls(a)->fcntl(args_bs(a), fd, command, a->at ? (int)args_int(a, 0) : 0);
}

static int64_t call_poll(struct pkt_args *a)
{
	const struct pkt_expr *list = args_next(a);
	nfds_t n = (nfds_t)args_int(a, list->kids), i = 0;
	int64_t timeout = args_int(a, -1), ret;
	struct pollfd fds[EVENTS_MAX] = {0};

	if (n > EVENTS_MAX || n > list->kids)
		args_fail(a, "more descriptors than entries");
	for (const struct pkt_expr *k = list->kid; k && i < EVENTS_MAX; k = k->next, i++) {
		fds[i].fd = args_fd_of(a, expr_member(a, k, "fd", -1));
		fds[i].events = (short)expr_member(a, k, "events", 0);
	}
	if (a->error[0])
		return 0;
	a->wait->timeout = timeout < 0 ? -1 : timeout * NSEC_MSEC;
	ret = args_calls(a)->poll(args_bs(a), fds, n, a->wait);
	i = 0;
	for (const struct pkt_expr *k = list->kid; ret >= 0 && k && i < n; k = k->next, i++) {
		short want = (short)expr_member(a, k, "revents", 0);

		if (want != fds[i].revents)
			args_fail(a, "revents of entry %d is 0x%x, expected 0x%x", (int)i,
				(unsigned)fds[i].revents, (unsigned)want);
	}
	return ret;
}

static int64_t call_epoll_create(struct pkt_args *a)
{
	if (args_int(a, 1) <= 0)
		return -EINVAL;
	return args_calls(a)->epoll_create1(args_bs(a), 0);
}

/* {events=E, fd=4}: data is as in the script, a descriptor in the script's numbering. */
static struct epoll_event event_of(struct pkt_args *a, const struct pkt_expr *e)
{
	static const char *const data[] = {"fd", "ptr", "u32", "u64"};
	struct epoll_event ev = {.events = (uint32_t)expr_member(a, e, "events", 0)};

	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		if (pkt_member(e, data[i]))
			ev.data.u64 = (uint64_t)expr_member(a, e, data[i], 0);
	return ev;
}

static int64_t call_epoll_ctl(struct pkt_args *a)
{
	int set = args_fd(a), op = (int)args_int(a, 0), fd = args_fd(a);
	const struct pkt_expr *e = args_next(a);
	struct epoll_event ev = event_of(a, e);

	return args_calls(a)->epoll_ctl(
		args_bs(a), set, op, fd, e->kind == PKT_STRUCT ? &ev : NULL);
}

static int64_t call_epoll_wait(struct pkt_args *a)
{
	int set = args_fd(a);
	const struct pkt_expr *e = args_next(a);
	int max = (int)args_int(a, 1);
	int64_t timeout = args_int(a, -1), ret;
	struct epoll_event got[EVENTS_MAX], want;

	if (max > EVENTS_MAX)
		args_fail(a, "more than %d events", EVENTS_MAX);
	if (a->error[0])
		return 0;
	a->wait->timeout = timeout < 0 ? -1 : timeout * NSEC_MSEC;
	ret = args_calls(a)->epoll_wait(args_bs(a), set, got, max, a->wait);
	assert(ret < 0 || ret <= max);
	if (e->kind == PKT_LIST && e->kid)
		e = e->kid;
	for (int64_t i = 0; i < ret && e && e->kind == PKT_STRUCT; i++, e = e->next) {
		want = event_of(a, e);
		if (want.events != got[i].events || want.data.u64 != got[i].data.u64)
			args_fail(a, "events 0x%x of %llu, expected 0x%x of %llu", got[i].events,
				(unsigned long long)got[i].data.u64, want.events,
				(unsigned long long)want.data.u64);
	}
	return ret;
}

const struct pkt_syscall call_opt_table[] = {
	{"getsockopt", call_getsockopt, CALL_KEEPS},
	{"setsockopt", call_setsockopt, CALL_KEEPS},
	{"ioctl", call_ioctl, CALL_KEEPS},
	{"fcntl", call_fcntl, CALL_KEEPS},
	{"poll", call_poll, CALL_KEEPS},
	{"epoll_create", call_epoll_create, CALL_OPENS},
	{"epoll_ctl", call_epoll_ctl, CALL_KEEPS},
	{"epoll_wait", call_epoll_wait, CALL_KEEPS},
	{NULL, NULL, CALL_KEEPS},
};
