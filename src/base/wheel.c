/* wheel.c - the timer wheel of wheel.h. */
#include "base/wheel.h"

void wheel_init(struct wheel *w, nsec_t now, nsec_t tick_length)
{
	assert(now >= 0 && tick_length > 0);
	w->tick = (uint64_t)(now / tick_length);
	w->tick_length = tick_length;
	list_init(&w->expired);
	for (int l = 0; l < WHEEL_LEVELS; l++) {
		w->pending[l] = 0;
		for (int s = 0; s < WHEEL_SLOTS; s++)
			list_init(&w->slot[l][s]);
	}
}

void wheel_timer_init(struct wheel_timer *t)
{
	list_init(&t->link);
	t->when = NSEC_MAX;
}

/* The first tick at which a timer for `when` may fire: rounded up, so never early. */
static uint64_t due_tick(const struct wheel *w, nsec_t when)
{
	const uint64_t last = ((uint64_t)1 << (WHEEL_LEVELS * WHEEL_BITS)) - 1;

	if (when <= 0)
		return 0;
	uint64_t due = ((uint64_t)when + (uint64_t)w->tick_length - 1) / (uint64_t)w->tick_length;

	return due < last ? due : last;
}

static void place(struct wheel *w, struct wheel_timer *t)
{
	uint64_t due = due_tick(w, t->when);

	if (due <= w->tick) {
		list_add_tail(&w->expired, &t->link);
		return;
	}
	int level = (63 - __builtin_clzll(due ^ w->tick)) / WHEEL_BITS;
	int slot = (int)(due >> (level * WHEEL_BITS)) & (WHEEL_SLOTS - 1);

	w->pending[level] |= (uint64_t)1 << slot;
	list_add_tail(&w->slot[level][slot], &t->link);
}

void wheel_start(struct wheel *w, struct wheel_timer *t, nsec_t when)
{
	list_del(&t->link);
	t->when = when;
	place(w, t);
}

void wheel_stop(struct wheel *w, struct wheel_timer *t)
{
	(void)w; /* the slot's bit may stay set over an empty list: wheel_next() clears it */
	list_del(&t->link);
}

/* The slots of one level, as bits, that are passed from `from` to `to` inclusive. */
static uint64_t passed_slots(uint64_t from, uint64_t to)
{
	if (to - from >= WHEEL_SLOTS)
		return UINT64_MAX;
	uint64_t bits = 0;

	for (uint64_t i = from + 1; i <= to; i++)
		bits |= (uint64_t)1 << (i & (WHEEL_SLOTS - 1));
	return bits;
}

static void advance(struct wheel *w, uint64_t tick)
{
	struct list todo;

	list_init(&todo);
	for (int l = 0; l < WHEEL_LEVELS; l++) {
		uint64_t from = w->tick >> (l * WHEEL_BITS), to = tick >> (l * WHEEL_BITS);

		if (from == to)
			break;
		uint64_t bits = w->pending[l] & passed_slots(from, to);

		w->pending[l] &= ~bits;
		for (; bits; bits &= bits - 1)
			list_splice_tail(&todo, &w->slot[l][__builtin_ctzll(bits)]);
	}
	w->tick = tick;
	while (!list_empty(&todo)) {
		struct wheel_timer *t = list_entry(todo.next, struct wheel_timer, link);

		list_del(&t->link);
		place(w, t);
	}
}

struct wheel_timer *wheel_pop(struct wheel *w, nsec_t now)
{
	uint64_t tick = (uint64_t)(now / w->tick_length);

	if (tick > w->tick)
		advance(w, tick);
	if (list_empty(&w->expired))
		return NULL;
	struct wheel_timer *t = list_entry(w->expired.next, struct wheel_timer, link);

	list_del(&t->link);
	return t;
}

nsec_t wheel_next(struct wheel *w)
{
	if (!list_empty(&w->expired))
		return (nsec_t)w->tick * w->tick_length;
	for (int l = 0; l < WHEEL_LEVELS; l++) {
		for (uint64_t bits = w->pending[l]; bits; bits &= bits - 1) {
			int slot = __builtin_ctzll(bits);

			if (list_empty(&w->slot[l][slot])) {
				w->pending[l] &= ~((uint64_t)1 << slot);
				continue;
			}
			uint64_t span = w->tick >> (l * WHEEL_BITS) >> WHEEL_BITS << WHEEL_BITS;

			return (nsec_t)((span | (uint64_t)slot) << (l * WHEEL_BITS)) *
			       w->tick_length;
		}
	}
	return NSEC_MAX;
}
