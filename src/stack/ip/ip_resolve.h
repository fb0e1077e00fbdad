/* ip_resolve.h - address resolution: the work that the neighbour cache has marked. */
#ifndef STACK_IP_IP_RESOLVE_H
#define STACK_IP_IP_RESOLVE_H

#include "stack/ip/ip_priv.h"

/* Sends solicitations and queued packets, fails packets to neighbours that did not answer. Returns
 * true if there was anything to do. */
bool ip_resolve(struct stack *s);

#endif
