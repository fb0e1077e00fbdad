/* ndp_auto.h - IPv6 autoconfiguration (RFC 4862), routers (RFC 4861 section 6.3). */
#ifndef STACK_IP_NDP_AUTO_H
#define STACK_IP_NDP_AUTO_H

#include "stack/ip/ip_priv.h"

/* Adds the link-local address of an attached interface and schedules router solicitations. */
void ndp_start(struct stack *s, struct netdev *dev);

/* Duplicate address detection of a is over, one way or the other: after that of the link-local
 * address routers are solicited. */
void ndp_detected(struct stack *s, const struct ip_ifaddr *a);

/* Adds or renews a route learned from a router, for lifetime_s seconds (UINT32_MAX: for ever; 0:
 * removed). Routes of other origins are untouched; beyond IP_LEARNT_ROUTES_MAX it is ignored. */
void ndp_set_route(struct stack *s, struct route *r, uint32_t lifetime_s);

/* The neighbour has ceased to be a router: it is no default router any more (RFC 4861 section
 * 7.2.5). */
void ndp_forget_router(struct stack *s, const struct netdev *dev, const struct ip_addr *router);

/* A valid router advertisement n received on dev: default route, prefixes, addresses, hop limit,
 * MTU (RFC 4861 section 6.3.4, RFC 4862 section 5.5.3). */
void ndp_advert(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_rx *rx);

#endif
