/* ip_config.h - interface and address configuration. */
#ifndef STACK_IP_IP_CONFIG_H
#define STACK_IP_IP_CONFIG_H

#include "stack/ip/ip_if.h"

/* Adds an address with lifetimes and flags, starts duplicate address detection (IPv6) or announces
 * it (IPv4). Errors as stack_addr_add(). */
int ip_ifaddr_add(struct stack *s, struct netdev *dev, const struct ip_ifaddr_spec *spec);

#endif
