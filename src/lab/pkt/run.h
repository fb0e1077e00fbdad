/*
 * run.h - running a script. One run: one script in one mode, in a world of its own.
 */
#ifndef LAB_PKT_RUN_H
#define LAB_PKT_RUN_H

#include "lab/pkt/ast.h"
#include "lab/pkt/sut.h"
#include "wire/text.h"

enum {
	PKT_FLOWS = 512,    /* connections of one script; more is an error of the script */
	PKT_STAMPS = 1024,  /* timestamps of a connection that can be echoed */
	PKT_FDS = 256,      /* descriptors that a script can name */
	PKT_HISTORY = 10,   /* packets shown with a mismatch */
	PKT_REPORT = 16384, /* bytes of a report */
	PKT_BYTES = 65536,
	PKT_FILES = 16, /* and pipes of a script */
};

struct pkt_run;

/* A call on its way: the expressions, and the first thing that was wrong with them. */
struct pkt_args {
	struct pkt_run *run;
	const struct pkt_event *event;
	const struct pkt_expr *at; /* the next argument */
	struct burble_call *wait;  /* what the call waits for if it blocks */
	struct pkt_arena *arena;   /* of buffers */
	char error[256];           /* what is wrong; "" if nothing */
};

struct pkt_syscall; /* a system call: call.c */

/* A call that is being made; alone in the run if it blocks. */
struct pkt_invocation {
	const struct pkt_syscall *row;
	struct pkt_args args;
	struct pkt_job job;
	nsec_t end; /* when it has to return */
};

/* One connection, as the script numbers it and as it is on the wire. "Remote" is the script. */
struct pkt_flow {
	enum pkt_proto proto;
	uint16_t script_port;             /* of the remote, 0: the script names none */
	uint16_t local_port, remote_port; /* on the wire */
	bool has_local_isn, has_remote_isn;
	uint32_t local_isn, script_local_isn, remote_isn;
	uint32_t offered_isn; /* of the last SYN that was sent in */
	uint32_t stamps;
	uint32_t base_script, base_live; /* the first one */
	uint32_t stamp_off;              /* ticks that the last one was away from the script */
	struct {
		uint32_t script, live;
	} stamp[PKT_STAMPS];
};

struct pkt_run {
	const struct pkt_script *script;
	enum pkt_mode mode;
	struct pkt_sut sut;
	struct pkt_setup setup;
	nsec_t start;           /* of the script, on the world's clock */
	nsec_t last_inbound;    /* when the last packet was sent in */
	nsec_t previous;        /* when the event before was */
	nsec_t tolerance_usecs; /* as nanoseconds */
	double tolerance_percent;
	uint32_t ts_tick; /* microseconds of a tick of our timestamps; 0: they are not compared */
	bool strict_segments, ecr_scaled, text_payload;
	bool linux_defaults; /* not those of packetdrill's scripts to begin with */
	uint16_t bind_port, connect_port, next_port;
	struct code_vars *vars; /* of %{ }%, on the arena */
	struct pkt_flow *flow[PKT_FLOWS];
	uint32_t flows;
	struct pkt_flow *current;
	bool listening; /* listen() was called and no SYN came since: the next opens a flow */
	int fd[PKT_FDS], tcp_fd; /* script's descriptor -> live; the socket under test */
	struct pkt_arena arena;  /* of the buffers of calls */
	struct pkt_file {
		const char *name; /* "": a pipe; NULL: none here */
		size_t size;
	} file[PKT_FILES];                 /* of zeros */
	const struct pkt_event *blocked;   /* a call that blocks; NULL: none */
	struct pkt_invocation invocation;  /* that call */
	struct pkt_arena invocation_arena; /* its buffers: another thread may be at them */
	/* the end */
	bool failed, skipped; /* one of them: the run is over */
	struct text report;
	char report_text[PKT_REPORT];
	struct pkt_frame *history[PKT_HISTORY];
	uint32_t history_count;
};

/* How a run ended. */
enum pkt_verdict {
	PKT_FAILED,
	PKT_PASSED,
	PKT_SKIPPED, /* what is under test has not got what the script needs: nothing was shown */
};

