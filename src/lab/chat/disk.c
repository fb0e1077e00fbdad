/*
 * disk.c - the disk of a host: disk.h. Each file has two images, as written and as synced; a sync
 * copies the range that differs.
 */
#include "lab/chat/disk.h"

#include "lab/world/need.h"

struct image {
	uint8_t *data;
	size_t size, room;
};

struct disk_file {
	struct disk_file *next;
	struct disk *disk;
	char name[DISK_NAME_MAX];
	struct image written, synced;
	size_t dirty_from, dirty_to; /* of written, not synced */
	bool kept;                   /* it was synced once, so its name is on the disk */
	bool deleted;
	uint32_t opens;
};

struct disk {
	struct disk_file *files;
	uint64_t room, used;
};

struct disk *disk_new(uint64_t room)
{
	struct disk *d = need(calloc(1, sizeof(*d)));

	d->room = room;
	return d;
}

static void free_file(struct disk_file *f)
{
	f->disk->used -= f->written.size;
	free(f->written.data);
	free(f->synced.data);
	free(f);
}

static struct disk_file **find(struct disk *d, const char *name)
{
	struct disk_file **at = &d->files;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

void disk_free(struct disk *d)
{
	while (d && d->files)
		disk_delete(d, d->files->name);
	free(d);
}

void disk_resize(struct disk *d, uint64_t room)
{
	d->room = room;
}

/* Makes room for size bytes; new ones are zero. */
static void grow(struct image *i, size_t size)
{
	if (size > i->room) {
		size_t room = i->room ? i->room : 4096;

		while (room < size)
			room *= 2;
		i->data = need(realloc(i->data, room));
		memset(i->data + i->room, 0, room - i->room);
		i->room = room;
	}
}

static void copy_range(struct image *to, const struct image *from, size_t begin, size_t end)
{
	grow(to, from->size);
	if (begin < end)
		memcpy(to->data + begin, from->data + begin, end - begin);
	if (from->size < to->size)
		memset(to->data + from->size, 0, to->size - from->size);
	to->size = from->size;
}

void disk_power_loss(struct disk *d)
{
	for (struct disk_file **at = &d->files, *f; (f = *at);) {
		assert(f->opens == 0);
		if (!f->kept) {
			*at = f->next;
			free_file(f);
			continue;
		}
		d->used -= f->written.size;
		copy_range(&f->written, &f->synced, 0, f->synced.size);
		d->used += f->written.size;
		f->dirty_from = f->dirty_to = 0;
		at = &f->next;
	}
}

bool disk_has(const struct disk *d, const char *name)
{
	return *find((struct disk *)d, name) != NULL;
}

struct disk_file *disk_open(struct disk *d, const char *name, bool create)
{
	struct disk_file **at = find(d, name);

	if (!*at) {
		if (!create || strlen(name) >= DISK_NAME_MAX)
			return NULL;
		*at = need(calloc(1, sizeof(**at)));
		(*at)->disk = d;
		strcpy((*at)->name, name);
	}
	(*at)->opens++;
	return *at;
}

void disk_close(struct disk_file *f)
{
	if (--f->opens == 0 && f->deleted)
		free_file(f);
}

bool disk_delete(struct disk *d, const char *name)
{
	struct disk_file **at = find(d, name), *f = *at;

	if (!f)
		return false;
	*at = f->next;
	f->deleted = true;
	if (f->opens == 0)
		free_file(f);
	return true;
}

size_t disk_read(const struct disk_file *f, void *to, size_t n, uint64_t at)
{
	if (at >= f->written.size)
		return 0;
	n = size_min(n, f->written.size - at);
	memcpy(to, f->written.data + at, n);
	return n;
}

static void mark_dirty(struct disk_file *f, size_t from, size_t to)
{
	if (f->dirty_from == f->dirty_to)
		f->dirty_from = from;
	f->dirty_from = size_min(f->dirty_from, from);
	f->dirty_to = size_max(f->dirty_to, to);
}

bool disk_write(struct disk_file *f, const void *from, size_t n, uint64_t at)
{
	struct image *w = &f->written;
	uint64_t end = at + n, more = end > w->size ? end - w->size : 0;

	if (at > UINT32_MAX || f->disk->used + more > f->disk->room)
		return false;
	grow(w, end);
	memcpy(w->data + at, from, n);
	mark_dirty(f, size_min(at, w->size), end);
	w->size = size_max(w->size, end);
	f->disk->used += more;
	return true;
}

void disk_truncate(struct disk_file *f, uint64_t size)
{
	struct image *w = &f->written;

	if (size >= w->size)
		return;
	memset(w->data + size, 0, w->size - size);
	f->disk->used -= w->size - size;
	w->size = size;
}

void disk_sync(struct disk_file *f)
{
	size_t end = size_min(f->dirty_to, f->written.size);

	copy_range(&f->synced, &f->written, f->dirty_from, end);
	f->dirty_from = f->dirty_to = 0;
	f->kept = true;
}

uint64_t disk_size(const struct disk_file *f)
{
	return f->written.size;
}
