/*
 * base.h - fixed-width types, the time type, assert() and a few helpers; every room includes it.
 *
 * Time is a signed count of nanoseconds from an origin that the caller chooses. It is stamped once
 * at the entry point (event loop, lab clock, script) and passed down; nothing below reads a clock.
 *
 * assert() stays on in every build: this header undefines NDEBUG before it includes <assert.h>, and
 * no other file includes that. So assert conditions that are cheap to test and must hold (an index
 * or a length before it is used, an invariant on entry), never those that a peer or a caller can
 * cause: these are counted or returned as an error. Checks that walk a whole queue run under
 * stack_config.checked only.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#undef NDEBUG
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Cold: the code of failed assertions is kept apart from the code that runs. */
__typeof__(__assert_fail) __assert_fail __attribute__((cold));

typedef int64_t nsec_t; /* a point in time or a span, in nanoseconds */

#define NSEC_USEC ((nsec_t)1000)
#define NSEC_MSEC ((nsec_t)1000000)
#define NSEC_SEC  ((nsec_t)1000000000)
#define NSEC_MAX  INT64_MAX /* "never", as an expiry */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The structure that holds `member` at address `ptr`. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static inline size_t size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

static inline uint32_t u32_min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t u32_max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline uint64_t u64_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
