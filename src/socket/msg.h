/*
 * msg.h - the parts of struct msghdr: a cursor over the caller's buffers, control messages to and
 * from the program. Private to the room.
 */
#ifndef SOCKET_MSG_H
#define SOCKET_MSG_H

#include "base/base.h"

#include <sys/socket.h>
#include <sys/uio.h>

/* A position in a list of buffers. */
struct iov_at {
	const struct iovec *v;
	size_t n;      /* buffers left, v[0] included */
	size_t offset; /* in v[0] */
};

/* Checks a list of buffers. Returns their total size, at most LIMIT_RW; or -EMSGSIZE (more than
 * LIMIT_IOV), -EINVAL (a length that is negative as a ssize_t), -EFAULT (NULL with a length: the
 * only bad address that can be detected from inside the process). */
ssize_t iov_check(const struct iovec *v, size_t n);

/* The same if nothing will be copied (MSG_TRUNC on a stream): NULL is allowed. */
ssize_t iov_check_trunc(const struct iovec *v, size_t n);

/* The position after `skip` bytes. */
struct iov_at iov_start(const struct iovec *v, size_t n, size_t skip);

/* The next contiguous piece, at most max bytes; len 0 at the end. Advances the cursor. */
struct iovec iov_next(struct iov_at *at, size_t max);

/* Copies between the buffers at the cursor and memory; returns the bytes that fit. */
size_t iov_put(struct iov_at *at, const void *from, size_t n);
size_t iov_take(struct iov_at *at, void *to, size_t n);

/* Control messages for the program, appended to msg->msg_control. */
struct ctl_out {
	struct msghdr *msg;
	size_t room; /* of the program's buffer */
	size_t used;
};

/* Starts an empty list; msg->msg_controllen is the buffer's size until ctl_end() sets it to the
 * length used. */
struct ctl_out ctl_start(struct msghdr *msg);

/* Appends one message of this level and type, truncated with MSG_CTRUNC if it does not fit. */
void ctl_put(struct ctl_out *c, const struct cmsghdr *kind, const void *data, size_t len);

/* Ends the list. */
void ctl_end(struct ctl_out *c);

/* The message after `prev` (NULL: the first) in the program's list, or NULL at the end; *err is
 * -EINVAL if the list is malformed. */
const struct cmsghdr *ctl_next(const struct msghdr *msg, const struct cmsghdr *prev, int *err);

/* A message of level SOL_SOCKET: 0 for those that Linux ignores (SCM_RIGHTS, SCM_CREDENTIALS), or
 * -EINVAL. */
int ctl_socket(const struct cmsghdr *c);

/* Bytes of data of a message from ctl_next(). */
static inline size_t ctl_len(const struct cmsghdr *c)
{
	assert(c->cmsg_len >= sizeof(*c)); /* checked by ctl_next() */
	return c->cmsg_len - CMSG_LEN(0);
}

#endif
