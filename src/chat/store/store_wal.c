/*
 * store_wal.c - inspection of the write-ahead log left by a crash, before SQLite opens it. SQLite
 * reads it up to the first frame whose checksum is wrong and ignores the rest. That is right for a
 * transaction interrupted by the crash, but commits after it indicate damage.
 *
 *     header   magic, version, page size, checkpoint, salt (8), checksum (8)
 *     frame    page, pages after a commit or 0, salt (8), checksum (8), the page
 *
 * The checksum of a frame continues that of the previous one. Frames with another salt belong to a
 * log that was overwritten.
 */
#include "chat/store/store_wal.h"

#include "chat/store/store_db.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	HEADER = 32,
	FRAME = 24,
	PAGE_MAX = 65536,
	MAGIC = 0x377f0682, /* + 1: checksums are of big-endian words */
};

struct wal {
	int fd;
	bool big;
	uint32_t sum[2];
	uint8_t salt[8];
	size_t page;
	uint32_t lost; /* commits after the first bad frame */
};

static uint32_t word(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void add_sum(struct wal *w, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		w->sum[0] += word(p + i, w->big) + w->sum[1];
		w->sum[1] += word(p + i + 4, w->big) + w->sum[0];
	}
}

static bool sum_is(const struct wal *w, const uint8_t *p)
{
	return w->sum[0] == word(p, true) && w->sum[1] == word(p + 4, true);
}

/* Reads the header; false if it is not one of a log. */
static bool read_header(struct wal *w, const uint8_t h[HEADER])
{
	size_t page = word(h + 8, true);

	w->big = word(h, true) & 1;
	w->page = page == 1 ? PAGE_MAX : page;
	memcpy(w->salt, h + 16, sizeof(w->salt));
	add_sum(w, h, 24);
	return (word(h, true) & ~1u) == MAGIC && w->page >= 512 && w->page <= PAGE_MAX &&
	       sum_is(w, h + 24);
}

/* Reads all frames in turn: after the first corrupt one, only counts commits. */
static void read_frames(struct wal *w, uint8_t *frame)
{
	ssize_t size = (ssize_t)(FRAME + w->page);
	bool good = true;

	for (off_t at = HEADER; pread(w->fd, frame, (size_t)size, at) == size; at += size) {
		bool ours = memcmp(frame + 8, w->salt, sizeof(w->salt)) == 0;

		if (good) {
			add_sum(w, frame, 8);
			add_sum(w, frame + FRAME, w->page);
			good = ours && sum_is(w, frame + 16);
		} else if (ours && word(frame + 4, true)) {
			w->lost++;
		}
	}
}

static void note(char *notice, size_t size, const char *what)
{
	size_t n = strlen(notice);

	snprintf(notice + n, size - n, "%s%s", n ? "; " : "", what);
}

void store_wal_check(const char *path, char *notice, size_t size)
{
	uint8_t header[HEADER], *frame = malloc(FRAME + PAGE_MAX);
	char name[4096], text[120];
	struct wal w = {0};

	snprintf(name, sizeof(name), "%s-wal", path);
	w.fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (frame && w.fd >= 0 && pread(w.fd, header, HEADER, 0) == HEADER) {
		if (read_header(&w, header))
			read_frames(&w, frame);
		else if (word(header, true))
			note(notice, size,
				"the head of its log is damaged: newest messages are lost");
		if (w.lost > 0) {
			snprintf(text, sizeof(text),
				"its log is damaged: at least %u commits of messages are lost",
				w.lost);
			note(notice, size, text);
		}
	}
	if (w.fd >= 0)
		close(w.fd);
	free(frame);
}
