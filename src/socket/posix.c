/*
 * posix.c - the calls of burble/socket.h with POSIX's signatures; none blocks.
 */
#include "socket/instance.h"

int burble_connect(struct burble *b, int fd, const struct sockaddr *addr, socklen_t len)
{
	return burble_connect_call(b, fd, addr, len, NULL);
}

int burble_accept4(struct burble *b, int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return burble_accept4_call(b, fd, (struct burble_addr){addr, len}, flags, NULL);
}

int burble_close(struct burble *b, int fd)
{
	return burble_close_call(b, fd, NULL);
}

ssize_t burble_send(struct burble *b, int fd, const void *data, size_t n, int flags)
{
	return burble_send_call(b, fd, (struct iovec){(void *)data, n}, flags, NULL);
}

ssize_t burble_recv(struct burble *b, int fd, void *data, size_t n, int flags)
{
	return burble_recv_call(b, fd, (struct iovec){data, n}, flags, NULL);
}

ssize_t burble_sendto(struct burble *b, int fd, const void *data, size_t n, int flags,
	const struct sockaddr *addr, socklen_t len)
{
	struct iovec v = {(void *)data, n};
	struct msghdr msg = {
		.msg_name = (void *)addr, .msg_namelen = len, .msg_iov = &v, .msg_iovlen = 1};

	return burble_sendmsg_call(b, fd, &msg, flags, NULL);
}

ssize_t burble_recvfrom(struct burble *b, int fd, void *data, size_t n, int flags,
	struct sockaddr *addr, socklen_t *len)
{
	struct iovec v = {data, n};
	struct msghdr msg = {
		.msg_name = addr, .msg_namelen = addr ? *len : 0, .msg_iov = &v, .msg_iovlen = 1};
	ssize_t got = burble_recvmsg_call(b, fd, &msg, flags, NULL);

	if (addr && got >= 0)
		*len = msg.msg_namelen;
	return got;
}

ssize_t burble_sendmsg(struct burble *b, int fd, const struct msghdr *msg, int flags)
{
	return burble_sendmsg_call(b, fd, msg, flags, NULL);
}

ssize_t burble_recvmsg(struct burble *b, int fd, struct msghdr *msg, int flags)
{
	return burble_recvmsg_call(b, fd, msg, flags, NULL);
}

ssize_t burble_writev(struct burble *b, int fd, const struct iovec *v, int n)
{
	return burble_writev_call(b, fd, v, n, NULL);
}

ssize_t burble_readv(struct burble *b, int fd, const struct iovec *v, int n)
{
	return burble_readv_call(b, fd, v, n, NULL);
}

int burble_setsockopt(
	struct burble *b, int fd, int level, int name, const void *value, socklen_t len)
{
	return burble_setopt(b, fd, level, name, (struct iovec){(void *)value, len});
}

int burble_getsockopt(struct burble *b, int fd, int level, int name, void *value, socklen_t *len)
{
	struct iovec room = {value, *len};
	int err = burble_getopt(b, fd, level, name, &room);

	if (!err)
		*len = (socklen_t)room.iov_len;
	return err;
}

int burble_poll(struct burble *b, struct pollfd *fds, nfds_t n)
{
	return burble_poll_call(b, fds, n, NULL);
}

int burble_epoll_wait(struct burble *b, int epfd, struct epoll_event *events, int max)
{
	return burble_epoll_wait_call(b, epfd, events, max, NULL);
}
