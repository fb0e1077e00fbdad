/*
 * pkt.h - packet scripts, packetdrill's language: the interface of this room.
 *
 *     pkt_run_source()    against an instance of the stack, in virtual time
 *     pkt_run_kernel()    against this machine's kernel, in real time
 */
#ifndef LAB_PKT_PKT_H
#define LAB_PKT_PKT_H

#include "lab/pkt/parse.h"
#include "lab/pkt/sut.h"

enum {
	PKT_REPORT = 16384, /* bytes of a report */
};

enum pkt_verdict {
	PKT_FAILED,
	PKT_PASSED,
	PKT_SKIPPED, /* the system under test lacks something that the script needs */
};

/* As in --ip_version. */
extern const char *const pkt_mode_names[PKT_MODES];

struct pkt_options {
	enum pkt_mode mode;
	const struct pkt_ops *ops;        /* system under test */
	const struct pkt_option *options; /* of the command line: they override the script's */
	uint64_t seed;
	bool slow_path; /* without the stack's fast paths */
	pkt_tap tap;    /* sees every packet; NULL: none */
	void *tap_ctx;
};

/* Parses and runs a script. Unless it passed, the report is in `out`. */
enum pkt_verdict pkt_run_source(
	const struct pkt_source *source, const struct pkt_options *o, char *out, size_t size);

/* Parses and runs a script against the kernel, in a child process and a network namespace of its
 * own; o->ops is ignored. Requires root. If this kernel or machine lacks something (a TUN device, a
 * sysctl, a socket option, a congestion control) the script is skipped, with the reason in the
 * report. */
enum pkt_verdict pkt_run_kernel(
	const struct pkt_source *source, const struct pkt_options *o, char *out, size_t size);

#endif
