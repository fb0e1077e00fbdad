/*
 * engine.h - nats-servers for a test: on ports of the loopback that are free, with a directory of
 * their own, and gone with the test.
 */
#ifndef BUS_TEST_ENGINE_H
#define BUS_TEST_ENGINE_H

#include "base/base.h"

#include <sys/types.h>

enum {
	ENGINE_SERVERS = 3,
	ENGINE_PATIENCE_MS = 30000, /* slow machines, sanitizers */
};

struct engine {
	char directory[64];
	uint32_t count;
	const char *more; /* lines for each configuration, with the directory for %s; NULL: none */
	pid_t pid[ENGINE_SERVERS];
	uint16_t port[ENGINE_SERVERS], route[ENGINE_SERVERS];
};

/* Whether there is a nats-server; if not, a line says so. */
bool engine_installed(void);

/* Whether tests of three servers are wanted, which take as long as these elect, on a busy machine a
 * minute and more; if not, a line says how. */
bool engine_elects(void);

/* Makes a directory. */
void engine_prepare(struct engine *e);

/* Starts so many servers: more than one are a cluster. */
void engine_start(struct engine *e, uint32_t count, const char *more);

/* Starts, or kills, one of them. */
void engine_run(struct engine *e, uint32_t i);
void engine_kill(struct engine *e, uint32_t i, int signal);

/* Kills all, and removes the directory. */
void engine_end(struct engine *e);

#endif
