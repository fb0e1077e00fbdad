/*
 * instance.c - struct burble: a stack, the sockets on it, and the interfaces that it owns. A host
 * runs one step each time it wakes: frames in, timers, frames out.
 */
#include "socket/instance.h"

#include "socket/dgram.h"
#include "socket/dhcp.h"
#include "socket/epoll.h"
#include "socket/stream.h"
#include "stack/ip/ip.h"

#include <errno.h>
#include <stdlib.h>

const char *burble_version(void)
{
	return BURBLE_VERSION;
}

struct burble *sockets_new(struct stack *stack, const struct burble_config *config)
{
	struct burble *b = calloc(1, sizeof(*b));
	int max = config->fds_max;

	if (!b)
		return NULL;
	fds_init(&b->fds, max > 0 && max < BURBLE_FDS_MAX ? max : BURBLE_FDS_MAX);
	pool_init(&b->socks, sizeof(struct sock), 0);
	pool_init(&b->extras, sizeof(struct sock_extra), 0);
	b->stack = stack;
	b->hooks = config->hooks;
	b->kind[FILE_STREAM] = &stream_ops.file;
	b->kind[FILE_DGRAM] = &dgram_ops.file;
	b->kind[FILE_EPOLL] = &epoll_ops;
	assert(b->fds.max > 0);
	stream_set_events(b);
	dgram_set_events(b);
	return b;
}

void burble_close_all(struct burble *b)
{
	for (int fd = 0; (fd = fds_next(&b->fds, fd)) >= 0;)
		burble_close_call(b, fd, NULL);
}

void sockets_free(struct burble *b)
{
	burble_close_all(b);
	burble_dhcp_hook(b, NULL, NULL); /* the stack may outlive b */
	assert(b->fds.open == 0);
	fds_free(&b->fds);
	pool_free(&b->socks);
	pool_free(&b->extras);
	free(b);
}

struct burble_host *burble_host(struct burble *b)
{
	return &b->host;
}

struct stack *burble_stack(struct burble *b)
{
	return b->stack;
}

void burble_memory(struct burble *b, struct burble_memory *m)
{
	*m = (struct burble_memory){.socks = b->socks.live * b->socks.size};
	for (uint32_t i = 0; i < b->fds.page.count; i++)
		if (b->fds.page.at[i])
			m->descriptors += sizeof(struct fd_page);
	for (int fd = 0; (fd = fds_next(&b->fds, fd)) >= 0; fd++)
		m->epoll_items += epoll_bytes(fds_file(&b->fds, fd));
}

bool burble_next_socket(struct burble *b, int from, struct burble_socket_ref *out)
{
	for (int fd = from; (fd = fds_next(&b->fds, fd)) >= 0; fd++) {
		struct file *f = fds_file(&b->fds, fd);

		if (f->kind == FILE_STREAM || f->kind == FILE_DGRAM) {
			*out = (struct burble_socket_ref){fd, f->kind == FILE_STREAM, sock_of(f)};
			return true;
		}
	}
	return false;
}

struct burble *burble_new(const struct burble_config *config)
{
	struct stack_config c = {.seed = config->seed, .now = config->now};
	struct stack *stack = stack_new(&c);
	struct burble *b = stack ? sockets_new(stack, config) : NULL;

	if (stack && !b)
		stack_free(stack);
	return b;
}

/* The instance owns the devices that it can close. */
static int device_end(struct stack *s, struct netdev *dev)
{
	if (!dev || !dev->ops->close)
		return -ENODEV;
	dhcp_give_back(s, dev);
	stack_detach(s, dev);
	dev->ops->close(dev);
	return 0;
}

void burble_free(struct burble *b)
{
	struct stack *s = b->stack;

	if (b->host.free)
		b->host.free(b->host.data);
	sockets_free(b);
	stack_flush(s, stack_now(s)); /* FINs and RSTs of sockets still open */
	for (uint32_t i = 1; i <= NETDEV_MAX; i++)
		device_end(s, stack_netdev(s, i));
	stack_free(s);
}

int64_t burble_step(struct burble *b, int64_t now)
{
	struct stack *s = b->stack;
	uint32_t done;

	stack_at(s, now);
	done = stack_receive(s, now) + stack_timers(s, now);
	stack_flush(s, now);
	return done > 0 ? now : burble_deadline(b);
}

int64_t burble_deadline(struct burble *b)
{
	struct stack *s = b->stack;
	nsec_t timer = stack_next(s), frame = stack_receive_at(s);

	if (stack_dirty(s))
		return stack_now(s);
	return timer < frame ? timer : frame;
}

int burble_if_attach(struct burble *b, struct netdev *dev)
{
	int err = stack_attach(b->stack, dev);

	assert(dev->ops->close);
	if (err)
		dev->ops->close(dev);
	return err ? err : (int)dev->ifindex;
}

int burble_if_del(struct burble *b, int ifindex)
{
	struct stack *s = b->stack;

	return device_end(s, ifindex > 0 ? stack_netdev(s, (uint32_t)ifindex) : NULL);
}

int burble_if_fd(struct burble *b, int ifindex)
{
	struct netdev *dev = ifindex > 0 ? stack_netdev(b->stack, (uint32_t)ifindex) : NULL;

	return dev && dev->ops->receive && dev->fd >= 0 && !dev->lost ? dev->fd : -ENODEV;
}

bool burble_tell_lost(struct burble *b, int ifindex)
{
	struct netdev *dev = stack_netdev(b->stack, (uint32_t)ifindex);

	if (!dev || !dev->lost || !(dev->flags & NETDEV_UP))
		return false;
	dev->flags &= (uint8_t)~NETDEV_UP;
	if (b->hooks.device_lost)
		b->hooks.device_lost(b->hooks.ctx, ifindex, dev->lost);
	return true;
}

int burble_sysctl_set(struct burble *b, const char *name, const char *value, const char **why)
{
	const char *reason = NULL;
	int err = sysctl_set(stack_sysctl(b->stack), name, value, &reason);

	if (why)
		*why = reason;
	return err;
}

int burble_sysctl_get(struct burble *b, const char *name, char *value, size_t size)
{
	const char *why;

	return sysctl_get(stack_sysctl(b->stack), name, value, size, &why);
}

int burble_counter(struct burble *b, const char *name, uint64_t *value)
{
	enum mib which = mib_find(name);

	if (which == MIB_COUNT)
		return -ENOENT;
	*value = mib_get(stack_mib(b->stack), which);
	return 0;
}

const char *burble_counter_name(unsigned i)
{
	return i < MIB_COUNT ? mib_name((enum mib)i) : NULL;
}

const char *burble_sysctl_name(unsigned i)
{
	size_t count;
	const struct sysctl_def *defs = sysctl_defs(&count);

	return i < count ? defs[i].name : NULL;
}
