/*
 * poll.c - poll(2): examines every file of the list each time; programs with many files use epoll.
 */
#include "socket/socket_priv.h"
#include "stack/stack.h"

#include <errno.h>

/* poll's and epoll's bits are the same numbers where both exist. */
_Static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLPRI == EPOLLPRI, "same bits");
_Static_assert(POLLERR == EPOLLERR && POLLHUP == EPOLLHUP && POLLRDHUP == EPOLLRDHUP, "same bits");

static short look(struct burble *b, const struct pollfd *p)
{
	struct file *f = fds_file(&b->fds, p->fd);

	if (p->fd < 0)
		return 0;
	if (!f)
		return POLLNVAL;
	return (short)(file_ready(b, f) & ((uint32_t)(uint16_t)p->events | POLLERR | POLLHUP));
}

uint32_t burble_ready(struct burble *b, int fd)
{
	struct file *f = fds_file(&b->fds, fd);

	return f ? file_ready(b, f) : POLLNVAL;
}

int burble_poll_call(struct burble *b, struct pollfd *fds, nfds_t n, struct burble_call *call)
{
	int found = 0;

	if (call)
		file_resume(call);
	if (n > (nfds_t)b->fds.max)
		return -EINVAL;
	if (!fds && n > 0)
		return -EFAULT;
	for (nfds_t i = 0; i < n; i++) {
		fds[i].revents = look(b, &fds[i]);
		found += fds[i].revents != 0;
	}
	if (found > 0 || !call || call->timeout == 0 || file_expired(b, call))
		return found;
	if (call->phase == 0)
		call->deadline = call->timeout < 0 ? NSEC_MAX : stack_now(b->stack) + call->timeout;
	call->fd = -1;
	return file_wait(b, NULL, call, 0);
}
