/*
 * epoll.c - epoll(7). An event puts an item on its set's ready list; epoll_wait examines only that
 * list, so its work is proportional to the ready descriptors, not to the watched ones.
 *
 *     set   ready -> item -> item -> item        items live in blocks that the set owns
 *                     |                          an item is also on its file's chain of watchers
 *                    file
 *
 * Level-triggered items that are still ready go back to the end of the list when they are reported;
 * edge-triggered ones come back with the next event; one-shot ones lose their events. An item that
 * is deleted while it is on the ready list stays there, dead, until the list is walked or holds too
 * many of them.
 */
#include "socket/epoll.h"
#include "socket/bounds.h"
#include "socket/socket_priv.h"
#include "stack/stack.h"

#include <errno.h>
#include <stdlib.h>

enum {
	BLOCK_ITEMS = 64,
	DEAD_MAX = 64, /* dead items on a ready list before it is swept */
	FD_BITS = 24,
};

#define EPOLL_ALWAYS ((uint32_t)(EPOLLERR | EPOLLHUP))
#define EPOLL_MODES  ((uint32_t)(EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE))
#define EXCLUSIVE_ALLOW                                                                            \
	((uint32_t)(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLWAKEUP |             \
		    EPOLLEXCLUSIVE))

struct item {
	struct burble_watch watch; /* on the file's chain; watch.set is the set */
	struct item *next;         /* on the ready list, or on the list of free items */
	struct file *file;         /* NULL: dead or free */
	uint64_t data;
	uint32_t events;
	uint32_t fd : FD_BITS;
	uint32_t queued : 1; /* on the ready list */
};

_Static_assert(
	sizeof(struct item) <= 48, "law 3: an item is part of what an idle connection costs");
_Static_assert(BURBLE_FDS_MAX <= 1 << FD_BITS, "a descriptor fits into an item");

struct block {
	struct block *next;
	struct item item[BLOCK_ITEMS];
};

struct epoll {
	struct file file;
	struct block *blocks;
	struct item *free, *first, *last; /* first and last of the ready list */
	uint32_t items, dead;
};

static struct item *item_of(const struct burble_watch *w)
{
	assert(w->set);
	return container_of(w, struct item, watch);
}

static struct epoll *epoll_of(struct file *f)
{
	assert(f->kind == FILE_EPOLL);
	return container_of(f, struct epoll, file);
}

/* --- the ready list --------------------------------------------------------------------------- */

static void queue(struct epoll *ep, struct item *it)
{
	assert(it->file && it->watch.set == ep);
	if (it->queued)
		return;
	it->queued = 1;
	it->next = NULL;
	if (ep->last)
		ep->last->next = it;
	else
		ep->first = it;
	ep->last = it;
}

static void unqueue(struct epoll *ep)
{
	struct item *it = ep->first;

	assert(it && it->queued);
	ep->first = it->next;
	if (!ep->first)
		ep->last = NULL;
	it->queued = 0;
}

/* Inserts a list, first to last, at the front of the ready list. */
static void requeue_front(struct epoll *ep, struct item *first, struct item *last)
{
	if (!first)
		return;
	assert(last && first->queued && last->queued);
	last->next = ep->first;
	ep->first = first;
	if (!ep->last)
		ep->last = last;
}

static void item_free(struct epoll *ep, struct item *it)
{
	assert(!it->file && !it->queued);
	it->next = ep->free;
	ep->free = it;
}

/* Frees a dead item after its removal from the ready list. */
static void item_bury(struct epoll *ep, struct item *it)
{
	assert(ep->dead > 0);
	ep->dead--;
	item_free(ep, it);
}

/* Removes dead items from the ready list. */
static void sweep(struct epoll *ep)
{
	struct item *it = ep->first;

	ep->first = ep->last = NULL;
	while (it) {
		struct item *next = it->next;

		it->queued = 0;
		if (it->file)
			queue(ep, it);
		else
			item_bury(ep, it);
		it = next;
	}
	assert(ep->dead == 0);
}

/* Destroys an item that was removed from its file's chain. */
static void item_end(struct epoll *ep, struct item *it)
{
	assert(it->file && ep->items > 0);
	it->file = NULL;
	ep->items--;
	if (!it->queued)
		item_free(ep, it);
	else if (++ep->dead > DEAD_MAX)
		sweep(ep);
}

void epoll_item_gone(struct burble_watch *w)
{
	item_end(w->set, item_of(w));
}

bool epoll_item_exclusive(const struct burble_watch *w)
{
	return (item_of(w)->events & EPOLLEXCLUSIVE) != 0;
}

bool epoll_item_notify(struct burble *b, struct burble_watch *w, uint32_t key)
{
	struct item *it = item_of(w);
	struct epoll *ep = w->set;
	bool waited = ep->file.watchers != NULL;

	assert(it->file);
	if (!(it->events & ~EPOLL_MODES))
		return false; /* a one-shot item that has fired */
	if (key != 0 && !(key & it->events))
		return false;
	queue(ep, it);
	if (waited || b->pollers)
		file_notify(b, &ep->file, EPOLLIN, false);
	return waited;
}

