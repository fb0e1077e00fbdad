/*
 * control_client.h - asks a running instance over its control socket (docs/control.md).
 *
 *     struct control_client c;
 *     if (!control_ask(&c, "burble ss", name, "sockets tcp"))
 *             return 1;
 *     while ((line = control_line(&c)))
 *             ... a line of JSON ...
 *     return control_finish(&c) ? 0 : 1;
 */
#ifndef CLI_CONTROL_CLIENT_H
#define CLI_CONTROL_CLIENT_H

#include "base/base.h"

#include <stdio.h>

struct control_client {
	const char *command; /* of the user: the start of messages */
	FILE *in;
	char *line;
	size_t size;
	bool ended; /* the last line was read */
};

/* Sends a request to the instance: called `name` or, if that has a '/', whose socket is name; NULL:
 * the only one. False after a message on stderr, also if the instance refuses: else c must be
 * finished. */
bool control_ask(
	struct control_client *c, const char *command, const char *name, const char *request);

/* Likewise; the answer may take long, and no patience ends the wait for it. */
bool control_ask_patiently(
	struct control_client *c, const char *command, const char *name, const char *request);

/* The next line of the answer, without its newline, valid until the next call. NULL: there are no
 * more. */
char *control_line(struct control_client *c);

/* From now on lines may come at any time: no patience ends the wait. */
void control_wait_long(struct control_client *c);

/* Closes the connection before the answer has ended. */
void control_abandon(struct control_client *c);

/* Closes the connection. False, after a message on stderr, if the answer was cut short. */
bool control_finish(struct control_client *c);

#endif
