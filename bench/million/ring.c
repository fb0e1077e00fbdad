/* ring.c - see ring.h. */
#include "million/ring.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	HEAD = 8, /* bytes before a frame: its length */
};

/* Bytes of a frame in the ring. */
static uint32_t span_of(uint32_t len)
{
	return (HEAD + len + 7) & ~7u;
}

static void set_length(struct ring *r, uint64_t at, uint32_t len)
{
	memcpy(&r->data[at % RING_BYTES], &len, sizeof(len));
}

uint8_t *ring_room(struct ring *r, uint32_t len)
{
	uint64_t put = atomic_load_explicit(&r->put, memory_order_relaxed);
	uint64_t used = put - atomic_load_explicit(&r->taken, memory_order_acquire);
	uint32_t left = RING_BYTES - (uint32_t)(put % RING_BYTES), span = span_of(len);
	uint32_t skip = left < span ? left : 0;

	assert(len > 0 && len <= RING_FRAME_MAX);
	if (used + skip + span > RING_BYTES)
		return NULL;
	if (skip) { /* no frame lies across the end: length 0 says so */
		set_length(r, put, 0);
		put += skip;
		atomic_store_explicit(&r->put, put, memory_order_release);
	}
	return &r->data[put % RING_BYTES + HEAD];
}

void ring_put(struct ring *r, uint32_t len)
{
	uint64_t put = atomic_load_explicit(&r->put, memory_order_relaxed);

	set_length(r, put, len);
	atomic_store_explicit(&r->put, put + span_of(len), memory_order_release);
}

const uint8_t *ring_first(struct ring *r, uint32_t *len)
{
	uint64_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);

	while (taken != atomic_load_explicit(&r->put, memory_order_acquire)) {
		memcpy(len, &r->data[taken % RING_BYTES], sizeof(*len));
		if (*len)
			return &r->data[taken % RING_BYTES + HEAD];
		taken += RING_BYTES - taken % RING_BYTES;
		atomic_store_explicit(&r->taken, taken, memory_order_release);
	}
	return NULL;
}

void ring_take(struct ring *r)
{
	uint64_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
	uint32_t len;

	memcpy(&len, &r->data[taken % RING_BYTES], sizeof(len));
	atomic_store_explicit(&r->taken, taken + span_of(len), memory_order_release);
}

void ring_sleep(struct ring *r, nsec_t span)
{
	struct timespec t = {span / NSEC_SEC, span % NSEC_SEC};

	atomic_store(&r->sleeps, 1);
	if (atomic_load(&r->put) == atomic_load(&r->taken))
		syscall(SYS_futex, &r->sleeps, FUTEX_WAIT, 1, &t, NULL, 0);
	atomic_store(&r->sleeps, 0);
}

void ring_wake(struct ring *r)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&r->sleeps) && atomic_exchange(&r->sleeps, 0))
		syscall(SYS_futex, &r->sleeps, FUTEX_WAKE, 1, NULL, NULL, 0);
}
