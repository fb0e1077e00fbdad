/*
 * file.c - open file descriptions: references, and notification of their watchers, which are items
 * of epoll sets and blocked calls.
 */
#include "socket/epoll.h"
#include "socket/socket_priv.h"
#include "stack/stack.h"

#include <errno.h>

uint32_t file_ready(struct burble *b, struct file *f)
{
	assert(f->kind < FILE_KINDS);
	return b->kind[f->kind]->ready(b, f);
}

static void call_wake(struct burble_call *call, uint32_t key)
{
	uint32_t always = EPOLLERR | EPOLLHUP;
	bool first = call->ready == 0;

	assert(call->phase != 0);
	if (key != 0 && !(key & (call->events | always)))
		return;
	call->ready |= key ? key : ~0U;
	if (first && call->wake)
		call->wake(call);
}

static void calls_wake(struct burble_watch *w, uint32_t key)
{
	for (; w; w = w->next)
		if (!w->set)
			call_wake(container_of(w, struct burble_call, watch), key);
}

/* Wakes one of the calls blocked in epoll_wait(), as Linux does: the first not yet woken. */
static void call_wake_one(struct burble_watch *w)
{
	for (; w; w = w->next) {
		struct burble_call *call = container_of(w, struct burble_call, watch);

		if (!w->set && call->ready == 0) {
			call_wake(call, EPOLLIN);
			return;
		}
	}
}

void file_notify(struct burble *b, struct file *f, uint32_t key, bool all)
{
	bool served = false; /* an exclusive watcher has handled it */

	for (struct burble_watch *w = f->watchers; w; w = w->next) {
		bool exclusive = w->set && epoll_item_exclusive(w);

		if (!w->set || (exclusive && served && !all))
			continue;
		if (epoll_item_notify(b, w, key))
			served |= exclusive;
	}
	if (f->kind == FILE_EPOLL)
		call_wake_one(f->watchers);
	else
		calls_wake(f->watchers, key);
	calls_wake(b->pollers, 0);
}

void file_get(struct file *f)
{
	assert(f->refs > 0 && f->refs < UINT32_MAX);
	f->refs++;
}

void file_unwatch(struct file *f)
{
	while (f->watchers) {
		struct burble_watch *w = f->watchers;
		struct burble_call *call = container_of(w, struct burble_call, watch);

		f->watchers = w->next;
		w->next = NULL;
		if (w->set) {
			epoll_item_gone(w);
			continue;
		}
		call->chain = NULL;
		call_wake(call, 0);
	}
}

void file_put(struct burble *b, struct file *f)
{
	assert(f->refs > 0 && f->kind < FILE_KINDS);
	if (--f->refs > 0)
		return;
	file_unwatch(f);
	calls_wake(b->pollers, 0);
	assert(!f->watchers);
	b->kind[f->kind]->release(b, f);
}

int file_wait(struct burble *b, struct file *f, struct burble_call *call, uint32_t events)
{
	struct burble_watch **chain = f ? &f->watchers : &b->pollers;

	assert(call->phase == 0 || !call->chain); /* a call is on one chain at a time */
	call->b = b;
	call->phase = 1;
	call->events = events;
	call->ready = 0;
	call->chain = chain;
	call->watch.set = NULL;
	call->watch.next = NULL;
	while (*chain)
		chain = &(*chain)->next;
	*chain = &call->watch;
	return -BURBLE_BLOCKED;
}

bool file_resume(struct burble_call *call)
{
	struct burble_watch **w = call->chain;

	if (call->phase == 0)
		return true;
	if (!w)
		return false;
	while (*w != &call->watch) {
		assert(*w);
		w = &(*w)->next;
	}
	*w = call->watch.next;
	call->watch.next = NULL;
	call->chain = NULL;
	return true;
}

bool file_expired(const struct burble *b, const struct burble_call *call)
{
	assert(call->phase == 0 || call->b == b);
	return call->phase != 0 && stack_now(b->stack) >= call->deadline;
}

/* The file whose close() the call waits for: it has no descriptor any more. NULL: another call. */
static struct file *closing(const struct burble_call *call)
{
	struct file *f;

	if (!call->chain || call->chain == &call->b->pollers)
		return NULL;
	f = container_of(call->chain, struct file, watchers);
	return f->refs == 0 ? f : NULL;
}

ssize_t burble_interrupt(struct burble_call *call)
{
	struct file *f;

	if (call->phase == 0)
		return 0;
	f = closing(call);
	file_resume(call);
	call->phase = 0;
	if (f) {
		call->b->kind[f->kind]->release(call->b, f);
		return 0;
	}
	return call->done > 0 ? (ssize_t)call->done : -EINTR;
}