/* The events true for the item's file, among those of its interest mask. */
static uint32_t item_ready(struct burble *b, struct item *it)
{
	assert(it->file);
	return file_ready(b, it->file) & it->events;
}

/* --- as a file -------------------------------------------------------------------------------- */

/* Readable while an item on the ready list is really ready; others are removed. */
static uint32_t epoll_ready(struct burble *b, struct file *f)
{
	struct epoll *ep = epoll_of(f);

	while (ep->first) {
		struct item *it = ep->first;

		if (it->file && item_ready(b, it))
			return EPOLLIN | EPOLLRDNORM;
		unqueue(ep);
		if (!it->file)
			item_bury(ep, it);
	}
	return 0;
}

size_t epoll_bytes(const struct file *f)
{
	size_t n = 0;

	if (f->kind != FILE_EPOLL)
		return 0;
	for (const struct block *blk = container_of(f, struct epoll, file)->blocks; blk;
		blk = blk->next)
		n += sizeof(*blk);
	return n;
}

static void unchain(struct item *it)
{
	struct burble_watch **w = &it->file->watchers;

	while (*w != &it->watch) {
		assert(*w); /* it is on its file's chain */
		w = &(*w)->next;
	}
	*w = it->watch.next;
}

static void epoll_release(struct burble *b, struct file *f)
{
	struct epoll *ep = epoll_of(f);

	assert(!f->watchers && f->refs == 0);
	while (ep->blocks) {
		struct block *blk = ep->blocks;

		for (int i = 0; i < BLOCK_ITEMS; i++)
			if (blk->item[i].file)
				unchain(&blk->item[i]);
		ep->blocks = blk->next;
		free(blk);
	}
	free(ep);
}

const struct file_ops epoll_ops = {epoll_ready, epoll_release};

int burble_epoll_create1(struct burble *b, int flags)
{
	struct epoll *ep;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = calloc(1, sizeof(*ep));
	if (!ep)
		return -ENOMEM;
	ep->file.kind = FILE_EPOLL;
	ep->file.refs = 1;
	fd = fds_open(&b->fds, &ep->file, 0, flags & EPOLL_CLOEXEC);
	if (fd < 0)
		free(ep);
	return fd;
}

/* --- epoll_ctl -------------------------------------------------------------------------------- */

static struct item *find(struct epoll *ep, struct file *f, int fd)
{
	for (struct burble_watch *w = f->watchers; w; w = w->next)
		if (w->set == ep && item_of(w)->fd == (uint32_t)fd)
			return item_of(w);
	return NULL;
}

static struct item *item_new(struct epoll *ep)
{
	struct item *it;

	if (!ep->free) {
		struct block *blk = calloc(1, sizeof(*blk));

		if (!blk)
			return NULL;
		blk->next = ep->blocks;
		ep->blocks = blk;
		for (int i = BLOCK_ITEMS - 1; i >= 0; i--)
			item_free(ep, &blk->item[i]);
	}
	it = ep->free;
	assert(!it->file && !it->queued);
	ep->free = it->next;
	memset(it, 0, sizeof(*it));
	return it;
}

/* The length of the longest chain of sets from ep downwards, itself included; stops above the
 * limit. */
static int depth_below(struct epoll *ep, int room)
{
	int deepest = 0;

	assert(room >= 0);
	if (room == 0)
		return 1;
	for (struct block *blk = ep->blocks; blk; blk = blk->next) {
		for (int i = 0; i < BLOCK_ITEMS; i++) {
			struct file *f = blk->item[i].file;
			bool set = f && f->kind == FILE_EPOLL;
			int d = set ? depth_below(epoll_of(f), room - 1) : 0;

			deepest = d > deepest ? d : deepest;
		}
	}
	return deepest + 1;
}

static int depth_above(struct epoll *ep, int room)
{
	int highest = 0;

	for (struct burble_watch *w = ep->file.watchers; w && room > 0; w = w->next) {
		int d = w->set ? depth_above(w->set, room - 1) : 0;

		highest = d > highest ? d : highest;
	}
	return highest + 1;
}

/* True if `below` is ep or contains it at any depth: adding it would close a loop. */
static bool contains(struct epoll *below, struct epoll *ep)
{
	if (below == ep)
		return true;
	for (struct burble_watch *w = ep->file.watchers; w; w = w->next)
		if (w->set && contains(below, w->set))
			return true;
	return false;
}

static int nest_check(struct epoll *ep, struct file *f)
{
	int room = LIMIT_EPOLL_NESTS + 1, sets;

	if (f->kind != FILE_EPOLL)
		return 0;
	if (contains(epoll_of(f), ep))
		return -ELOOP;
	sets = depth_below(epoll_of(f), room) + depth_above(ep, room);
	return sets > LIMIT_EPOLL_NESTS + 1 ? -ELOOP : 0;
}

static void interest(struct item *it, const struct epoll_event *event)
{
	it->events = event->events | EPOLL_ALWAYS;
	it->data = event->data.u64;
}

