/*
 * tun.h - driver for Linux TUN and TAP devices: IP packets, or Ethernet frames, through a
 * descriptor.
 */
#ifndef DRIVER_TUN_H
#define DRIVER_TUN_H

#include "stack/netdev.h"

/* Opens the TUN device called name, creating it if it does not exist and the process may; a device
 * created so disappears with the process. *out is up, has the device's MTU and is freed by its
 * ops->close. 0; -ENOENT (no /dev/net/tun), -EPERM, -EBUSY (another program has it), -EINVAL (a TAP
 * device, or an invalid name), -ENOMEM. */
int tun_open(const char *name, struct netdev **out);

/* The same for a TAP device (-EINVAL: a TUN device). The Ethernet address of *out is the device's
 * with its last bit inverted: the kernel keeps the device's own. */
int tap_open(const char *name, struct netdev **out);

#endif
