/* ip_gateway.h - the choice of a gateway that answers. */
#ifndef STACK_IP_IP_GATEWAY_H
#define STACK_IP_IP_GATEWAY_H

#include "stack/ip/ip_priv.h"

/* The route for key, or NULL; *until: the time at which a gateway that was passed over is to be
 * tried again, unchanged if there is none. Valid while ip_route_gen() stays the same. */
const struct route *ip_gateway_route(struct stack *s, const struct route_key *key, nsec_t *until);

#endif
