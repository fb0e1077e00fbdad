/*
 * chat_upgrade.h - `burble admin upgrade`: another program takes the place of the running server,
 * and no connection ends.
 *
 *     idle --asked--> starting --its hello--> settling --ready--> given --confirmed--> (exit)
 *      ^                 |                       |                  |
 *      `---- failed: the new program is killed, this one goes on ---'
 *
 * Until the state is given the server works on. The state is described in chat/handover/handover.h,
 * its way in host/relay.h.
 */
#ifndef CLI_CHAT_UPGRADE_H
#define CLI_CHAT_UPGRADE_H

#include "base/base.h"

#include <sys/types.h>

struct chat_run;
struct control_out;

enum {
	UPGRADE_PATH_MAX = 1024,
	UPGRADE_WHY_MAX = 300,
};

enum upgrade_phase {
	UPGRADE_IDLE,
	UPGRADE_STARTING,
	UPGRADE_SETTLING,
};

/* How the last one has ended. */
struct upgrade_report {
	char why[UPGRADE_WHY_MAX]; /* "": well */
	pid_t process;
	uint32_t conns, lost, users, channels;
	nsec_t pause;
};

struct chat_upgrade {
	enum upgrade_phase phase;
	struct chat_run *run;
	char binary[UPGRADE_PATH_MAX]; /* that this process was started from */
	char fresh[UPGRADE_PATH_MAX];  /* that takes over */
	int fd;                        /* to the other process */
	pid_t child;
	nsec_t due; /* when something is to be done without an event; NSEC_MAX: never */
	uint32_t tries;
	uint32_t ended; /* so many have ended: an answer waits for the next */
	struct upgrade_report report;
};

/* Prepares: remembers the program that is running. */
void chat_upgrade_init(struct chat_upgrade *u, struct chat_run *run);

/* Begins an upgrade to the program at path, or "": that which this one was started from. NULL, or
 * why that cannot be. */
const char *chat_upgrade_begin(struct chat_upgrade *u, const char *path);

/* Goes on with it, once a turn. When the other process has taken over this ends the process. */
void chat_upgrade_turn(struct chat_upgrade *u);

/* Gives it up: the server is stopping. */
void chat_upgrade_cancel(struct chat_upgrade *u);

/* Appends the answer to the administrator: a line of JSON, or the reason. */
void chat_upgrade_answer(const struct chat_upgrade *u, struct control_out *out);

#endif
