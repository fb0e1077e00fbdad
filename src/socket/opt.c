/*
 * opt.c - setsockopt(2) and getsockopt(2): lookup of the row, checks of length and bounds.
 */
#include "socket/opt_row.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static const struct opt_table *const tables[] = {
	&opt_socket, &opt_tcp, &opt_ip, &opt_ipv6, &opt_udp};

static const struct opt *row_of(const struct opt_table *t, const struct sock *s, int name)
{
	uint8_t on = s->file.kind == FILE_STREAM ? OPT_STREAM : OPT_DGRAM;

	for (size_t i = 0; i < t->rows; i++)
		if (t->row[i].name == name && (t->row[i].on & on))
			return &t->row[i];
	return NULL;
}

/* The table of a level; NULL if this kind of socket has no options of that level. */
static const struct opt_table *table_of(const struct sock *s, int level)
{
	if (level == IPPROTO_IPV6 && !sock_is(s, SOCK_BIT_INET6))
		return NULL;
	if (level == IPPROTO_TCP && s->file.kind != FILE_STREAM)
		return NULL;
	if (level == IPPROTO_UDP && s->file.kind != FILE_DGRAM)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i]->level == level)
			return tables[i];
	return NULL;
}

/* Where a byte is accepted, an empty value is 0. */
static int read_int(const struct opt_table *t, struct iovec value, int *v)
{
	unsigned char byte = 0;

	if (t->bytes && value.iov_len < sizeof(*v)) {
		if (value.iov_len > 0)
			memcpy(&byte, value.iov_base, sizeof(byte));
		*v = byte;
		return 0;
	}
	if (value.iov_len < sizeof(*v))
		return -EINVAL;
	memcpy(v, value.iov_base, sizeof(*v));
	return 0;
}

int burble_setopt(struct burble *b, int fd, int level, int name, struct iovec value)
{
	int err, v;
	struct sock *s = sock_find(b, fd, &err);
	const struct opt_table *t = s ? table_of(s, level) : NULL;
	const struct opt *o = t ? row_of(t, s, name) : NULL;

	if (!s)
		return err;
	if (!o || (!o->set && !o->set_raw))
		return t && t->ints && value.iov_len < sizeof(v) ? -EINVAL : -ENOPROTOOPT;
	if (value.iov_len > INT_MAX)
		return -EINVAL;
	if (!value.iov_base && value.iov_len > 0)
		return -EFAULT;
	if (o->set_raw)
		return o->set_raw(b, s, value);
	err = read_int(t, value, &v);
	if (err == 0 && (v < o->min || v > o->max))
		err = -EINVAL;
	assert(err || o->set);
	return err ? err : o->set(b, s, o, v);
}

static int write_int(const struct opt_table *t, struct iovec *value, int v)
{
	unsigned char byte = (unsigned char)v;
	bool small = value->iov_len > 0 && value->iov_len < sizeof(v);

	if (t->bytes && small && v >= 0 && v <= UCHAR_MAX)
		return opt_put(value, &byte, 1);
	return opt_put(value, &v, sizeof(v));
}

int burble_getopt(struct burble *b, int fd, int level, int name, struct iovec *value)
{
	int err, v = 0;
	struct sock *s = sock_find(b, fd, &err);
	const struct opt_table *t = s ? table_of(s, level) : NULL;
	const struct opt *o = t ? row_of(t, s, name) : NULL;

	if (!s)
		return err;
	if (!t) /* IPv4 and IPv6 differ in Linux */
		return sock_domain(s) == AF_INET6 ? -ENOPROTOOPT : -EOPNOTSUPP;
	if (!o || (!o->get && !o->get_raw))
		return -ENOPROTOOPT;
	if (value->iov_len > INT_MAX)
		return -EINVAL;
	if (!value->iov_base && value->iov_len > 0)
		return -EFAULT;
	if (o->get_raw)
		return o->get_raw(b, s, value);
	err = o->get(b, s, o, &v);
	return err ? err : write_int(t, value, v);
}
