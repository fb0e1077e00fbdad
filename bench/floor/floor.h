/*
 * floor.h - the floors: a minimal server that speaks just enough IRC for loadgen and does nothing
 * but epoll and sending, in four modes, to show the limit of the machine.
 *
 *     write         one send() per recipient and message
 *     batch         one send() per recipient for all that one turn of the loop read
 *     uring         as write, but io_uring SENDs, thousands per io_uring_enter
 *     uring-batch   as batch, with io_uring SENDs
 *
 * Enough IRC means: nicks are a letter and five digits, channels are #b and a number, a user is in
 * one channel at most, and commands that loadgen does not send are ignored. JOIN and PART lines and
 * replies are coalesced in every mode. With a fault (fault.c) loadgen must detect it.
 */
#ifndef FLOOR_FLOOR_H
#define FLOOR_FLOOR_H

#include <liburing.h>

#include "base/base.h"

enum {
	NICKS_MAX = 100000,
	CHANNELS_MAX = 100000,
	LINE_BYTES = 1024,
	READ_BYTES = 64 * 1024,
	RING_ENTRIES = 4096,
	NO_CHANNEL = -1,
};

enum floor_mode {
	FLOOR_WRITE,
	FLOOR_BATCH,
	FLOOR_URING,
	FLOOR_URING_BATCH,
	FLOOR_MODES
};
enum fault {
	FAULT_NONE,
	FAULT_DROP,
	FAULT_DOUBLE,
	FAULT_SWAP,
	FAULT_ALTER,
	FAULT_MISROUTE,
	FAULT_ECHO,
	FAULTS
};

/* A growing buffer. */
struct run {
	char *data;
	uint32_t len, size;
};

struct client {
	int fd;
	char nick[8];
	bool welcomed, cap, echo, dirty, wants_out, dead;
	int channel;
	uint32_t place;     /* in the channel's member list */
	uint64_t spoke;     /* the last turn in which it sent to its channel */
	struct run in, out; /* incomplete line; pending output */
};

/* One line of this turn in a channel's buffer, and its sender. */
struct segment {
	struct client *from;
	uint32_t at, len;
};

struct channel {
	struct client **members;
	uint32_t count, size;
	bool dirty;
	struct run turn; /* lines of this turn (the batch modes) */
	struct segment *segments;
	uint32_t segment_count, segment_size;
};

struct floor {
	enum floor_mode mode;
	enum fault fault;
	uint64_t fault_at; /* the delivery (1 = the first) to corrupt */
	uint64_t deliveries, turn;
	struct client *held_for; /* FAULT_SWAP: the recipient of the delayed line */
	char held[LINE_BYTES];
	uint32_t held_len;
	int listener, epoll;
	struct io_uring ring;
	struct client *nicks[NICKS_MAX];
	struct channel channels[CHANNELS_MAX];
	struct client **dirty; /* clients with bytes to flush at the end of the turn */
	uint32_t dirty_count, dirty_size;
	struct channel **loud; /* channels with lines of this turn */
	uint32_t loud_count, loud_size;
	char buf[READ_BYTES];
};

/* --- run of bytes, growing arrays; out of memory ends the program */
void run_add(struct run *r, const char *data, size_t len);
void *grow(void *array, uint32_t *size, uint32_t need, size_t item);

/* --- irc.c */
void irc_line(struct floor *f, struct client *c, char *line, size_t len);
void irc_gone(struct floor *f, struct client *c);

/* --- out.c */
/* Puts bytes in the client's queue, to be flushed at the end of the turn. */
void out_queue(struct floor *f, struct client *c, const char *data, size_t len);
/* Sends now (or queues an io_uring SEND; the bytes must stay until out_submit()). */
void out_now(struct floor *f, struct client *c, const char *data, size_t len);
/* A line from c to its channel or to one other client, in the way of the mode. */
void out_channel(
	struct floor *f, struct client *from, struct channel *ch, const char *line, size_t len);
void out_direct(struct floor *f, struct client *to, const char *line, size_t len);
/* Sends what this turn has gathered for one channel. */
void out_flush_channel(struct floor *f, struct channel *ch);
void out_flush(struct floor *f);
void out_client(struct floor *f, struct client *c);
void out_submit(struct floor *f);

/* --- fault.c */
/* As out_now(), but does the wrong thing when the turn of the fault has come. */
void fault_send(
	struct floor *f, struct client *from, struct client *to, const char *line, size_t len);

static inline bool floor_batches(const struct floor *f)
{
	return f->mode == FLOOR_BATCH || f->mode == FLOOR_URING_BATCH;
}

static inline bool floor_rings(const struct floor *f)
{
	return f->mode == FLOOR_URING || f->mode == FLOOR_URING_BATCH;
}

#endif
