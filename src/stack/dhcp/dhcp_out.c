/* dhcp_out.c - DHCP messages out: RFC 2131 table 5, in UDP from port 68 to 67. */
#include "stack/dhcp/dhcp_out.h"

#include "stack/ip/ip_out.h"
#include "wire/udp.h"

enum {
	HEADERS = 28, /* of IPv4 and UDP */
};

/* Not the hardware address alone: the kernel's client on the same device would get the same
 * address. Type 0 is "no hardware address" (RFC 2132 section 9.14). */
uint8_t dhcp_client_id(const struct netdev *dev, uint8_t *id)
{
	static const char prefix[] = "\0burble";
	const uint8_t len = sizeof(prefix) - 1;

	_Static_assert(sizeof(prefix) - 1 + ETH_ADDR_LEN <= DHCP_ID_MAX, "it fits");
	memcpy(id, prefix, len);
	memcpy(id + len, dev->mac.b, ETH_ADDR_LEN);
	return len + ETH_ADDR_LEN;
}

/* A request for an address that is not in use yet: the answer must be a broadcast. */
static void for_new(const struct dhcp_client *c, struct dhcp *d)
{
	d->broadcast = true;
	if (d->type == DHCP_DISCOVER)
		return;
	d->requested = c->offer.addr;
	d->server = c->offer.server;
}

static void fill(struct stack *s, struct dhcp_client *c, struct dhcp *d)
{
	nsec_t secs = (s->now - c->began) / NSEC_SEC;

	d->op = DHCP_OP_REQUEST;
	d->xid = c->xid;
	d->chaddr = c->dev->mac;
	d->id_len = dhcp_client_id(c->dev, d->id);
	if (dhcp_has_lease(c))
		d->ciaddr = c->lease.addr;
	else
		for_new(c, d);
	switch (d->type) {
	case DHCP_DISCOVER:
	case DHCP_REQUEST:
		d->secs = (uint16_t)(secs < UINT16_MAX ? secs : UINT16_MAX);
		d->asks = true;
		d->max_size = (uint16_t)(u32_min(c->dev->mtu, UINT16_MAX) - HEADERS);
		return;
	case DHCP_RELEASE: d->server = c->lease.server; return;
	}
	d->broadcast = false; /* a DECLINE has no answer */
}

void dhcp_send(struct stack *s, struct dhcp_client *c, enum dhcp_type type)
{
	bool unicast = type == DHCP_RELEASE || c->phase == DHCP_RENEWING;
	struct ip_tx tx = {.ifindex = c->dev->ifindex, .proto = IP_PROTO_UDP, .may_fragment = true};
	struct udp u = {.sport = DHCP_CLIENT_PORT, .dport = DHCP_SERVER_PORT};
	struct dhcp d = {.type = type};
	struct pkt *p = pkt_new(&s->pkts, UDP_HDR_LEN + DHCP_LEN_MAX);

	if (p == NULL) {
		stack_count(s, MIB_IpOutDiscards);
		return;
	}
	fill(s, c, &d);
	u.len = (uint16_t)dhcp_emit_len(&d);
	u.data = p->data + UDP_HDR_LEN;
	p->len = UDP_HDR_LEN + (uint32_t)u.len;
	tx.addr.src = dhcp_has_lease(c) ? c->lease.addr : IP_ADDR_ANY4;
	tx.addr.dst = unicast ? c->lease.server : ip_addr_from_v4(UINT32_MAX);
	dhcp_emit(&d, p->data + UDP_HDR_LEN);
	udp_emit(&u, &tx.addr, p->data);
	stack_count(s, MIB_UdpOutDatagrams);
	ip_send_later(s, p, &tx);
}
