/*
 * chat_addr.h - mistakes in --addr and --gw that the stack would accept: a prefix that is missing,
 * an address that no host has, a gateway that cannot be reached.
 */
#ifndef CLI_CHAT_ADDR_H
#define CLI_CHAT_ADDR_H

#include <stdint.h>

/* Why a host cannot be ADDRESS/BITS and what to write instead; NULL: nothing is wrong, or no
 * address at all, which the stack refuses. */
const char *chat_addr_mistake(const char *addr);

/* Why a host with `count` addresses ("dhcp" among them: any IPv4 network) cannot send through the
 * gateway; NULL as above. */
const char *chat_gateway_mistake(const char *gateway, const char *const *addrs, uint32_t count);

#endif