/* Queues an item whose events are already true when it is added or changed. */
static void look(struct burble *b, struct epoll *ep, struct item *it)
{
	if (!item_ready(b, it))
		return;
	queue(ep, it);
	file_notify(b, &ep->file, EPOLLIN, false);
}

static int add(struct burble *b, struct epoll *ep, int fd, const struct epoll_event *event)
{
	struct file *f = fds_file(&b->fds, fd);
	int err = nest_check(ep, f);
	struct burble_watch **w;
	struct item *it;

	if (err)
		return err;
	if (ep->items == LIMIT_EPOLL_ITEMS)
		return -ENOSPC;
	it = item_new(ep);
	if (!it)
		return -ENOMEM;
	it->watch.set = ep;
	it->file = f;
	it->fd = (uint32_t)fd & ((1U << FD_BITS) - 1);
	interest(it, event);
	w = &f->watchers;
	while (*w)
		w = &(*w)->next;
	*w = &it->watch;
	ep->items++;
	assert(ep->items <= LIMIT_EPOLL_ITEMS);
	look(b, ep, it);
	return 0;
}

static int modify(
	struct burble *b, struct epoll *ep, struct item *it, const struct epoll_event *event)
{
	assert(it->file && it->watch.set == ep);
	if (it->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	interest(it, event);
	look(b, ep, it);
	return 0;
}

/* epoll_ctl(2): EPOLLEXCLUSIVE only with EPOLL_CTL_ADD, on a file that is not a set, and with few
 * other events. */
static int exclusive_check(int op, const struct file *f, uint32_t events)
{
	if (!(events & EPOLLEXCLUSIVE) || op == EPOLL_CTL_DEL)
		return 0;
	if (op == EPOLL_CTL_MOD || f->kind == FILE_EPOLL || (events & ~EXCLUSIVE_ALLOW))
		return -EINVAL;
	return 0;
}

int burble_epoll_ctl(struct burble *b, int epfd, int op, int fd, struct epoll_event *event)
{
	struct file *set = fds_file(&b->fds, epfd), *f = fds_file(&b->fds, fd);
	struct epoll *ep;
	struct item *it;
	int err;

	if (op != EPOLL_CTL_DEL && !event)
		return -EFAULT;
	if (!set || !f)
		return -EBADF;
	if (set == f || set->kind != FILE_EPOLL)
		return -EINVAL;
	err = exclusive_check(op, f, event ? event->events : 0);
	if (err)
		return err;
	ep = epoll_of(set);
	it = find(ep, f, fd);
	switch (op) {
	case EPOLL_CTL_ADD: return it ? -EEXIST : add(b, ep, fd, event);
	case EPOLL_CTL_MOD: return it ? modify(b, ep, it, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (!it)
			return -ENOENT;
		unchain(it);
		item_end(ep, it);
		return 0;
	default: return -EINVAL;
	}
}

/* --- epoll_wait ------------------------------------------------------------------------------- */

/* The item was reported: level-triggered ones stay on the list, one-shot ones are disarmed. */
static void reported(struct epoll *ep, struct item *it)
{
	assert(!it->queued);
	if (it->events & EPOLLONESHOT)
		it->events &= EPOLL_MODES;
	else if (!(it->events & EPOLLET))
		queue(ep, it);
}

static int collect(struct burble *b, struct epoll *ep, struct epoll_event *events, int max)
{
	struct item *it = ep->first, *last = ep->last;
	int n = 0;

	ep->first = ep->last = NULL;
	while (it && n < max) {
		struct item *next = it->next;
		uint32_t ready = it->file ? item_ready(b, it) : 0;

		it->queued = 0;
		if (ready) {
			events[n].events = ready;
			events[n++].data.u64 = it->data;
			reported(ep, it);
		} else if (!it->file) {
			item_bury(ep, it);
		}
		it = next;
	}
	requeue_front(ep, it, last);
	assert(n <= max && (!ep->first == !ep->last));
	return n;
}

static bool waited_for(const struct epoll *ep)
{
	for (struct burble_watch *w = ep->file.watchers; w; w = w->next)
		if (!w->set)
			return true;
	return false;
}

int burble_epoll_wait_call(
	struct burble *b, int epfd, struct epoll_event *events, int max, struct burble_call *call)
{
	struct file *f = fds_file(&b->fds, epfd);
	struct epoll *ep;
	int n;

	if (call && !file_resume(call))
		return -EBADF;
	if (!f)
		return -EBADF;
	if (max <= 0 || f->kind != FILE_EPOLL)
		return -EINVAL;
	if (!events)
		return -EFAULT;
	ep = epoll_of(f);
	n = collect(b, ep, events, max);
	if (n > 0 && ep->first && waited_for(ep))
		file_notify(b, f, EPOLLIN, false);
	if (n > 0 || !call || call->timeout == 0 || file_expired(b, call))
		return n;
	if (call->phase == 0)
		call->deadline = call->timeout < 0 ? NSEC_MAX : stack_now(b->stack) + call->timeout;
	call->fd = epfd;
	return file_wait(b, f, call, EPOLLIN);
}
