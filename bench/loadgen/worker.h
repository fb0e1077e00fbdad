/*
 * worker.h - one generator process: its connections, its event loop, and the memory shared with the
 * others.
 *
 *     main -> run_MODE(worker) -> { worker_connect, worker_turn ... } -> conn -> line -> check
 *
 * Connection i belongs to process i % workers. Processes meet at barriers, where they keep serving
 * their connections while they wait; process 0 measures and reports.
 */
#ifndef LOADGEN_WORKER_H
#define LOADGEN_WORKER_H

#include <stdatomic.h>

#include "loadgen/check.h"
#include "loadgen/options.h"

enum {
	BUF_BYTES = 256 * 1024, /* one recv() at most */
	PART_MAX = 16 * 1024,   /* the start of an incomplete line */
	EVENTS_MAX = 1024,
};

enum conn_state {
	CONN_CLOSED,
	CONN_REGISTERING,
	CONN_READY
};

/* One connection to the server. `step` is a counter of the mode: JOINs answered, PONGs, ... */
struct conn {
	int fd;
	enum conn_state state;
	uint32_t step;
	bool wants_out;
	uint32_t part_len, part_size, out_len, out_size;
	char *part, *out; /* incomplete line; bytes not yet sent */
	nsec_t since;     /* time of connect(), or the start of the interval being measured */
	struct member member;
	uint64_t *seen; /* joinpart: per churner, the JOINs and PARTs seen */
};

/* The sums of one process for the report, in shared memory. */
struct tally {
	uint64_t delivered, receipts, recvs, join_lines, cycles, bad[V_COUNT];
	nsec_t cpu; /* of the generator process itself */
	char first_bad[256];
	struct hist latency, registration;
};

/* A measurement of all processes: wall and CPU time, and the events in between. */
struct round {
	double wall, server_cpu, own_cpu; /* seconds */
	uint64_t delivered, receipts, recvs;
	uint64_t peak_rss;
	struct hist latency;
};

struct shared {
	_Atomic uint32_t arrived, failed;
	_Atomic uint32_t ready, done; /* connections registered; processes that are done */
	nsec_t start;
	char reason[256]; /* of the first failure */
	struct tally tally[WORKERS_MAX];
	int wake[WORKERS_MAX]; /* eventfds */
};

/* A line that is not a delivery, split: source, command, and arguments to the end of the line. */
struct line_cut {
	const char *line;
	size_t len;
	const char *command;
	size_t command_len;
	const char *args;
};

static inline bool line_is(const struct line_cut *l, const char *command)
{
	return strlen(command) == l->command_len &&
	       memcmp(l->command, command, l->command_len) == 0;
}

struct worker {
	const struct options *o;
	struct shared *shared;
	uint32_t id, barriers;
	int epoll;
	uint32_t conn_count; /* of this process */
	struct conn *conns;
	struct check check;
	_Atomic uint32_t *need; /* shared, per flow: processes with members that get it */
	bool judging;           /* deliveries are being checked */
	uint32_t ready, joined, synced;
	uint32_t opening; /* connections that register now */
	uint64_t woken;   /* completed lines reported to the others */
	uint64_t recvs, join_lines;
	nsec_t deadline, progress; /* when to give up; time of the last progress */
	char *buf;
	char last_error[256]; /* the last ERROR line */
	struct hist *registration;
	/* Called with each line that is not a delivery, in the mode's main phase. */
	void (*on_line)(struct worker *w, struct conn *c, const struct line_cut *l);
	void (*on_closed)(struct worker *w, struct conn *c);
	void *mode_data;
	bool failed;
};

nsec_t clock_now(void);

/* --- conn.c */
/* Opens connection c and sends its registration; the source address follows from its index. */
bool conn_open(struct worker *w, struct conn *c);
void conn_close(struct worker *w, struct conn *c);
void conn_send(struct worker *w, struct conn *c, const char *data, size_t len);
void conn_sendf(struct worker *w, struct conn *c, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void conn_readable(struct worker *w, struct conn *c);
void conn_writable(struct worker *w, struct conn *c);

/* --- worker.c */
bool worker_init(struct worker *w, const struct options *o, struct shared *sh, uint32_t id);
void worker_free(struct worker *w);
/* Reports why the run cannot go on; all processes stop at their next turn. */
void worker_fail(struct worker *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Serves events for at most `wait` nanoseconds; false once the run has failed. */
bool worker_turn(struct worker *w, nsec_t wait);
/* Waits for all processes, serving events. False if the run has failed. */
bool worker_barrier(struct worker *w);
bool worker_sleep(struct worker *w, nsec_t span);
/* Fails the run if nothing has progressed for --stall seconds: "what: n of m". */
bool worker_stalled(struct worker *w, const char *what, uint64_t n, uint64_t m);
/* Copies the running sums into this process's tally. */
void worker_tally(struct worker *w);

/* --- line.c */
/* Takes one whole line (no CR LF; may be written to). */
void line_in(struct worker *w, struct conn *c, char *line, size_t len, nsec_t now);

/* --- setup.c */
bool setup_connect(struct worker *w);
bool setup_join(struct worker *w);
/* Sends a PING on every connection and waits for its PONG: everything sent before has been read. */
bool setup_sync(struct worker *w);

/* --- modes; true if the run went through (violations are in the tally) */
struct report;
bool run_connect(struct worker *w, struct report *r);
bool run_traffic(struct worker *w, struct report *r);
bool run_churn(struct worker *w, struct report *r);
bool run_joinpart(struct worker *w, struct report *r);

static inline uint32_t conn_index(const struct worker *w, uint32_t local)
{
	return local * w->o->workers + w->id;
}

/* The connection with this index if it is one of this process, NULL if not. */
static inline struct conn *conn_of(struct worker *w, uint32_t index)
{
	return index % w->o->workers == w->id ? &w->conns[index / w->o->workers] : NULL;
}

#endif
