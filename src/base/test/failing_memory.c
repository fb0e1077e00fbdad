/* failing_memory.c - counts allocations, and fails those selected by the test. */
#include "base/test/failing_memory.h"

#include <errno.h>

void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
int __real_posix_memalign(void **p, size_t align, size_t n);
int __wrap_posix_memalign(void **p, size_t align, size_t n);

struct failing_memory failing_memory;

static bool fails(void)
{
	struct failing_memory *m = &failing_memory;

	if (!m->on)
		return false;
	m->made++;
	return m->fail_at > 0 && m->made >= m->fail_at && m->made - m->fail_at < m->fails;
}

static void *given(void *p)
{
	failing_memory.live += failing_memory.on && p;
	return p;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : given(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : given(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	if (fails())
		return NULL;
	failing_memory.live -= failing_memory.on && p;
	return given(__real_realloc(p, n));
}

int __wrap_posix_memalign(void **p, size_t align, size_t n)
{
	if (fails() || __real_posix_memalign(p, align, n) != 0)
		return ENOMEM;
	given(*p);
	return 0;
}

void __wrap_free(void *p)
{
	failing_memory.live -= failing_memory.on && p;
	__real_free(p);
}
