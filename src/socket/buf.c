/* buf.c - bytes that a program sends by reference: a struct chunk of the stack. */
#include "socket/instance.h"
#include "stack/pkt.h"

#include <errno.h>

static struct chunk *chunk_of(struct burble_buf *buf)
{
	return (struct chunk *)buf;
}

struct burble_buf *burble_buf_new(size_t n)
{
	struct chunk *c = n <= UINT32_MAX ? chunk_new((uint32_t)n) : NULL;

	if (c)
		c->used = c->cap;
	return (struct burble_buf *)c;
}

void *burble_buf_data(struct burble_buf *buf)
{
	return chunk_of(buf)->data;
}

ssize_t burble_send_buf(struct burble *b, int fd, struct burble_buf *buf, size_t from, size_t n)
{
	struct chunk *c = chunk_of(buf);

	if (from > c->used || n > c->used - from)
		return -EINVAL;
	return burble_send_ref(b, fd, c, c->data + from, n);
}

void burble_buf_drop(struct burble_buf *buf)
{
	if (buf)
		chunk_drop(chunk_of(buf));
}
