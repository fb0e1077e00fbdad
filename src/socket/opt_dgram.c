/*
 * opt_dgram.c - options that lie in struct udp_opts, or that say what recvmsg() is to carry.
 */
#include "socket/opt_dgram.h"

#include <errno.h>

static void *at(struct sock *s, const struct opt *o)
{
	return (char *)udp_opts(s->udp) + o->arg;
}

int opt_set_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	(void)b;
	*(uint8_t *)at(s, o) = (uint8_t)value;
	return 0;
}

int opt_get_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	(void)b;
	*value = *(uint8_t *)at(s, o);
	return 0;
}

int opt_set_udp_flag(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	(void)b;
	*(uint8_t *)at(s, o) = value != 0;
	return 0;
}

int opt_set_udp_u32(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	(void)b;
	*(uint32_t *)at(s, o) = (uint32_t)value;
	return 0;
}

int opt_get_udp_u32(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	(void)b;
	*value = (int)*(uint32_t *)at(s, o);
	return 0;
}

int opt_set_want(struct burble *b, struct sock *s, const struct opt *o, int value)
{
	struct sock_extra *x = sock_extra(b, s);
	if (!x)
		return -ENOMEM;
	x->wants = value ? x->wants | o->arg : x->wants & ~(uint32_t)o->arg;
	return 0;
}

int opt_get_want(struct burble *b, struct sock *s, const struct opt *o, int *value)
{
	(void)b;
	*value = s->extra && (s->extra->wants & o->arg);
	return 0;
}
