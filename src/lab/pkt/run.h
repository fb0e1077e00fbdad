/*
 * run.h - state of a run: one script, in one mode, against a system under test of its own.
 */
#ifndef LAB_PKT_RUN_H
#define LAB_PKT_RUN_H

#include "lab/pkt/pkt.h"
#include "wire/text.h"

enum {
	PKT_FLOWS = 512,   /* flows of a script; more are an error */
	PKT_FDS = 256,     /* descriptors that a script can name */
	PKT_FILES = 16,    /* simulated files and pipes */
	PKT_HISTORY = 10,  /* packets shown with a mismatch */
	PKT_BYTES = 65536, /* of a packet */
	PKT_ARGS_ERROR = 256,
};

/* A cursor over the arguments of a system call, and the first error in them. */
struct pkt_args {
	struct pkt_run *run;
	const struct pkt_event *event;
	const struct pkt_expr *at;  /* next argument */
	struct burble_call *wait;   /* of the call if it blocks */
	struct arena *arena;        /* of buffers */
	char error[PKT_ARGS_ERROR]; /* "": none */
};

struct pkt_syscall; /* call.h */

/* A system call being made; at most one of a run is blocked. */
struct pkt_invocation {
	const struct pkt_syscall *row;
	struct pkt_args args;
	struct pkt_job job;
	nsec_t end; /* when it must return, if it may block */
};

/* A simulated file or pipe; its bytes are zeros. */
struct pkt_file {
	const char *name; /* "": a pipe; NULL: unused slot */
	size_t size;
};

struct pkt_run {
	const struct pkt_script *script;
	const struct pkt_options *options;
	enum pkt_mode mode;
	struct pkt_sut sut;
	struct pkt_setup setup;
	/* time */
	nsec_t start;           /* script time 0, on the clock of sut */
	nsec_t last_inbound;    /* scheduled time of the last injected packet */
	nsec_t previous;        /* end of the previous event */
	nsec_t tolerance_usecs; /* in nanoseconds */
	double tolerance_percent;
	/* options */
	uint32_t ts_tick; /* microseconds of a tick of sent timestamps; 0: not compared */
	bool strict_segments, ecr_scaled, linux_defaults;
	uint16_t bind_port, connect_port, next_port;
	/* flows */
	struct pkt_flow *flow[PKT_FLOWS];
	uint32_t flows;
	struct pkt_flow *current;
	bool listening; /* listen() was called and no SYN injected since: the next opens a flow */
	/* system calls */
	int fd[PKT_FDS];   /* descriptor of the script -> of sut, -1: none */
	int tcp_fd;        /* of sut: the socket that assertions refer to */
	bool text_payload; /* payload other than zeros was written */
	struct pkt_file file[PKT_FILES];
	struct code_vars *vars;           /* of %{ }%, in the arena */
	struct arena arena;               /* buffers of calls and commands */
	const struct pkt_event *blocked;  /* the call that blocks; NULL: none */
	struct pkt_invocation invocation; /* that call */
	struct arena invocation_arena;    /* its buffers, which another thread may be using */
	/* verdict */
	bool failed, skipped; /* either ends the run */
	struct text report;
	char report_text[PKT_REPORT];
	struct pkt_frame *history[PKT_HISTORY]; /* ring of the last packets, owned */
	uint32_t history_count;
};

static inline bool run_over(const struct pkt_run *r)
{
	return r->failed || r->skipped;
}

static inline bool run_v6_sockets(const struct pkt_run *r)
{
	return r->mode != PKT_IPV4;
}

/* Fails the run, with a message for that line of the script and the last packets. The first report
 * is kept. Always returns false. */
bool run_fail(struct pkt_run *r, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Skips the rest of the run: the system under test lacks something. Always returns false. */
bool run_skip(struct pkt_run *r, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Advances time to `at`, retrying a blocked call whenever it becomes ready. Returns false if that
 * call failed the run. */
bool run_advance(struct pkt_run *r, nsec_t at);

/* Returns the deviation allowed for an event that is `gap` after the previous one. */
nsec_t run_tolerance(const struct pkt_run *r, nsec_t gap);

#endif
