/* control_tap.c - a tap on the devices of an instance: control_tap.h. */
#include "host/control_tap.h"

#include "host/frame_copy.h"
#include "socket/instance.h"
#include "stack/mib.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct control_tap {
	struct stack_tap tap;
	struct stack *stack;
	uint32_t snap, dropped;
	int event;
	size_t first, end;       /* of the queue: packets lie from first to end */
	size_t last;             /* of the queue: the packet in progress; SIZE_MAX: none */
	struct mib_table before; /* it arrived */
	uint8_t queue[TAP_QUEUE_BYTES];
	uint8_t packet[TAP_SNAP_MAX + NETDEV_NAME];
};

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
	t->last = t->end;
	memcpy(t->queue + t->end, p, sizeof(*p));
	memcpy(t->queue + t->end + sizeof(*p), bytes, p->len);
	t->end += need;
	t->dropped = 0;
	if (was_empty && write(t->event, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

static void copy(struct stack_tap *tap, const struct netdev *dev, const struct pkt *p, bool out)
{
	struct control_tap *t = container_of(tap, struct control_tap, tap);
	struct timespec wall;
	struct tap_packet head = {.wire_len = pkt_total(p),
		.dropped = t->dropped,
		.out = out,
		.ethernet = dev->kind == NETDEV_ETHER,
		.why = {MIB_COUNT, MIB_COUNT}};

	t->last = SIZE_MAX;
	if (head.wire_len > TAP_SNAP_MAX) {
		t->dropped++;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &wall);
	head.wall = wall.tv_sec * NSEC_SEC + wall.tv_nsec;
	head.len = head.wire_len < t->snap ? head.wire_len : t->snap;
	memcpy(head.dev, dev->name, sizeof(head.dev));
	frame_copy(t->packet, p);
	put(t, &head, t->packet);
	t->before = *stack_mib(t->stack);
}

/* The packet in progress was processed: writes to it which drops were counted meanwhile. */
static void explain(struct stack_tap *tap)
{
	struct control_tap *t = container_of(tap, struct control_tap, tap);
	const struct mib_table *now = stack_mib(t->stack);
	struct tap_packet p;
	int n = 0;

	if (t->last == SIZE_MAX)
		return;
	memcpy(&p, t->queue + t->last, sizeof(p));
	for (const uint16_t *d = mib_drops; *d != MIB_COUNT && n < TAP_WHY; d++)
		if (mib_get(now, *d) != mib_get(&t->before, *d))
			p.why[n++] = *d;
	memcpy(t->queue + t->last, &p, sizeof(p));
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

struct control_tap *control_tap_new(struct burble *b, uint32_t snap, int event)
{
	struct control_tap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->snap = snap < TAP_SNAP_MAX ? snap : TAP_SNAP_MAX;
	t->event = event;
	t->tap.frame = copy;
	t->tap.done = explain;
	t->last = SIZE_MAX;
	t->stack = burble_stack(b);
	stack_tap(t->stack, &t->tap);
	return t;
}

void control_tap_free(struct control_tap *t)
{
	if (!t)
		return;
	stack_untap(t->stack, &t->tap);
	free(t);
}
