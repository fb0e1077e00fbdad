/*
 * tcp_ports.h - local ports (tcp_bind.c), and what connect() remembers to find a local port quickly
 * (RFC 6056 section 3.3.4, as Linux): for each of 256 classes of destinations how far it got, and
 * for which destinations every port of the first parity was taken a moment ago. The latter only
 * changes the order of looking.
 */
#ifndef STACK_TCP_TCP_PORTS_H
#define STACK_TCP_TCP_PORTS_H

#include "base/base.h"

struct stack;
struct tcp_conn;
struct tcp_tw;

enum {
	PORT_CLASSES = 256,
	PORT_FULLS = 64,
};

/* How long the ports of the first parity count as taken. */
#define PORT_FULL_FOR NSEC_SEC

struct tcp_ephemeral {
	uint32_t perturb[PORT_CLASSES];
	struct {
		uint64_t to; /* hash of the destination */
		nsec_t until;
	} full[PORT_FULLS];
};

int tcp_port_take(struct stack *s, struct tcp_conn *c, uint16_t port);
int tcp_port_listen_ok(struct stack *s, struct tcp_conn *c);
void tcp_port_share(struct tcp_conn *c, struct tcp_conn *from);
void tcp_port_leave(struct stack *s, struct tcp_conn *c);
void tcp_port_tw(struct tcp_conn *c, struct tcp_tw *tw);
void tcp_port_leave_tw(struct stack *s, struct tcp_tw *tw);
int tcp_port_connect(struct stack *s, struct tcp_conn *c);

#endif
