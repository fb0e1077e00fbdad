/*
 * dgram.h - the datagram half of the socket calls, on top of stack/udp/udp.h. Private to the room;
 * errors as the burble_ call of the same name.
 */
#ifndef SOCKET_DGRAM_H
#define SOCKET_DGRAM_H

#include "socket/sock.h"
#include "stack/udp/udp.h"

/* The operations of a datagram socket. */
extern const struct sock_ops dgram_ops;

/* Receives the events of the instance's UDP sockets. */
void dgram_set_events(struct burble *b);

#endif
