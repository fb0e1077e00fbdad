/*
 * dispatch.h - lookup and execution of commands.
 */
#ifndef CHAT_LOOP_DISPATCH_H
#define CHAT_LOOP_DISPATCH_H

#include "chat/proto/line.h"
#include "chat/server.h"

/* Builds the lookup table of s; false if out of memory. */
bool commands_init(struct server *s);

/* Frees the lookup table. */
void commands_free(struct server *s);

/* Parses and executes one line of c. */
void command_line(struct server *s, struct conn *c, struct span line);

#endif
