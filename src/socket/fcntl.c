/*
 * fcntl.c - calls for descriptors of every kind: dup, fcntl, and the flags.
 */
#include "socket/sock.h"

#include <errno.h>
#include <fcntl.h>

int burble_dup(struct burble *b, int fd, int low, int flags)
{
	struct file *f = fds_file(&b->fds, fd);
	int copy;

	if (!f)
		return -EBADF;
	if (low < 0 || low >= b->fds.max || (flags & ~O_CLOEXEC))
		return -EINVAL;
	copy = fds_open(&b->fds, f, low, flags & O_CLOEXEC);
	if (copy >= 0)
		file_get(f);
	return copy;
}

static int set_flags(struct file *f, int flags)
{
	if (flags & O_ASYNC)
		return -EINVAL;
	f->flags = (uint8_t)(flags & O_NONBLOCK ? f->flags | FILE_NONBLOCK
						: f->flags & ~FILE_NONBLOCK);
	return 0;
}

static int get_owner(const struct file *f)
{
	const struct sock_extra *x =
		f->kind == FILE_EPOLL ? NULL : sock_of((struct file *)f)->extra;

	return x ? x->owner : 0;
}

static int set_owner(struct burble *b, struct file *f, int owner)
{
	struct sock_extra *x = f->kind == FILE_EPOLL ? NULL : sock_extra(b, sock_of(f));

	if (!x)
		return f->kind == FILE_EPOLL ? -EINVAL : -ENOMEM;
	x->owner = owner;
	return 0;
}

int burble_fcntl(struct burble *b, int fd, int command, int arg)
{
	struct file *f = fds_file(&b->fds, fd);

	if (!f)
		return -EBADF;
	switch (command) {
	case F_GETFL: return O_RDWR | (f->flags & FILE_NONBLOCK ? O_NONBLOCK : 0);
	case F_SETFL: return set_flags(f, arg);
	case F_GETFD: return fds_cloexec(&b->fds, fd) ? FD_CLOEXEC : 0;
	case F_SETFD: fds_set_cloexec(&b->fds, fd, arg & FD_CLOEXEC); return 0;
	case F_DUPFD: return burble_dup(b, fd, arg, 0);
	case F_DUPFD_CLOEXEC: return burble_dup(b, fd, arg, O_CLOEXEC);
	case F_GETOWN: return get_owner(f);
	case F_SETOWN: return set_owner(b, f, arg);
	default: return -EINVAL;
	}
}
