/*
 * chat_take_over.h - the new process of an upgrade (chat_upgrade.h), which was started with
 * --take-over: what it gets, and when.
 */
#ifndef CLI_CHAT_TAKE_OVER_H
#define CLI_CHAT_TAKE_OVER_H

#include "chat/handover/handover.h"

struct chat_run;

struct chat_take_over {
	int fd; /* to the old process */
	void *bytes;
	size_t len;
	int *fds;
	struct handover_in in;
	struct siphash_key key, cloak;
};

/* Says which states this program reads, and waits for one. False after a message on stderr. */
bool chat_take_over_wait(struct chat_take_over *t, const char *fd, struct net *net);

/* Puts the state into the server, and waits until the old process lets go of it. Else the process
 * ends and sends nothing on any connection: the old one goes on with them. */
void chat_take_over_finish(struct chat_take_over *t, struct chat_run *run);

/* The same for a failure of anything else. */
_Noreturn void chat_take_over_fail(const struct chat_take_over *t, const char *why);

#endif
