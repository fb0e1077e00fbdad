/*
 * linux_if.h - what Linux says of one of its network devices: index, MTU, Ethernet address.
 */
#ifndef DRIVER_LINUX_IF_H
#define DRIVER_LINUX_IF_H

#include "stack/netdev.h"

struct linux_if {
	int index;
	uint32_t mtu;
	bool ether;          /* its frames have an Ethernet header */
	struct eth_addr mac; /* if so */
};

/* False: a device cannot have this name. */
bool linux_if_name_ok(const char *name);

/* Carries out SIOCETHTOOL with the structure of linux/ethtool.h at *what. False: the device does
 * not know it. */
bool linux_if_ethtool(const char *name, void *what);

/* Asks about the device called name in the namespace of this process. 0; -ENODEV, -errno. */
int linux_if_get(const char *name, struct linux_if *out);

#endif
