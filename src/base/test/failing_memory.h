/*
 * failing_memory.h - an allocator that fails when a test says so. The linker puts it before
 * malloc(), calloc(), realloc() and free() (--wrap).
 */
#ifndef BASE_TEST_FAILING_MEMORY_H
#define BASE_TEST_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct failing_memory {
	long made, live;     /* allocations since `on`, and those not freed */
	long fail_at, fails; /* the first that fails, from 1 on (0: none), and how many */
	bool on;
};

/* The allocator's state: zero it, set `on`; the test's own to read and write. */
extern struct failing_memory failing_memory;

/* What never fails and is not counted: for what the test itself needs. */
void *__real_malloc(size_t n);
void __real_free(void *p);

#endif
