/*
 * service.h - services: NickServ, ChanServ, HistServ and HostServ are no users, but names that take
 * commands as messages, and answer with notices.
 *
 *     PRIVMSG NickServ :INFO ann     NS INFO ann     NICKSERV INFO ann
 *
 * Such a message goes nowhere else: not into the history, not into the log, not back as an echo.
 */
#ifndef CHAT_CMD_SERVICE_H
#define CHAT_CMD_SERVICE_H

#include "chat/cmd/command.h"

enum {
	SERVICE_WORDS_MAX = 8, /* of a command; the last holds the rest of the line */
};

enum service_flag {
	SERVICE_LOGIN = 1 << 0, /* for users with an account */
	SERVICE_OPER = 1 << 1,  /* for operators */
	SERVICE_OWNER = 1 << 2, /* not after a login by an app password */
	SERVICE_REST_BIT = 4,   /* from here on the number of the word below */
};

/* That word is the rest of the line: a password may hold spaces. */
#define SERVICE_REST(word) ((uint32_t)(word) << SERVICE_REST_BIT)

struct service;

/* A command to a service, split at spaces. */
struct service_call {
	struct request *q;
	const struct service *service;
	char *word[SERVICE_WORDS_MAX]; /* [0]: the command; missing ones are "" */
	uint32_t count;
};

struct service_command {
	const char *name;
	uint32_t words; /* at least, with the command */
	uint32_t flags;
	void (*run)(struct service_call *c);
	const char *usage, *about; /* lines of HELP */
};

struct service {
	const char *name, *about;
	const struct service_command *commands;
	size_t count;
};

/* Returns the service of that name, or NULL. */
const struct service *service_find(const char *name);

/* Runs a message to a service. */
void service_run(struct request *q, const struct service *service, const char *text);

/* Sends a line of the answer, printed as by reply_text() after a ':'. */
void service_say(struct request *q, const struct service *service, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether the user is logged in by an app password, which may not change the account: refused. */
bool service_by_app(const struct service_call *c);

/* A completion that answers with a text, or with why it failed. */
struct service_wait;

/* Waits for a change: passes it as `then`, and tells `text` when it is done. status is what the
 * change's function returned. */
struct account_then service_then(struct request *q, const struct service *service,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
void service_started(struct request *q, struct account_then then, enum store_status status);

#endif
