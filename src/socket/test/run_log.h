/*
 * run_log.h - everything observable of a run of two instances, in order: every frame, the results
 * of every call, the counters, and TCP_INFO. Two runs that should be the same are compared entry by
 * entry; the first difference is one line of text.
 */
#ifndef SOCKET_TEST_RUN_LOG_H
#define SOCKET_TEST_RUN_LOG_H

#include "base/base.h"

enum log_kind {
	LOG_FRAME,    /* bytes: an IP packet, after `value` bytes of link header */
	LOG_CALL,     /* value: its result; bytes: its output */
	LOG_COUNTERS, /* bytes: all of them, of one side */
	LOG_INFO,     /* bytes: struct tcp_info */
};

struct log_entry {
	nsec_t at;
	int64_t value;
	const char *what; /* the call */
	uint32_t offset;  /* of its bytes in the log */
	uint32_t len;
	int fd;
	uint8_t kind; /* enum log_kind */
	uint8_t side;
};

struct run_log {
	struct log_entry *entry;
	uint8_t *bytes;
	size_t entries, entry_room, used, room;
};

enum {
	LOG_TEXT = 1024, /* bytes of a difference */
};

/* Appends e with a copy of the len bytes at p; fills in e's offset and len. */
void log_add(struct run_log *l, struct log_entry e, const void *p, size_t len);

/* The newest frame of a side, its bytes at *p; NULL: none. */
const struct log_entry *log_newest_frame(const struct run_log *l, int side, const uint8_t **p);

/* Empties the log and keeps its memory. */
void log_clear(struct run_log *l);

/* Frees the entries and leaves an empty log. */
void log_free(struct run_log *l);

/* Writes the first difference between a run without fast paths and one with them to LOG_TEXT bytes
 * at text; false: no difference. */
bool log_differs(const struct run_log *slow, const struct run_log *fast, char *text);

#endif
