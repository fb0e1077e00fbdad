/*
 * failing_memory.h - an allocator that fails on request of a test. The linker puts it in front of
 * malloc(), calloc(), realloc() and free() (--wrap).
 */
#ifndef BASE_TEST_FAILING_MEMORY_H
#define BASE_TEST_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct failing_memory {
	long made, live;     /* allocations since `on`, and those not freed */
	long fail_at, fails; /* the first to fail, from 1 (0: none), and how many fail */
	bool on;
};

/* The allocator's state. Zero it, then set `on`; the test reads and writes it directly. */
extern struct failing_memory failing_memory;

/* The real allocator, for the test's own needs: never fails, not counted. */
void *__real_malloc(size_t n);
void __real_free(void *p);

#endif
