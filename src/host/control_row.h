/*
 * control_row.h - a socket of the stack as a row of a control socket's answer.
 */
#ifndef HOST_CONTROL_ROW_H
#define HOST_CONTROL_ROW_H

#include "host/control_answer.h"
#include "observe/sock_row.h"

/* The number that stands for a socket as long as it is open, like an inode's; 0: owner is NULL. */
uint64_t control_row_ino(const struct control_source *source, const void *owner);

/* Fills in the row of a TCP socket, with what the request of a wants. */
void control_row_tcp(struct sock_row *r, const struct control_answer *a, const struct tcp_diag *d);

/* Fills in the row of a UDP socket, likewise. */
void control_row_udp(struct sock_row *r, const struct control_answer *a, const struct udp_diag *d);

#endif
