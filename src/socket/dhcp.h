/*
 * dhcp.h - DHCP client of an instance's interfaces. Private to the room.
 */
#ifndef SOCKET_DHCP_H
#define SOCKET_DHCP_H

#include "socket/instance.h"
#include "stack/dhcp/dhcp.h"

/* Ends the client of dev, if there is one: the lease is released. */
void dhcp_give_back(struct stack *s, struct netdev *dev);

#endif
