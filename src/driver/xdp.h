/*
 * xdp.h - driver for AF_XDP sockets: a Linux Ethernet device whose frames go to this process alone.
 */
#ifndef DRIVER_XDP_H
#define DRIVER_XDP_H

#include "stack/netdev.h"

/* Takes the Ethernet device called name, all its receive queues, with its MTU and Ethernet address:
 * from now on the kernel's own stack gets no frame from it. *out is freed by its ops->close, which
 * gives the device back. 0; -ENODEV, -EPERM (needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF), -EBUSY
 * (another program has it), -EINVAL (not Ethernet, or an invalid name), -EMSGSIZE (an MTU for which
 * a frame needs more than XDP_FRAME bytes), -ENOMEM. */
int xdp_open(const char *name, struct netdev **out);

#endif
