/*
 * chat_program.h - the chat server as a program of a host. Its network is the host's stack, its
 * time the world's, its disk the host's, or a file of this system. No thread: a turn of its loop
 * runs when its epoll set is ready, when one of its timers is due, and when a commit is done.
 *
 *     epoll ready --+
 *     server_due() -+--> node runs --> completed commit --> server_turn() --> host_wake()
 *     commit ------+
 *
 * A commit takes `commit`, like a disk's; messages that arrive in the meantime share the next.
 * Until then they have no receipt, and a kill loses them.
 */
#ifndef LAB_CHAT_PROGRAM_H
#define LAB_CHAT_PROGRAM_H

#include "lab/world/host.h"

struct chat_program;

struct chat_options {
	const char *const *settings; /* "section.key=value", as for `burble chat --set` */
	size_t count;
	nsec_t commit; /* duration of a commit */
	uint64_t disk; /* bytes of the host's disk */
	/* On this system, for HOST.db, at most CHAT_DIRECTORY_MAX bytes; NULL: the host's disk. */
	const char *directory;
};

enum {
	CHAT_ERROR_MAX = 512,
	CHAT_DIRECTORY_MAX = 900,
};

/* The program of h, not running yet. Must be freed before h: chat_program_free(). clock is the wall
 * clock of h at the start of the world, in seconds since 1970; it may change. */
struct chat_program *chat_program_new(struct host *h, const double *clock);

/* Starts it with the contents of its disk. False, with one line in error, on failure. */
bool chat_program_start(struct chat_program *p, const struct chat_options *o, char *error);

/* Whether it is running. */
bool chat_program_runs(const struct chat_program *p);

/* SIGTERM: its clients get the reason, then it exits. */
void chat_program_stop(struct chat_program *p);

/* SIGKILL: only what it wrote remains. Call before its sockets are closed. */
void chat_program_kill(struct chat_program *p);

/* The host lost power: unsynced data is lost too. p may be NULL. */
void chat_program_power_loss(struct chat_program *p);

/* Suspends it, or resumes it. p may be NULL. */
void chat_program_freeze(struct chat_program *p, bool frozen);

/* A counter of the server, by its name in STATS z; -1: no such counter, or not running. */
int64_t chat_program_counter(const struct chat_program *p, const char *name);

/* Kills it and frees its disk; the node is freed by the world. p may be NULL. */
void chat_program_free(struct chat_program *p);

#endif
