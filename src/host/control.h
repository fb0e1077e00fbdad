/*
 * control.h - the control socket of a running instance: ss, netstat, sysctl and the others ask it
 * (docs/control.md). Served by the loop of the instance, without threads and without waiting:
 *
 *     struct control *c = control_open(b, "chat", why);
 *     ... the loop also waits until control_fd(c) is readable, and calls control_turn(c) ...
 *     control_close(c);
 *
 * A turn sends at most one piece of an answer on each connection. Only root and the user of the
 * process may ask.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

struct burble;
struct control;

enum {
	CONTROL_CONNS_MAX = 16, /* connections: one more is refused, unless one is stuck */
};

/* How long a connection may be stuck until another may take its place. */
#define CONTROL_STUCK (10 * NSEC_SEC)

/* Listens on the socket of this name (control_path.h), in the place of one whose process has
 * ended. NULL, with the reason in why, which has CONTROL_WHY_MAX bytes: another instance has the
 * name, or the system refuses. */
struct control *control_open(struct burble *b, const char *name, char *why);

/* Readable when control_turn() has something to do. */
int control_fd(const struct control *c);

/* The path of the socket. */
const char *control_socket(const struct control *c);

/* Accepts, reads requests, sends a piece of each answer. */
void control_turn(struct control *c);

/* Closes all connections, removes the socket and frees c, which may be NULL. */
void control_close(struct control *c);

#endif
