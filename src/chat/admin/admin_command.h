/*
 * admin_command.h - the commands of an administrator: a row each, a file for each group.
 */
#ifndef CHAT_ADMIN_ADMIN_COMMAND_H
#define CHAT_ADMIN_ADMIN_COMMAND_H

#include "chat/admin/admin.h"
#include "chat/server.h"

enum {
	ADMIN_WORDS_MAX = 3,
	ADMIN_WHY_MAX = 256,
};

struct admin_wait;

/* A request being answered. */
struct admin {
	struct server *server;
	const struct admin_command *command;
	char line[ADMIN_LINE_MAX + 1];
	char *word[ADMIN_WORDS_MAX]; /* of the request, behind the command's name; "" if missing */
	bool begun, said_ok;
	bool waits;              /* the result is not known yet */
	struct admin_wait *wait; /* tells it; NULL: none */
	char why[ADMIN_WHY_MAX]; /* the result: a reason, or "" */
	uint32_t place;          /* in a table, for the next piece */
	bool clients_done;       /* ban test: it is at those without a client */
	struct bans test;        /* ban test: the ban */
	bool testing;
};

struct admin_command {
	const char *group, *name; /* "ban", "add"; group "": none */
	uint8_t words;            /* that it takes; all but the last are single words */
	uint8_t needs;            /* as many at least */
	/* Does it; a->waits if the result comes later. NULL, or why not. */
	const char *(*begin)(struct admin *a);
	/* For an answer that waits: whether the result is known by now. NULL: a->waits tells. */
	bool (*ready)(struct admin *a);
	/* Appends the next rows; whether more follow. NULL: there are none. */
	bool (*rows)(struct admin *a, struct admin_text *out);
};

struct admin_group {
	const struct admin_command *rows;
	size_t count;
};

/* The groups. A new one is declared here and listed in admin.c. */
extern const struct admin_group admin_account, admin_act, admin_ban, admin_show, admin_user;

#endif
