/*
 * chat_program.h - the chat server as a program of a host. Its network is the host's stack, its
 * time the world's, its disk the host's, or a file of this system. No thread: a turn of its loop
 * runs when its epoll set is ready, when a timer of it is due, and when a commit is done.
 *
 *     epoll ready --+
 *     server_due() -+--> node runs --> commit that is done --> server_turn() --> host_wake()
 *     commit ------+
 *
 * A commit takes `commit`, as a disk does; what comes in meanwhile shares it. Until then the
 * messages in it have no receipt, and a kill loses them.
 */
#ifndef LAB_CHAT_PROGRAM_H
#define LAB_CHAT_PROGRAM_H

#include "lab/world/host.h"

struct chat_program;

struct chat_options {
	const char *const *settings; /* "section.key=value", as of `burble chat --set` */
	size_t count;
	nsec_t commit; /* how long a commit takes */
	uint64_t disk; /* bytes of the host's disk */
	/* Of this system, for HOST.db, at most CHAT_DIRECTORY_MAX bytes; NULL: the host's disk. */
	const char *directory;
};

enum {
	CHAT_ERROR_MAX = 512,
	CHAT_DIRECTORY_MAX = 900,
};

/* The program of h, which does not run yet. It must end before h does: chat_program_free(). clock
 * is what the wall clock of h showed when the world began, in seconds since 1970; it may change. */
struct chat_program *chat_program_new(struct host *h, const double *clock);

/* Starts it, with what its disk has. False, with one line in error: it could not. */
bool chat_program_start(struct chat_program *p, const struct chat_options *o, char *error);

/* Whether it runs. */
bool chat_program_runs(const struct chat_program *p);

/* SIGTERM: its clients read why, then it ends. */
void chat_program_stop(struct chat_program *p);

/* SIGKILL: nothing of it is left but what it wrote. Before its sockets are closed. */
void chat_program_kill(struct chat_program *p);

/* The host lost its power: also what was not synced is gone. p may be NULL. */
void chat_program_power_loss(struct chat_program *p);

/* It stands still, or goes on. p may be NULL. */
void chat_program_freeze(struct chat_program *p, bool frozen);

/* What the server has counted, by the name that STATS z has; -1: there is no such counter, or it
 * does not run. */
int64_t chat_program_counter(const struct chat_program *p, const char *name);

/* Kills it and frees its disk; the node is the world's. p may be NULL. */
void chat_program_free(struct chat_program *p);

#endif
