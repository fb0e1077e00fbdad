/* ip_dst.h - destination cache. */
#ifndef STACK_IP_IP_DST_H
#define STACK_IP_IP_DST_H

#include "stack/ip/ip_priv.h"

/* The entry for dst on interface ifindex (0: by route), resolved again if the cached one is stale;
 * never NULL, an unreachable destination has its error in err. Valid until the next lookup. */
struct ip_dst *ip_dst_lookup(struct stack *s, const struct ip_addr *dst, uint32_t ifindex);

#endif
