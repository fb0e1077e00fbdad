/*
 * tun.h - driver for Linux TUN devices: IP packets through a descriptor.
 */
#ifndef DRIVER_TUN_H
#define DRIVER_TUN_H

#include "stack/netdev.h"

/*
 * Opens the TUN device called name, which is made if it does not exist and the process may; it ends
 * with the process then. *out is up, has the device's MTU and is freed by its ops->close. 0;
 * -ENOENT (no /dev/net/tun), -EPERM, -EBUSY (another program has it), -EINVAL (it is a TAP device,
 * or that is no name for a device), -ENOMEM.
 */
int tun_open(const char *name, struct netdev **out);

#endif
