/*
 * instance.c - struct burble as a whole: a stack, the sockets on it, and the interfaces that were
 * handed to it. One step is what a host does each time it wakes: frames in, timers, frames out.
 */
#include "socket/instance.h"
#include "stack/ip/ip.h"

#include <errno.h>

const char *burble_version(void)
{
	return BURBLE_VERSION;
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

/* A device that knows how to end is the instance's own. */
static int device_end(struct stack *s, struct netdev *dev)
{
	if (!dev || !dev->ops->close)
		return -ENODEV;
	stack_detach(s, dev);
	dev->ops->close(dev);
	return 0;
}

void burble_free(struct burble *b)
{
	struct stack *s = burble_stack(b);

	sockets_free(b);
	stack_flush(s, stack_now(s)); /* FINs and RSTs of what was still open */
	for (uint32_t i = 1; i <= NETDEV_MAX; i++)
		device_end(s, stack_netdev(s, i));
	stack_free(s);
}

int64_t burble_step(struct burble *b, int64_t now)
{
	struct stack *s = burble_stack(b);
	uint32_t done;

	stack_at(s, now);
	done = stack_receive(s, now) + stack_timers(s, now);
	stack_flush(s, now);
	return done > 0 || stack_dirty(s) ? now : stack_next(s);
}

int burble_if_attach(struct burble *b, struct netdev *dev)
{
	int err = stack_attach(burble_stack(b), dev);

	if (err)
		dev->ops->close(dev);
	return err ? err : (int)dev->ifindex;
}

int burble_if_del(struct burble *b, int ifindex)
{
	struct stack *s = burble_stack(b);

	return device_end(s, ifindex > 0 ? stack_netdev(s, (uint32_t)ifindex) : NULL);
}

int burble_if_fd(struct burble *b, int ifindex)
{
	struct netdev *dev = ifindex > 0 ? stack_netdev(burble_stack(b), (uint32_t)ifindex) : NULL;

	return dev && dev->ops->receive && dev->fd >= 0 ? dev->fd : -ENODEV;
}

int burble_sysctl_set(struct burble *b, const char *name, const char *value, const char **why)
{
	const char *reason = NULL;
	int err = sysctl_set(stack_sysctl(burble_stack(b)), name, value, &reason);

	if (why)
		*why = reason;
	return err;
}

int burble_sysctl_get(struct burble *b, const char *name, char *value, size_t size)
{
	const char *why;

	return sysctl_get(stack_sysctl(burble_stack(b)), name, value, size, &why);
}

int burble_counter(struct burble *b, const char *name, uint64_t *value)
{
	enum mib which = mib_find(name);

	if (which == MIB_COUNT)
		return -ENOENT;
	*value = mib_get(stack_mib(burble_stack(b)), which);
	return 0;
}
