/*
 * wait.c - real clock and sleep: ppoll() on the descriptors of the devices, until the next timer of
 * the instance or a wake-up by another thread; before that, busy polling if net.core.busy_poll says
 * so.
 */
#include "host/wait.h"
#include "stack/tcp/tcp.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define RELEASE_PATIENCE NSEC_SEC /* for a DHCP server to answer ARP */

int64_t burble_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_SEC + ts.tv_nsec;
}

/* --- descriptors ------------------------------------------------------------------------------ */

/* The descriptors of burble_fd(): an epoll set of the devices' and of `event`. */
struct waiter {
	int epoll, event;
	_Atomic bool woken; /* event has been written to */
};

static struct waiter *waiter_of(struct burble *b)
{
	return burble_host(b)->data;
}

static void waiter_free(void *data)
{
	struct waiter *w = data;

	if (w->epoll >= 0)
		close(w->epoll);
	if (w->event >= 0)
		close(w->event);
	free(w);
}

static int watch(struct waiter *w, int fd)
{
	struct epoll_event e = {.events = EPOLLIN};

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
}

void host_wait_watch(struct burble *b, int ifindex)
{
	int fd = burble_if_fd(b, ifindex);

	if (waiter_of(b) && fd >= 0)
		watch(waiter_of(b), fd);
}

static int waiter_new(struct burble *b)
{
	struct waiter *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->epoll < 0 || w->event < 0 || watch(w, w->event) < 0) {
		int err = -errno;

		waiter_free(w);
		return err;
	}
	*burble_host(b) = (struct burble_host){w, waiter_free};
	for (int i = 1; i <= NETDEV_MAX; i++)
		host_wait_watch(b, i);
	return 0;
}

int burble_fd(struct burble *b)
{
	int err = waiter_of(b) ? 0 : waiter_new(b);

	return err ? err : waiter_of(b)->epoll;
}

/* The flag is set last: a thread that sees it can take the count. */
int burble_wake(struct burble *b)
{
	struct waiter *w = waiter_of(b);
	uint64_t one = 1;

	if (!w)
		return -EINVAL;
	if (write(w->event, &one, sizeof(one)) < 0)
		return 0; /* as many wake-ups are pending as fit */
	atomic_store(&w->woken, true);
	return 0;
}

/* True if burble_wake() was called, which is cleared by this. */
static bool take_wake(struct burble *b)
{
	struct waiter *w = waiter_of(b);
	uint64_t count;

	return w && atomic_exchange(&w->woken, false) && read(w->event, &count, sizeof(count)) > 0;
}

/* Reports a device that is gone; its descriptor, which stays readable, is watched no more. */
static void check_lost(struct burble *b, int ifindex)
{
	if (burble_tell_lost(b, ifindex) && waiter_of(b))
		epoll_ctl(waiter_of(b)->epoll, EPOLL_CTL_DEL,
			stack_netdev(burble_stack(b), (uint32_t)ifindex)->fd, NULL);
}

/* Fills in the descriptors that can wake us; returns how many. */
static nfds_t sleepers(struct burble *b, int wake_fd, struct pollfd *fds)
{
	nfds_t n = 0;

	if (wake_fd >= 0)
		fds[n++] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
	if (waiter_of(b))
		fds[n++] = (struct pollfd){.fd = waiter_of(b)->event, .events = POLLIN};
	for (int i = 1; i <= NETDEV_MAX; i++) {
		int fd = burble_if_fd(b, i);

		check_lost(b, i);
		if (fd >= 0)
			fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return n;
}

/* --- sleep ------------------------------------------------------------------------------------ */

/* The earlier of the time `when` and `timeout` (< 0: never) from now. */
static nsec_t earlier(nsec_t now, nsec_t when, nsec_t timeout)
{
	return timeout < 0 || timeout >= when - now ? when : now + timeout;
}

static bool readable(int fd)
{
	struct pollfd f = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&f, 1, 0) > 0;
}

/* Steps without sleep for net.core.busy_poll microseconds, not beyond `end`. True: there was
 * something to do, or to wake up for. */
static bool busy_poll(struct burble *b, nsec_t end, int wake_fd)
{
	nsec_t now = burble_clock();

	end = earlier(now, end, stack_sysctl(burble_stack(b))->busy_poll * NSEC_USEC);
	while ((now = burble_clock()) < end)
		if (burble_step(b, now) <= now || readable(wake_fd) ||
			(waiter_of(b) && atomic_load(&waiter_of(b)->woken)))
			return true;
	return false;
}

/* Sleeps until `end`; NSEC_MAX: for ever. 0 or -EINTR. */
static int sleep_until(struct burble *b, nsec_t end, int wake_fd)
{
	struct pollfd fds[NETDEV_MAX + 2];
	nsec_t left;
	struct timespec ts;
	int n;

	if (stack_sysctl(burble_stack(b))->busy_poll > 0 && busy_poll(b, end, wake_fd))
		return 0;
	left = end - burble_clock();
	if (left <= 0)
		return 0;
	ts = (struct timespec){left / NSEC_SEC, left % NSEC_SEC};
	n = ppoll(fds, sleepers(b, wake_fd, fds), end == NSEC_MAX ? NULL : &ts, NULL);
	return n < 0 && errno == EINTR ? -EINTR : 0;
}

int host_wait(struct burble *b, nsec_t timeout, int wake_fd)
{
	nsec_t now = burble_clock();
	nsec_t end = earlier(now, burble_step(b, now), timeout);
	int err = 0;

	if (end > now)
		err = sleep_until(b, end, wake_fd);
	else if (waiter_of(b)) /* a loop of the program's own comes by here only */
		for (int i = 1; i <= NETDEV_MAX; i++)
			check_lost(b, i);
	take_wake(b);
	if (err)
		return err;
	burble_step(b, burble_clock());
	return 0;
}

static int orphans(struct burble *b)
{
	struct tcp_memory m;

	tcp_memory(burble_stack(b), &m);
	return (int)m.orphans;
}

/* Lets the messages leave, for which the servers' hardware addresses may have to be resolved. */
static void release_leases(struct burble *b)
{
	nsec_t end = burble_clock() + RELEASE_PATIENCE, left;
	int released = 0;

	for (int i = 1; i <= NETDEV_MAX; i++)
		released += burble_dhcp_release(b, i) == 0;
	while (released && burble_resolving(b) && (left = end - burble_clock()) > 0)
		host_wait(b, left, -1);
}

int burble_drain(struct burble *b, int64_t timeout)
{
	nsec_t end = burble_clock() + timeout, left;

	burble_close_all(b);
	burble_step(b, burble_clock()); /* a listener is gone with this step, and nothing else would
					   wake us */
	while (orphans(b) > 0 && (left = end - burble_clock()) > 0)
		host_wait(b, left, -1);
	release_leases(b);
	return orphans(b);
}

int burble_wait(struct burble *b, int64_t timeout)
{
	return host_wait(b, timeout, -1);
}
