/*
 * arp.h - address resolution for IPv4 on Ethernet (RFC 826).
 *
 *     | hardware 1 | protocol 0x0800 | 6 | 4 | operation |
 *     | sender hardware (6) | sender protocol (4) | target hardware (6) | target protocol (4) |
 */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include "wire/eth.h"

enum {
	ARP_LEN = 28,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

struct arp_view {
	const uint8_t *p; /* at least ARP_LEN bytes */
};

/* One message; IPv4 addresses are mapped. */
struct arp {
	uint16_t op; /* ARP_REQUEST or ARP_REPLY */
	struct eth_addr sender_hw, target_hw;
	struct ip_addr sender, target;
};

/* The only bounds check. Padding may follow. */
static inline bool arp_view(struct arp_view *v, const uint8_t *p, size_t len)
{
	*v = (struct arp_view){p};
	return len >= ARP_LEN;
}

/* Reads a message. Returns DROP_HARDWARE, DROP_OPCODE, or DROP_ADDRESS: a sender that is multicast,
 * loopback or broadcast, or whose hardware address is a group. A sender of 0.0.0.0 is a probe (RFC
 * 5227): valid. */
enum drop arp_parse(struct arp *out, struct arp_view v);

static inline size_t arp_emit_len(const struct arp *a)
{
	return ARP_LEN;
}

/* Writes ARP_LEN bytes at p. */
void arp_emit(const struct arp *a, uint8_t *p);

/* Writes "Request who-has 10.0.0.2 tell 10.0.0.1, length 28", like snprintf(). */
int arp_print(char *out, size_t n, const struct arp *a);

#endif
