/*
 * eth.h - Ethernet II frames (RFC 894, RFC 2464).
 *
 *     | destination (6) | source (6) | type (2) | data | padding up to 60 bytes |
 */
#ifndef WIRE_ETH_H
#define WIRE_ETH_H

#include "wire/addr.h"
#include "wire/drop.h"

enum {
	ETH_HDR_LEN = 14,
	ETH_ADDR_LEN = 6,
	ETH_FRAME_MIN = 60,     /* without the FCS that the hardware adds */
	ETH_ADDR_TEXT_MAX = 18, /* "02:00:00:00:00:01" and its NUL */
	ETH_TYPE_IPV4 = 0x0800,
	ETH_TYPE_ARP = 0x0806,
	ETH_TYPE_IPV6 = 0x86dd,
	ETH_TYPE_MIN = 0x0600, /* a smaller value is an IEEE 802.3 length, not a type */
};

struct eth_addr {
	uint8_t b[ETH_ADDR_LEN];
};

#define ETH_ADDR_BROADCAST ((struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})

struct eth_view {
	const uint8_t *p;
	uint32_t len; /* at least ETH_HDR_LEN */
};

/* One frame. Borrows its data. */
struct eth {
	struct eth_addr dst, src;
	uint16_t type;
	uint32_t len; /* bytes of data, including padding */
	const uint8_t *data;
};

static inline bool eth_addr_eq(const struct eth_addr *a, const struct eth_addr *b)
{
	return memcmp(a->b, b->b, ETH_ADDR_LEN) == 0;
}

/* Group address: broadcast or multicast. */
static inline bool eth_addr_is_group(const struct eth_addr *a)
{
	return a->b[0] & 1;
}

/* The group address to which IP multicast is sent (RFC 1112 section 6.4, RFC 2464 section 7). */
struct eth_addr eth_addr_multicast(const struct ip_addr *group);

/* Writes "02:00:00:00:00:01"; out has ETH_ADDR_TEXT_MAX bytes. Returns out. */
char *eth_addr_text(char *out, const struct eth_addr *a);

/* The only bounds check. */
static inline bool eth_view(struct eth_view *v, const uint8_t *p, size_t len)
{
	*v = (struct eth_view){p, (uint32_t)len};
	return len >= ETH_HDR_LEN;
}

/* Reads a frame. Returns DROP_ADDRESS (source is a group), DROP_TYPE (IEEE 802.3), or DROP_NONE. */
enum drop eth_parse(struct eth *out, struct eth_view v);

static inline size_t eth_emit_len(const struct eth *e)
{
	return ETH_HDR_LEN;
}

/* Writes the header at p. */
void eth_emit(const struct eth *e, uint8_t *p);

/* Writes "02:.. > ff:.., ethertype ARP (0x0806), length 42", like snprintf(). */
int eth_print(char *out, size_t n, const struct eth *e);

#endif
