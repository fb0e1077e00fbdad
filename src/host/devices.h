/*
 * devices.h - Linux devices by kind and name, as burble_if_open() takes them.
 */
#ifndef HOST_DEVICES_H
#define HOST_DEVICES_H

#include "stack/netdev.h"

/* Opens a device. *out is the caller's, and closed by its ops->close. 0, or the errors of
 * burble_if_open(). */
int device_open(const char *device, struct netdev **out);

/* Advice about an error of device_open() or burble_if_open(), to be said after strerror():
 * ": 'ip link' lists the devices", or "". */
const char *device_hint(const char *device, int err);

#endif
