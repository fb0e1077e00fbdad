/*
 * net_burble.c - the real clock of a network on burble's own stack: time passes until a device has
 * a frame, a timer of the instance is due, wake() was called, or a watched descriptor is readable.
 * Wake-up is an eventfd; it and the watched descriptors are in an epoll set beside the devices'
 * descriptors.
 */
#include "host/net_burble.h"

#include "burble/burble.h"
#include "host/wait.h"
#include "net/net_instance.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct net_burble {
	struct net_instance instance;
	int wake, wakers; /* of the process: the eventfd; the epoll set */
};

static struct net_burble *own(struct net_instance *i)
{
	return container_of(i, struct net_burble, instance);
}

static nsec_t real_now(struct net_instance *i)
{
	return burble_clock();
}

static nsec_t real_wall(struct net_instance *i)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC_SEC + ts.tv_nsec;
}

/* True if wake() was called, which is cleared by this, or a watched descriptor is readable. */
static bool woken(struct net_burble *nb)
{
	struct epoll_event e;
	uint64_t count;

	return epoll_wait(nb->wakers, &e, 1, 0) > 0 &&
	       (e.data.fd != nb->wake || read(nb->wake, &count, sizeof(count)) > 0);
}

static bool real_sleep(struct net_instance *i, nsec_t until)
{
	nsec_t now = burble_clock();

	if (now >= until || woken(own(i)))
		return false;
	return host_wait(i->b, until == NSEC_MAX ? -1 : until - now, own(i)->wakers) == 0;
}

static void real_wake(struct net_instance *i)
{
	uint64_t one = 1;
	ssize_t written = write(own(i)->wake, &one, sizeof(one));

	(void)written; /* EAGAIN: as many wake-ups are pending as fit, so one is */
}

static const struct net_clock real_clock = {real_now, real_wall, real_sleep, real_wake};

struct net *net_burble_new(struct burble *b)
{
	struct net_burble *nb = calloc(1, sizeof(*nb));
	int err;

	if (!nb)
		return NULL;
	err = net_instance_open(&nb->instance, b, &real_clock);
	nb->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	nb->wakers = epoll_create1(EPOLL_CLOEXEC);
	if (err == 0 && nb->wake >= 0 && nb->wakers >= 0 &&
		net_burble_watch(&nb->instance.net, nb->wake) == 0)
		return &nb->instance.net;
	net_burble_free(&nb->instance.net);
	return NULL;
}

int net_burble_watch(struct net *n, int fd)
{
	struct net_burble *nb = own(container_of(n, struct net_instance, net));
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(nb->wakers, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

void net_burble_free(struct net *n)
{
	struct net_burble *nb = own(container_of(n, struct net_instance, net));

	net_instance_close(&nb->instance);
	if (nb->wake >= 0)
		close(nb->wake);
	if (nb->wakers >= 0)
		close(nb->wakers);
	free(nb);
}
