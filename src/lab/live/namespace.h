/*
 * namespace.h - a network namespace of this machine's kernel with TAP devices: what a host of the
 * lab has when it is real. Nothing of it outlives the process.
 */
#ifndef LAB_LIVE_NAMESPACE_H
#define LAB_LIVE_NAMESPACE_H

#include "base/base.h"

#include <net/if.h>

enum {
	NAMESPACE_WHY = 160,
	CABLE_HEAD = 14,       /* of Ethernet */
	CABLE_TAP_MAX = 65521, /* bytes of the longest packet of a TAP device */
};

/* One interface: the other end of its cable. */
struct cable {
	int fd; /* -1: none */
	char name[IFNAMSIZ];
	uint8_t mac[6];
	uint32_t head; /* bytes before an IP packet: CABLE_HEAD, or 0 on a TUN device */
};

/* Moves the process into a new, silent namespace with the parameters that burble has by default. 0,
 * or -errno with the reason in why. Parameters that it could not set to those are named in
 * `differs`. */
int namespace_enter(char why[NAMESPACE_WHY], char *differs, size_t size);

/* Creates the TAP device eth<port> in the namespace, up, without ARP and offloads; a TUN device if
 * packets are longer than a TAP device takes. 0 or -errno. */
int cable_open(struct cable *t, int port, uint32_t mtu);
void cable_close(struct cable *t);

/* Receives what the kernel sent: the length of an IP packet at room + head; 0 for anything
 * else (multicast of IPv6); -1 if there is no more. */
ssize_t cable_receive(struct cable *t, uint8_t *room, size_t size);

/* Delivers an IP packet to the kernel. False: it did not take it. */
bool cable_send(struct cable *t, const uint8_t *packet, size_t len);

/* Adds or deletes an address, or a route, with ip(8). 0 or -errno. */
int cable_address(const struct cable *t, bool add, const char *address);
int cable_route(const struct cable *t, const char *prefix, const char *gateway);

#endif
