/* dhcp_out.h - DHCP messages out. */
#ifndef STACK_DHCP_DHCP_OUT_H
#define STACK_DHCP_DHCP_OUT_H

#include "stack/dhcp/dhcp_priv.h"

/* Queues a message of the type, with the fields that its phase demands (RFC 2131 table 5). */
void dhcp_send(struct stack *s, struct dhcp_client *c, enum dhcp_type type);

/* Fills in the client identifier of dev; returns its length, at most DHCP_ID_MAX. */
uint8_t dhcp_client_id(const struct netdev *dev, uint8_t *id);

#endif
