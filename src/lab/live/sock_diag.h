/* sock_diag.h - the TCP sockets of the namespace, as ss reads them: inet_diag over netlink. */
#ifndef LAB_LIVE_SOCK_DIAG_H
#define LAB_LIVE_SOCK_DIAG_H

#include "stack/tcp/tcp.h"

/* Calls see() for each; times are relative to now. False with errno: the kernel refused. */
bool sock_diag_each(nsec_t now, void (*see)(const struct tcp_row *row, void *arg), void *arg);

#endif
