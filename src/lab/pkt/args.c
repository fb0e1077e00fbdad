/*
 * args.c - evaluation of system call arguments, see args.h.
 */
#include "lab/pkt/args.h"

#include "lab/pkt/symbols.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	ARGS_BUFFER_MAX = 64 << 20,
};

void args_fail(struct pkt_args *a, const char *format, ...)
{
	va_list ap;

	if (a->error[0])
		return;
	va_start(ap, format);
	vsnprintf(a->error, sizeof(a->error), format, ap);
	va_end(ap);
}

const struct pkt_expr *args_next(struct pkt_args *a)
{
	static const struct pkt_expr dots = {.kind = PKT_ELLIPSIS};
	const struct pkt_expr *e = a->at;

	if (!e) {
		args_fail(a, "too few arguments");
		return &dots;
	}
	a->at = e->next;
	return e;
}

int64_t expr_int(struct pkt_args *a, const struct pkt_expr *e, int64_t dots)
{
	int64_t v = 0;

	switch (e->kind) {
	case PKT_ELLIPSIS: return dots;
	case PKT_INT: return e->num;
	case PKT_WORD:
		if (!symbol_value(e->text, run_v6_sockets(a->run), &v))
			args_fail(a, "unknown name '%s'", e->text);
		return v;
	case PKT_OR:
		for (const struct pkt_expr *k = e->kid; k; k = k->next)
			v |= expr_int(a, k, 0);
		return v;
	case PKT_CALL:
		if (strcmp(e->text, "htons") == 0 && e->kid)
			return htons((uint16_t)expr_int(a, e->kid, 0));
		if (strcmp(e->text, "htonl") == 0 && e->kid)
			return htonl((uint32_t)expr_int(a, e->kid, 0));
		args_fail(a, "not supported: %s()", e->text);
		return 0;
	default: args_fail(a, "expected a number"); return 0;
	}
}

int64_t args_int(struct pkt_args *a, int64_t dots)
{
	return expr_int(a, args_next(a), dots);
}

int64_t expr_member(struct pkt_args *a, const struct pkt_expr *e, const char *name, int64_t none)
{
	const struct pkt_expr *m = pkt_member(e, name);

	return m ? expr_int(a, m, none) : none;
}

int args_fd_of(const struct pkt_args *a, int64_t script)
{
	return script >= 0 && script < PKT_FDS ? a->run->fd[script] : -1;
}

int args_fd(struct pkt_args *a)
{
	return args_fd_of(a, args_int(a, -1));
}

static struct iovec buffer_of(struct pkt_args *a, const struct pkt_expr *e, int64_t len)
{
	struct iovec v = {.iov_len = (size_t)len};

	if ((e->kind == PKT_WORD && strcmp(e->text, "NULL") == 0) ||
		(e->kind == PKT_INT && e->num == 0))
		return v;
	if (len < 0 || len > ARGS_BUFFER_MAX) {
		args_fail(a, "a buffer of %lld bytes: the maximum is %d", (long long)len,
			ARGS_BUFFER_MAX);
		return (struct iovec){0};
	}
	v.iov_base = pkt_alloc(a->arena, v.iov_len + 1);
	if (e->kind == PKT_STRING) {
		memcpy(v.iov_base, e->text, size_min(v.iov_len, e->len));
		a->run->text_payload = true;
	}
	return v;
}

struct iovec args_buffer(struct pkt_args *a)
{
	const struct pkt_expr *e = args_next(a), *len = args_next(a);

	return buffer_of(a, e, expr_int(a, len, e->kind == PKT_STRING ? (int64_t)e->len : 0));
}

struct iovec *expr_iov(struct pkt_args *a, const struct pkt_expr *e, size_t *n)
{
	struct iovec *v;
	size_t i = 0;

