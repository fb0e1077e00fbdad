/* net_batch.c - collects sends until one of the bounds is reached: net_batch.h. */
#include "net/net_batch.h"

static void run(struct net_batch *b, struct net_around *a, const struct net_encoder *e)
{
	if (b->count)
		a->inner->ops->send_batch(a->inner, b->made, b->count);
	for (uint32_t i = 0; i < b->count; i++) {
		struct net_send *s = b->of[i], *made = &b->made[i];

		s->done = made->iov == s->iov ? made->done : e->result(&a->net, s, made);
	}
	b->count = 0;
	b->used = 0;
}

static void add(struct net_batch *b, struct net_send *s)
{
	b->made[b->count] = *s;
	b->of[b->count++] = s;
}

static void add_encoded(
	struct net_batch *b, struct net_around *a, const struct net_encoder *e, struct net_send *s)
{
	uint8_t *to = b->bytes + b->used;
	size_t size = e->encode(&a->net, s, to);
	struct iovec *iov = &b->iov[b->count];

	if (size == 0)
		return;
	*iov = (struct iovec){to, size};
	b->used += size;
	add(b, s);
	b->made[b->count - 1].iov = iov;
	b->made[b->count - 1].iov_count = 1;
}

void net_batch_send(struct net_batch *b, struct net_around *a, const struct net_encoder *e,
	struct net_send *sends, size_t count)
{
	for (struct net_send *s = sends; s < sends + count; s++) {
		bool ours = net_around_at(a, s->handle) != NULL;
		size_t room = ours ? e->room(&a->net, s) : 0;

		if (ours && (room == 0 || room > NET_BATCH_BYTES)) {
			s->done = a->net.ops->send(&a->net, s->handle, s->iov, (int)s->iov_count);
			continue;
		}
		if (b->count == NET_BATCH_SENDS || room > NET_BATCH_BYTES - b->used)
			run(b, a, e);
		if (ours)
			add_encoded(b, a, e, s);
		else
			add(b, s);
	}
	run(b, a, e);
}
