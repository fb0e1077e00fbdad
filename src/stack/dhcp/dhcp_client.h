/* dhcp_client.h - one client: its states, timers and messages. */
#ifndef STACK_DHCP_DHCP_CLIENT_H
#define STACK_DHCP_DHCP_CLIENT_H

#include "stack/dhcp/dhcp_priv.h"

/* A reply for the client, validated as a message. */
void dhcp_client_input(struct stack *s, struct dhcp_client *c, const struct dhcp *d);

/* A new client of dev, which begins after a random delay. NULL: out of memory. */
struct dhcp_client *dhcp_client_new(struct stack *s, struct netdev *dev);

/* Frees c and what it has configured. */
void dhcp_client_free(struct stack *s, struct dhcp_client *c);

#endif
