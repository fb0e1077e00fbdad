/*
 * packet.h - driver for packet sockets (packet(7)): a Linux Ethernet device shared with the kernel.
 */
#ifndef DRIVER_PACKET_H
#define DRIVER_PACKET_H

#include "stack/netdev.h"

/* Opens the Ethernet device called name, with its MTU and Ethernet address. The kernel sees every
 * frame, too, and must not have the addresses that the instance is given: it would answer for them.
 * *out is freed by its ops->close. 0; -ENODEV, -EPERM (needs CAP_NET_RAW), -EINVAL (not Ethernet,
 * or an invalid name), -ENOMEM. */
int packet_open(const char *name, struct netdev **out);

#endif
