/*
 * ioctl.c - the requests of tcp(7) and socket(7) that concern one socket.
 */
#include "socket/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

/* The queues of a connection; a listener has none (-EINVAL). */
int stream_ioctl(struct sock *s, unsigned long request, int *arg)
{
	struct tcp_status f;

	tcp_get_status(s->tcp, &f);
	if (request != SIOCATMARK && f.state == TCPS_LISTEN)
		return -EINVAL;
	switch (request) {
	case SIOCINQ: *arg = (int)f.before_mark; return 0;
	case SIOCOUTQ: *arg = (int)f.unacked; return 0;
	case SIOCOUTQNSD: *arg = (int)f.unsent; return 0;
	case SIOCATMARK: *arg = f.at_mark; return 0;
	default: return -ENOTTY;
	}
}

static int async(struct burble *b, int fd, unsigned long request, int *arg)
{
	if (request == FIONBIO) {
		int flags = burble_fcntl(b, fd, F_GETFL, 0);

		return burble_fcntl(
			b, fd, F_SETFL, *arg ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
	}
	if (request == SIOCSPGRP || request == FIOSETOWN)
		return burble_fcntl(b, fd, F_SETOWN, *arg);
	*arg = burble_fcntl(b, fd, F_GETOWN, 0);
	return 0;
}

int burble_ioctl(struct burble *b, int fd, unsigned long request, int *arg)
{
	int err = -EBADF;
	struct sock *s;

	if (!fds_file(&b->fds, fd))
		return err;
	if (!arg)
		return -EFAULT;
	switch (request) {
	case FIONBIO:
	case FIOSETOWN:
	case SIOCSPGRP:
	case FIOGETOWN:
	case SIOCGPGRP: return async(b, fd, request, arg);
	default: break;
	}
	s = sock_find(b, fd, &err);
	if (!s)
		return -ENOTTY;
	return sock_ops(b, s)->ioctl(s, request, arg);
}