struct pkt_options {
	enum pkt_mode mode;
	const struct pkt_ops *ops;        /* what is under test */
	const struct pkt_option *options; /* of the command line: they win over the script's */
	uint64_t seed;
	pkt_tap tap; /* for a capture; NULL: none */
	void *tap_ctx;
};

/*
 * The same against this machine's kernel, in a process and a network namespace of its own; o->ops
 * is not looked at. Needs root. What this kernel or machine has not got (a TUN device, a parameter,
 * a socket option, a congestion control ...) skips the script, and the report says what it is.
 */
enum pkt_verdict pkt_run_kernel(
	const struct pkt_source *source, const struct pkt_options *o, char *out, size_t size);

/* True if a script, or the command line, may have an option of that name. */
bool option_known(const char *name);

/* Runs a script, parsed anew. If it did not pass the report is in `out`. */
enum pkt_verdict pkt_run_source(
	const struct pkt_source *source, const struct pkt_options *o, char *out, size_t size);

/* --- within the runner ------------------------------------------------------------------------ */

/* Notes the failure, with the line and the last packets. Always returns false. */
bool run_fail(struct pkt_run *r, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Ends the run without a failure: what is under test lacks something. Always returns false. */
bool run_skip(struct pkt_run *r, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline bool run_over(const struct pkt_run *r)
{
	return r->failed || r->skipped;
}

static inline bool run_v6_sockets(const struct pkt_run *r)
{
	return r->mode != PKT_IPV4;
}

/* flow.c: the flow of a script's packet, or NULL; that of a packet on the wire, which a SYN
 * opens. */
struct pkt_flow *flow_for_script(struct pkt_run *r, const struct pkt_packet *p);
struct pkt_flow *flow_for_wire(struct pkt_run *r, const struct pkt_packet *p);
struct pkt_flow *flow_known(const struct pkt_run *r, const struct pkt_packet *p);
struct pkt_flow *flow_new(struct pkt_run *r, const struct pkt_packet *p);

/* Script's numbers to the wire's, for a packet that is sent in. False: an ecr nobody sent. */
bool flow_to_wire(struct pkt_run *r, struct pkt_flow *f, struct pkt_packet *p);
/* The wire's numbers to the script's, next to what the script expects. */
void flow_to_script(
	struct pkt_flow *f, const struct pkt_packet *expected, struct pkt_packet *actual);

/* packet.c: a packet with live numbers to bytes and back. Returns the length, 0: impossible. */
size_t packet_build(const struct pkt_run *r, const struct pkt_packet *p, uint8_t *out);
bool packet_parse(const struct pkt_run *r, const struct pkt_frame *f, struct pkt_packet *p);
/* A digest in p, as read from f, that is right by the key of want becomes zeros, as in want. */
void packet_check_md5(const struct pkt_run *r, const struct pkt_frame *f,
	const struct pkt_packet *want, struct pkt_packet *p);

/* match.c: waits for the packet of event e and compares. */
bool match_expect(struct pkt_run *r, const struct pkt_event *e, nsec_t at, nsec_t end);

/* call.c: makes the call of e; goes on with one that blocks, once it can. */
bool call_run(struct pkt_run *r, const struct pkt_event *e, nsec_t end);
bool call_ready(const struct pkt_run *r);
bool call_retry(struct pkt_run *r);

/* command.c: what would be a shell command, and whether it is one that we know (the first, if
 * there are several). */
bool command_run(struct pkt_run *r, int line, const char *text);
bool command_known(const char *text);

/* option.c: the parameters that all scripts start with; options. */
bool option_baseline(struct pkt_run *r);
bool option_apply(struct pkt_run *r, const struct pkt_option *o);

/* call_file.c: a file of so many zeros for open(); false if there are too many. */
bool call_file_create(struct pkt_run *r, const char *name, size_t size);
void call_file_remove(struct pkt_run *r, const char *name);

/* Time passes up to `at`; a call that blocks is tried again whenever something happens to it. */
bool run_advance(struct pkt_run *r, nsec_t at);

/* The time allowed around an event that comes `gap` after the one before. */
nsec_t run_tolerance(const struct pkt_run *r, nsec_t gap);

#endif
