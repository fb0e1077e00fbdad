/*
 * opt_row.c - ways to set and read an option, for the rows of the tables: a bit of the socket, an
 * option of its connection, a field of struct udp_opts, a control message that recvmsg() carries.
 */
#include "socket/opt_row.h"

#include <errno.h>

int opt_put(struct iovec *value, const void *from, size_t n)
{
	assert(from);
	value->iov_len = size_min(value->iov_len, n);
	if (value->iov_len > 0) /* otherwise the base may be NULL */
		memcpy(value->iov_base, from, value->iov_len);
	return 0;
}

int opt_set_bit(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	bool old = sock_is(s, o->arg);
	int err;

	sock_mark(s, o->arg, value != 0);
	err = sock_ops(b, s)->bind_flags(b, s);
	if (err)
		sock_mark(s, o->arg, old);
	return err;
}

int opt_get_bit(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	*value = sock_is(s, o->arg);
	return 0;
}

int opt_set_conn(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	assert(s->file.kind == FILE_STREAM && o->arg < TCPO_COUNT);
	return tcp_set_opt(b->stack, s->tcp, (enum tcp_opt_name)o->arg, value);
}

int opt_get_conn(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	int64_t v = 0;
	int err = tcp_get_opt(b->stack, s->tcp, (enum tcp_opt_name)o->arg, &v);

	*value = (int)v;
	return err;
}

int opt_set_extra(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	struct sock_extra *x = sock_extra(b, s);

	assert(o->arg + sizeof(value) <= sizeof(*x));
	if (!x)
		return -ENOMEM;
	memcpy((char *)x + o->arg, &value, sizeof(value));
	return 0;
}

int opt_get_extra(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	assert(o->arg + sizeof(*value) <= sizeof(*s->extra));
	*value = 0;
	if (s->extra)
		memcpy(value, (const char *)s->extra + o->arg, sizeof(*value));
	return 0;
}

static void *at(struct sock *s, const struct opt *o)
{
	assert(s->file.kind == FILE_DGRAM && o->arg < sizeof(struct udp_opts));
	return (char *)udp_opts(s->udp) + o->arg;
}

int opt_set_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	*(uint8_t *)at(s, o) = (uint8_t)value;
	return 0;
}

int opt_get_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	*value = *(uint8_t *)at(s, o);
	return 0;
}

int opt_set_udp_flag(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	*(uint8_t *)at(s, o) = value != 0;
	return 0;
}

int opt_get_udp_u32(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	assert(o->arg % sizeof(uint32_t) == 0);
	*value = (int)*(uint32_t *)at(s, o);
	return 0;
}

int opt_set_want(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	struct sock_extra *x = sock_extra(b, s);

	if (!x)
		return -ENOMEM;
	assert(o->arg != 0);
	x->wants = value ? x->wants | o->arg : x->wants & ~(uint32_t)o->arg;
	return 0;
}

int opt_get_want(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	*value = s->extra && (s->extra->wants & o->arg);
	return 0;
}
