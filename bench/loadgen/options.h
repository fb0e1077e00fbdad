/* options.h - command line options. */
#ifndef LOADGEN_OPTIONS_H
#define LOADGEN_OPTIONS_H

#include "loadgen/probe.h"

enum mode {
	MODE_CONNECT,
	MODE_FANOUT,
	MODE_PRIVATE,
	MODE_IDLE,
	MODE_CHURN,
	MODE_JOINPART,
	MODE_COUNT
};

enum {
	WORKERS_MAX = 64,
	ROUNDS_MAX = 64,
	CONNS_MAX = 99999, /* as many as five digits of a nick can number */
	WINDOW_MAX = 4096,
};

struct options {
	enum mode mode;
	const char *host, *label, *json;
	uint32_t port, conns, senders, messages, window, rounds, members, channels, concurrency,
		workers, text_len;
	uint32_t source_first, source_count; /* IPv4, host order; count 0: the kernel chooses */
	double rate; /* lines per second and sender; 0: as fast as the window allows */
	double duration, settle, stall, timeout; /* seconds */
	int32_t server_cpu;
	bool echo, release;
	char letter;
	struct probe server;
};

extern const char *const mode_names[MODE_COUNT];

/* Reads argv into o. On an error prints one line to stderr and returns false. */
bool options_read(struct options *o, int argc, char **argv);

#endif
