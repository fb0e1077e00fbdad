/* net_around.c - the base of a network that wraps another: net_around.h. */
#include "net/net_around.h"

#include <errno.h>

enum {
	HANDLES_MAX = 1 << 24,
};

static struct net_around *around(struct net *n)
{
	return container_of(n, struct net_around, net);
}

/* --- the table and the list --- */

void *net_around_at(const struct net_around *a, int handle)
{
	return (uint32_t)handle < a->conns.count ? a->conns.at[handle] : NULL;
}

bool net_around_reserve(struct net_around *a, int handle)
{
	uint32_t need = (uint32_t)handle + 1;
	uint32_t more = need > a->conns.count ? need - a->conns.count : 0;

	if (!VEC_RESERVE(&a->conns, more, HANDLES_MAX))
		return false;
	while (a->conns.count < need)
		a->conns.at[a->conns.count++] = NULL;
	return vec_reserve(&a->more.at, &a->more.size, sizeof(int), a->conns.count, HANDLES_MAX);
}

void net_around_list(struct net_around *a, int handle)
{
	assert(a->more.count < a->more.size);
	a->more.at[a->more.count++] = handle;
}

void net_around_unlist(struct net_around *a, int handle)
{
	for (uint32_t i = 0; i < a->more.count; i++)
		if (a->more.at[i] == handle) {
			a->more.at[i] = a->more.at[--a->more.count];
			return;
		}
}

void net_around_listed(struct net_around *a, uint32_t n)
{
	if (n == 0)
		return;
	a->more.count -= n;
	memmove(a->more.at, a->more.at + n, a->more.count * sizeof(int));
}

void net_around_free(struct net_around *a)
{
	VEC_FREE(&a->conns);
	VEC_FREE(&a->more);
}

/* --- calls --- */

ssize_t net_around_recv(struct net *n, int handle, void *buf, size_t len)
{
	struct net *inner = around(n)->inner;

	return inner->ops->recv(inner, handle, buf, len);
}

ssize_t net_around_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	struct net *inner = around(n)->inner;

	return inner->ops->send(inner, handle, iov, count);
}

void net_around_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	struct net *inner = around(n)->inner;

	inner->ops->send_batch(inner, sends, count);
}

int net_around_tune(struct net *n, int handle, const struct net_tuning *t)
{
	struct net *inner = around(n)->inner;

	return inner->ops->tune(inner, handle, t);
}

void net_around_wake(struct net *n)
{
	struct net *inner = around(n)->inner;

	inner->ops->wake(inner);
}

nsec_t net_around_now(struct net *n)
{
	struct net *inner = around(n)->inner;

	return inner->ops->now(inner);
}

nsec_t net_around_wall(struct net *n)
{
	struct net *inner = around(n)->inner;

	return inner->ops->wall(inner);
}

bool net_around_secure(struct net *n, int handle, struct net_secure *to)
{
	return net_secure(around(n)->inner, handle, to);
}

const char *net_around_why(struct net *n, int handle)
{
	struct net *inner = around(n)->inner;

	return inner->ops->why ? inner->ops->why(inner, handle) : NULL;
}

bool net_around_counter(struct net *n, unsigned number, const char **name, uint64_t *value)
{
	struct net *inner = around(n)->inner;

	return inner->ops->counter && inner->ops->counter(inner, number, name, value);
}

int net_around_give(struct net *n, int handle, struct tlv_out *state)
{
	struct net *inner = around(n)->inner;

	return inner->ops->give ? inner->ops->give(inner, handle, state) : -EOPNOTSUPP;
}

int net_around_take(struct net *n, int fd, const struct tlv_in *state)
{
	struct net *inner = around(n)->inner;

	return inner->ops->take ? inner->ops->take(inner, fd, state) : -EOPNOTSUPP;
}

int net_around_inherit(struct net *n, int fd, const struct net_addr *at)
{
	struct net *inner = around(n)->inner;

	return inner->ops->inherit ? inner->ops->inherit(inner, fd, at) : -EOPNOTSUPP;
}
