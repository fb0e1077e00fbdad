/* dhcp.c - the clients of an instance: start and stop, and replies to the one they are for. */
#include "stack/dhcp/dhcp.h"

#include "stack/dhcp/dhcp_client.h"
#include "stack/dhcp/dhcp_lease.h"
#include "stack/dhcp/dhcp_out.h"
#include "stack/udp/udp.h"

#include <errno.h>
#include <stdlib.h>

static struct dhcp_client *client_of(const struct stack *s, const struct netdev *dev)
{
	return s->dhcp == NULL ? NULL : s->dhcp->of[dev->ifindex];
}

/* A client identifier is echoed, if at all (RFC 6842). */
static bool for_client(const struct dhcp_client *c, const struct dhcp *d)
{
	uint8_t id[DHCP_ID_MAX];
	uint8_t len = dhcp_client_id(c->dev, id);

	return d->op == DHCP_OP_REPLY && d->xid == c->xid &&
	       eth_addr_eq(&d->chaddr, &c->dev->mac) &&
	       (d->id_len == 0 || (d->id_len == len && memcmp(d->id, id, len) == 0));
}

/* Takes every datagram to the client's port of an interface that has a client. */
static bool input(struct stack *s, const struct udp *u, const struct ip_rx *rx)
{
	struct dhcp_client *c = client_of(s, rx->dev);
	struct dhcp_view v;
	struct dhcp d;

	if (c == NULL)
		return false;
	if (u->sport != DHCP_SERVER_PORT || !dhcp_view(&v, u->data, u->len) ||
		dhcp_parse(&d, v) != DROP_NONE)
		c->ignored.malformed++;
	else if (!for_client(c, &d))
		c->ignored.foreign++;
	else
		dhcp_client_input(s, c, &d);
	return true;
}

int dhcp_start(struct stack *s, struct netdev *dev)
{
	if (dev->kind != NETDEV_ETHER)
		return -EOPNOTSUPP;
	if (client_of(s, dev) != NULL)
		return -EALREADY;
	s->dhcp->of[dev->ifindex] = dhcp_client_new(s, dev);
	return client_of(s, dev) == NULL ? -ENOMEM : 0;
}

int dhcp_ask_for(struct stack *s, struct netdev *dev, const struct ip_addr *addr)
{
	struct dhcp_client *c = client_of(s, dev);

	if (!dhcp_is_unicast(addr))
		return -EINVAL;
	if (c == NULL)
		return -ENOENT;
	if (c->phase != DHCP_INIT || c->failures > 0)
		return -EALREADY;
	c->again = *addr;
	return 0;
}

void dhcp_release(struct stack *s, struct netdev *dev)
{
	struct dhcp_client *c = client_of(s, dev);

	if (c != NULL && dhcp_has_lease(c))
		dhcp_send(s, c, DHCP_RELEASE);
}

void dhcp_stop(struct stack *s, struct netdev *dev)
{
	struct dhcp_client *c = client_of(s, dev);

	if (c == NULL)
		return;
	s->dhcp->of[dev->ifindex] = NULL;
	dhcp_client_free(s, c);
}

bool dhcp_runs(const struct stack *s, const struct netdev *dev)
{
	return client_of(s, dev) != NULL;
}

const struct dhcp_lease *dhcp_lease(const struct stack *s, const struct netdev *dev)
{
	const struct dhcp_client *c = client_of(s, dev);

	return c != NULL && dhcp_has_lease(c) ? &c->lease : NULL;
}

struct dhcp_ignored dhcp_ignored(const struct stack *s, const struct netdev *dev)
{
	const struct dhcp_client *c = client_of(s, dev);

	return c == NULL ? (struct dhcp_ignored){0} : c->ignored;
}

void dhcp_set_events(struct stack *s, const struct dhcp_events *ev)
{
	s->dhcp->events = *ev;
}

struct dhcp_state *dhcp_state_new(struct stack *s)
{
	struct dhcp_state *st = calloc(1, sizeof(*st));

	if (st != NULL)
		udp_set_service(s, DHCP_CLIENT_PORT, input);
	return st;
}

void dhcp_state_free(struct stack *s)
{
	for (uint32_t i = 1; i <= NETDEV_MAX; i++)
		if (s->dhcp->of[i] != NULL)
			dhcp_stop(s, s->dhcp->of[i]->dev);
	free(s->dhcp);
	s->dhcp = NULL;
}
