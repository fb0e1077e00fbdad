/*
 * wait.c - real clock and sleep: ppoll() on the descriptors of the devices, until the
 * next timer of the instance.
 */
#include "host/wait.h"
#include "stack/tcp/tcp.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#define RELEASE_PATIENCE NSEC_SEC /* for a DHCP server to answer ARP */

int64_t burble_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_SEC + ts.tv_nsec;
}

/* Fills in the descriptors that can wake us; returns how many. */
static nfds_t sleepers(struct burble *b, int wake_fd, struct pollfd *fds)
{
	nfds_t n = 0;

	if (wake_fd >= 0)
		fds[n++] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
	for (int i = 1; i <= NETDEV_MAX; i++) {
		int fd = burble_if_fd(b, i);

		burble_tell_lost(b, i);
		if (fd >= 0)
			fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return n;
}

/* The earlier of the time `when` and `timeout` from now, as a span from now; -1: never. */
static nsec_t span(nsec_t now, nsec_t when, nsec_t timeout)
{
	nsec_t left = when == BURBLE_NEVER ? -1 : when > now ? when - now : 0;

	if (timeout < 0)
		return left;
	return left < 0 || timeout < left ? timeout : left;
}

int host_wait(struct burble *b, nsec_t timeout, int wake_fd)
{
	struct pollfd fds[NETDEV_MAX + 1];
	nsec_t now = burble_clock();
	nsec_t left = span(now, burble_step(b, now), timeout);
	struct timespec ts = {left / NSEC_SEC, left % NSEC_SEC};
	int n = 0;

	if (left != 0)
		n = ppoll(fds, sleepers(b, wake_fd, fds), left < 0 ? NULL : &ts, NULL);
	if (n < 0 && errno == EINTR)
		return -EINTR;
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
