/*
 * fds.c - descriptor table: the lowest free number in a bounded number of steps.
 *
 *     room  [ 1 1 0 ... ]          a bit per page: may have a free descriptor
 *     page  free [ 0 0 1 ... ]     a bit per descriptor
 */
#include "socket/fds.h"

#include <errno.h>

static bool bit_get(const uint64_t *bits, int i)
{
	assert(i >= 0);
	return bits[i / 64] >> (i % 64) & 1;
}

static void bit_put(uint64_t *bits, int i, bool on)
{
	uint64_t bit = UINT64_C(1) << (i % 64);

	assert(i >= 0);
	bits[i / 64] = on ? bits[i / 64] | bit : bits[i / 64] & ~bit;
}

/* The first set bit in [from, n), n a multiple of 64, or -1. */
static int bit_next(const uint64_t *bits, int n, int from)
{
	uint64_t word;

	assert(from >= 0 && n % 64 == 0);
	if (from >= n)
		return -1;
	word = bits[from / 64] & (~UINT64_C(0) << (from % 64));
	for (int w = from / 64;;) {
		if (word)
			return w * 64 + __builtin_ctzll(word);
		if (++w == n / 64)
			return -1;
		word = bits[w];
	}
}

void fds_init(struct fd_table *t, int max)
{
	assert(max >= 0 && max <= BURBLE_FDS_MAX);
	memset(t, 0, sizeof(*t));
	memset(t->room, 0xff, sizeof(t->room));
	t->max = max;
}

void fds_free(struct fd_table *t)
{
	for (uint32_t i = 0; i < t->page.count; i++)
		free(t->page.at[i]);
	VEC_FREE(&t->page);
	memset(t, 0, sizeof(*t));
}

static struct fd_page *page_at(const struct fd_table *t, uint32_t n)
{
	return n < t->page.count ? t->page.at[n] : NULL;
}

static struct fd_page *page_of(const struct fd_table *t, int fd)
{
	return fd < 0 || fd >= t->max ? NULL : page_at(t, (uint32_t)fd / FD_PAGE);
}

struct file *fds_file(const struct fd_table *t, int fd)
{
	const struct fd_page *p = page_of(t, fd);

	return p ? p->file[(uint32_t)fd % FD_PAGE] : NULL;
}

static struct fd_page *page_new(struct fd_table *t, int n)
{
	struct fd_page *p;

	assert(n >= 0 && n < FD_PAGES && !page_at(t, n));
	while ((int)t->page.count <= n)
		if (!VEC_PUSH(&t->page, NULL, FD_PAGES))
			return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	memset(p->free, 0xff, sizeof(p->free));
	return t->page.at[n] = p;
}

/* The lowest free descriptor >= low, whose page is allocated if needed; -EMFILE, -ENFILE. */
static int find_free(struct fd_table *t, int low)
{
	for (int n = low / FD_PAGE; (n = bit_next(t->room, FD_PAGES, n)) >= 0; n++) {
		int from = n == low / FD_PAGE ? low % FD_PAGE : 0, i;

		if (n * FD_PAGE >= t->max)
			break;
		if (!page_at(t, n) && !page_new(t, n))
			return -ENFILE;
		i = bit_next(page_at(t, n)->free, FD_PAGE, from);
		if (i >= 0)
			return n * FD_PAGE + i < t->max ? n * FD_PAGE + i : -EMFILE;
	}
	return -EMFILE;
}

int fds_open(struct fd_table *t, struct file *f, int low, bool cloexec)
{
	int fd = low < 0 || low >= t->max ? -EMFILE : find_free(t, low), i = fd % FD_PAGE;
	struct fd_page *p;

	if (fd < 0)
		return fd;
	p = page_of(t, fd);
	assert(p && !p->file[i] && bit_get(p->free, i));
	p->file[i] = f;
	bit_put(p->free, i, false);
	bit_put(p->cloexec, i, cloexec);
	if (bit_next(p->free, FD_PAGE, 0) < 0)
		bit_put(t->room, fd / FD_PAGE, false);
	t->open++;
	assert(t->open <= t->max);
	return fd;
}

struct file *fds_close(struct fd_table *t, int fd)
{
	struct fd_page *p = page_of(t, fd);
	int i = fd % FD_PAGE;
	struct file *f;

	assert(p && p->file[i] && t->open > 0);
	f = p->file[i];
	p->file[i] = NULL;
	bit_put(p->free, i, true);
	bit_put(t->room, fd / FD_PAGE, true);
	t->open--;
	return f;
}

bool fds_cloexec(const struct fd_table *t, int fd)
{
	const struct fd_page *p = page_of(t, fd);

	assert(p && p->file[fd % FD_PAGE]);
	return bit_get(p->cloexec, fd % FD_PAGE);
}

void fds_set_cloexec(struct fd_table *t, int fd, bool on)
{
	struct fd_page *p = page_of(t, fd);

	assert(p && p->file[fd % FD_PAGE]);
	bit_put(p->cloexec, fd % FD_PAGE, on);
}

int fds_next(const struct fd_table *t, int from)
{
	assert(from >= 0);
	for (int fd = from; fd < t->max && fd / FD_PAGE < (int)t->page.count; fd++) {
		if (!page_at(t, fd / FD_PAGE))
			fd |= FD_PAGE - 1;
		else if (fds_file(t, fd))
			return fd;
	}
	return -1;
}
