/* control_tap.c - a tap on the devices of an instance: control_tap.h. */
#include "host/control_tap.h"

#include "socket/instance.h"
#include "stack/pkt.h"
#include "wire/checksum.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A device and the operations it had. */
struct tapped {
	struct netdev_ops ops;
	const struct netdev_ops *under;
	struct netdev *dev; /* NULL: not tapped */
	struct control_tap *tap;
};

struct control_tap {
	struct tapped devices[NETDEV_MAX];
	uint32_t snap, dropped;
	int event;
	size_t first, end; /* of the queue: packets lie from first to end */
	uint8_t queue[TAP_QUEUE_BYTES];
	uint8_t packet[TAP_SNAP_MAX + NETDEV_NAME];
};

/* --- the queue -------------------------------------------------------------------------------- */

/* Completes a checksum that was left to the device. */
static void complete(uint8_t *bytes, uint32_t len, const struct pkt *p)
{
	uint32_t start = pkt_csum_start(p), field = start + p->csum_offset;
	uint16_t sum;

	if (start >= len || field + sizeof(sum) > len)
		return; /* the kernel's mistake: the stack drops the packet */
	sum = csum_fold(csum_add(0, bytes + start, len - start));
	memcpy(bytes + field, &sum, sizeof(sum));
}

static void put(struct control_tap *t, const struct tap_packet *p, const uint8_t *bytes)
{
	size_t need = sizeof(*p) + p->len;
	uint64_t one = 1;
	bool was_empty = t->first == t->end;

	if (was_empty)
		t->first = t->end = 0;
	if (sizeof(t->queue) - t->end < need && t->first > 0) {
		memmove(t->queue, t->queue + t->first, t->end - t->first);
		t->end -= t->first;
		t->first = 0;
	}
	if (sizeof(t->queue) - t->end < need) {
		t->dropped++;
		return;
	}
	memcpy(t->queue + t->end, p, sizeof(*p));
	memcpy(t->queue + t->end + sizeof(*p), bytes, p->len);
	t->end += need;
	t->dropped = 0;
	if (was_empty && write(t->event, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

static void copy(struct tapped *d, const struct pkt *p, bool out)
{
	struct control_tap *t = d->tap;
	struct timespec wall;
	struct tap_packet head = {.wire_len = pkt_total(p), .dropped = t->dropped, .out = out};

	if (head.wire_len > TAP_SNAP_MAX) {
		t->dropped++;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &wall);
	head.wall = wall.tv_sec * NSEC_SEC + wall.tv_nsec;
	head.len = head.wire_len < t->snap ? head.wire_len : t->snap;
	memcpy(head.dev, d->dev->name, sizeof(head.dev));
	pkt_bytes(p, t->packet);
	if (p->csum_partial)
		complete(t->packet, head.wire_len, p);
	put(t, &head, t->packet);
}

bool control_tap_next(struct control_tap *t, struct tap_packet *p, const uint8_t **bytes)
{
	if (t->first == t->end)
		return false;
	memcpy(p, t->queue + t->first, sizeof(*p));
	*bytes = t->queue + t->first + sizeof(*p);
	t->first += sizeof(*p) + p->len;
	return true;
}

/* --- devices ---------------------------------------------------------------------------------- */

static struct tapped *tapped_of(const struct netdev *dev)
{
	return (struct tapped *)(uintptr_t)container_of(dev->ops, struct tapped, ops);
}

static void untap(struct tapped *d)
{
	d->dev->ops = d->under;
	d->dev = NULL;
}

static int tap_send(struct netdev *dev, struct pkt *p)
{
	struct tapped *d = tapped_of(dev);

	copy(d, p, true);
	return d->under->send(dev, p);
}

static struct pkt *tap_receive(struct netdev *dev)
{
	struct tapped *d = tapped_of(dev);
	struct pkt *p = d->under->receive(dev);

	if (p)
		copy(d, p, false);
	return p;
}

/* The device goes while it is tapped. */
static void tap_close(struct netdev *dev)
{
	untap(tapped_of(dev));
	dev->ops->close(dev);
}

static void tap(struct control_tap *t, struct tapped *d, struct netdev *dev)
{
	*d = (struct tapped){.ops = *dev->ops, .under = dev->ops, .dev = dev, .tap = t};
	d->ops.send = tap_send;
	d->ops.receive = tap_receive;
	d->ops.close = tap_close;
	dev->ops = &d->ops;
}

struct control_tap *control_tap_new(struct burble *b, uint32_t snap, int event)
{
	struct control_tap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->snap = snap < TAP_SNAP_MAX ? snap : TAP_SNAP_MAX;
	t->event = event;
	for (int i = 1; i <= NETDEV_MAX; i++)
		if (burble_if_fd(b, i) >= 0)
			tap(t, &t->devices[i - 1], stack_netdev(burble_stack(b), (uint32_t)i));
	return t;
}

void control_tap_free(struct control_tap *t)
{
	if (!t)
		return;
	for (int i = 0; i < NETDEV_MAX; i++)
		if (t->devices[i].dev)
			untap(&t->devices[i]);
	free(t);
}
