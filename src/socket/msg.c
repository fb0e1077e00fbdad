/*
 * msg.c - cursors over the buffers and control messages of struct msghdr.
 */
#include "socket/msg.h"
#include "socket/bounds.h"

#include <errno.h>

static ssize_t count(const struct iovec *v, size_t n, bool copied)
{
	size_t total = 0;

	if (n > LIMIT_IOV)
		return -EMSGSIZE;
	if (!v && n > 0)
		return -EFAULT;
	for (size_t i = 0; i < n; i++) {
		if ((ssize_t)v[i].iov_len < 0)
			return -EINVAL;
		if (copied && !v[i].iov_base && v[i].iov_len > 0)
			return -EFAULT;
		total += size_min(v[i].iov_len, LIMIT_RW - total);
	}
	assert(total <= LIMIT_RW);
	return (ssize_t)total;
}

ssize_t iov_check(const struct iovec *v, size_t n)
{
	return count(v, n, true);
}

ssize_t iov_check_trunc(const struct iovec *v, size_t n)
{
	return count(v, n, false);
}

struct iov_at iov_start(const struct iovec *v, size_t n, size_t skip)
{
	struct iov_at at = {v, n, skip};

	while (at.n > 0 && at.offset >= at.v->iov_len) {
		at.offset -= at.v->iov_len;
		at.v++;
		at.n--;
	}
	return at;
}

struct iovec iov_next(struct iov_at *at, size_t max)
{
	struct iovec piece = {0};

	if (at->n == 0 || max == 0)
		return piece;
	assert(at->offset < at->v->iov_len);
	if (at->v->iov_base) /* NULL: MSG_TRUNC discards */
		piece.iov_base = (char *)at->v->iov_base + at->offset;
	piece.iov_len = size_min(max, at->v->iov_len - at->offset);
	*at = iov_start(at->v, at->n, at->offset + piece.iov_len);
	return piece;
}

size_t iov_put(struct iov_at *at, const void *from, size_t n)
{
	size_t done = 0;

	for (struct iovec p; (p = iov_next(at, n - done)).iov_len > 0; done += p.iov_len)
		memcpy(p.iov_base, (const char *)from + done, p.iov_len);
	assert(done <= n);
	return done;
}

size_t iov_take(struct iov_at *at, void *to, size_t n)
{
	size_t done = 0;

	for (struct iovec p; (p = iov_next(at, n - done)).iov_len > 0; done += p.iov_len)
		memcpy((char *)to + done, p.iov_base, p.iov_len);
	assert(done <= n);
	return done;
}

struct ctl_out ctl_start(struct msghdr *msg)
{
	return (struct ctl_out){.msg = msg, .room = msg->msg_control ? msg->msg_controllen : 0};
}

void ctl_put(struct ctl_out *c, const struct cmsghdr *kind, const void *data, size_t len)
{
	struct cmsghdr head = *kind;
	size_t left = c->room - c->used, need = CMSG_LEN(len);
	char *at;

	assert(c->used <= c->room);
	if (left < sizeof(head)) {
		c->msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	if (left < need) {
		c->msg->msg_flags |= MSG_CTRUNC;
		need = left;
	}
	at = (char *)c->msg->msg_control + c->used;
	head.cmsg_len = need;
	memcpy(at, &head, sizeof(head));
	memcpy(at + CMSG_LEN(0), data, need > CMSG_LEN(0) ? need - CMSG_LEN(0) : 0);
	c->used += size_min(CMSG_SPACE(len), left);
}

void ctl_end(struct ctl_out *c)
{
	assert(c->used <= c->room);
	c->msg->msg_controllen = c->used;
}

const struct cmsghdr *ctl_next(const struct msghdr *msg, const struct cmsghdr *prev, int *err)
{
	const char *list = msg->msg_control;
	size_t at = prev ? (size_t)((const char *)prev - list) + CMSG_ALIGN(prev->cmsg_len) : 0;
	const struct cmsghdr *c;

	assert(!prev || at <= CMSG_ALIGN(msg->msg_controllen));
	*err = 0;
	if (!list || at >= msg->msg_controllen || msg->msg_controllen - at < sizeof(*prev))
		return NULL;
	c = (const struct cmsghdr *)(list + at);
	if (c->cmsg_len < sizeof(*c) || c->cmsg_len > msg->msg_controllen - at) {
		*err = -EINVAL;
		return NULL;
	}
	return c;
}

int ctl_socket(const struct cmsghdr *c)
{
	return c->cmsg_type == SCM_RIGHTS || c->cmsg_type == SCM_CREDENTIALS ? 0 : -EINVAL;
}