	*n = e->kind == PKT_LIST ? e->kids : 0;
	if (e->kind != PKT_LIST)
		return NULL;
	v = pkt_alloc(a->arena, (e->kids + 1) * sizeof(*v));
	for (const struct pkt_expr *k = e->kid; k; k = k->next, i++) {
		if (k->kind != PKT_STRUCT || k->kids != 2)
			args_fail(a, "expected {buffer, length}");
		else
			v[i] = buffer_of(a, k->kid, expr_int(a, k->kid->next, 0));
	}
	return v;
}

struct iovec *args_iov(struct pkt_args *a, int *n)
{
	size_t have;
	struct iovec *v = expr_iov(a, args_next(a), &have);
	int64_t count = args_int(a, (int64_t)have);

	if (count > (int64_t)have)
		args_fail(a, "%lld buffers, but the list has %zu", (long long)count, have);
	*n = (int)count;
	return v;
}

/* --- addresses -------------------------------------------------------------------------------- */

static struct sockaddr *setup_addr(struct pkt_args *a, enum args_end which, socklen_t *len)
{
	struct pkt_run *r = a->run;
	const struct ip_addr *ip = which == ARGS_LOCAL ? &r->setup.local : &r->setup.remote;
	uint16_t port = which == ARGS_LOCAL ? r->bind_port : r->connect_port;

	if (r->mode == PKT_IPV4) {
		struct sockaddr_in *s4 = pkt_alloc(a->arena, sizeof(*s4));

		s4->sin_family = AF_INET;
		s4->sin_port = htons(port);
		memcpy(&s4->sin_addr, ip->b + 12, 4);
		*len = sizeof(*s4);
		return (struct sockaddr *)s4;
	}
	struct sockaddr_in6 *s6 = pkt_alloc(a->arena, sizeof(*s6));

	s6->sin6_family = AF_INET6;
	s6->sin6_port = htons(port);
	memcpy(&s6->sin6_addr, ip->b, 16);
	*len = sizeof(*s6);
	return (struct sockaddr *)s6;
}

/* {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("10.0.0.1")} */
static struct sockaddr *literal_addr(struct pkt_args *a, const struct pkt_expr *e, socklen_t *len)
{
	int family = (int)expr_member(a, e, "sa_family", AF_UNSPEC);
	const struct pkt_expr *ip = pkt_member(e, family == AF_INET6 ? "sin6_addr" : "sin_addr");
	const char *text = ip && ip->kind == PKT_CALL && ip->kid ? ip->kid->text : NULL;
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} *s = pkt_alloc(a->arena, sizeof(*s));
	bool good = true;

	s->sa.sa_family = (sa_family_t)family;
	*len = family == AF_INET6 ? sizeof(s->v6) : sizeof(s->v4);
	if (family == AF_INET6) {
		s->v6.sin6_port = (in_port_t)expr_member(a, e, "sin6_port", 0);
		good = text && inet_pton(AF_INET6, text, &s->v6.sin6_addr) == 1;
	} else if (family == AF_INET) {
		s->v4.sin_port = (in_port_t)expr_member(a, e, "sin_port", 0);
		good = text && inet_pton(AF_INET, text, &s->v4.sin_addr) == 1;
	}
	if (!good)
		args_fail(a, "expected inet_addr(\"...\") or inet6_addr(\"...\") in an address");
	return &s->sa;
}

struct sockaddr *expr_addr(
	struct pkt_args *a, const struct pkt_expr *e, enum args_end dots, socklen_t *len)
{
	struct sockaddr *s;

	if (e->kind == PKT_ELLIPSIS)
		return setup_addr(a, dots, len);
	if (e->kind == PKT_STRUCT)
		return literal_addr(a, e, len);
	*len = 0;
	if (e->kind == PKT_WORD && strcmp(e->text, "AF_UNSPEC") == 0) {
		s = setup_addr(a, dots, len);
		s->sa_family = AF_UNSPEC;
		return s;
	}
	if (expr_int(a, e, 0) != 0)
		args_fail(a, "expected an address");
	return NULL;
}
