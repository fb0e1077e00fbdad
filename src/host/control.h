/*
 * control.h - the control socket of a running instance: ss, netstat, sysctl and the others ask it
 * (docs/control.md). Served by the loop of the instance, without threads and without waiting:
 *
 *     struct control *c = control_open(&(struct control_parts){"chat", b, service}, why);
 *     ... the loop also waits until control_fd(c) is readable, and calls control_turn(c) ...
 *     control_close(c);
 *
 * A turn sends at most one piece of an answer on each connection. Requests of the stack are
 * answered here, others by a service (control_service.h). Only root and the user of the process may
 * ask.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include "base/base.h"

struct burble;
struct control;
struct control_service;

enum {
	CONTROL_CONNS_MAX = 16, /* connections: one more is refused, unless one is stuck */
};

/* How long a connection may be stuck until another may take its place. */
#define CONTROL_STUCK (10 * NSEC_SEC)

/* The purposes of a control socket; all borrowed. */
struct control_parts {
	const char *name;
	struct burble *b;                      /* NULL: no stack */
	const struct control_service *service; /* NULL: none */
};

/* Listens on the socket of this name (control_path.h), in the place of one whose process has
 * ended. NULL, with the reason in why, which has CONTROL_WHY_MAX bytes: another instance has the
 * name, or the system refuses. */
struct control *control_open(const struct control_parts *p, char *why);

/* Readable when control_turn() has something to do. */
int control_fd(const struct control *c);

/* The path of the socket. */
const char *control_socket(const struct control *c);

/* Accepts, reads requests, sends a piece of each answer. */
void control_turn(struct control *c);

/* Gives the socket up, to another process that opens it; connections stay. And listens on it again:
 * false, with the reason in why, if that fails. */
void control_pause(struct control *c);
bool control_resume(struct control *c, char *why);

/* Whether no connection is left. */
bool control_idle(const struct control *c);

/* Closes all connections, removes the socket and frees c, which may be NULL. */
void control_close(struct control *c);

#endif
