/*
 * ip_calls.h - what the files of link/ and ip/ ask of each other; included at the end of ip_priv.h.
 */
#ifndef STACK_IP_IP_CALLS_H
#define STACK_IP_IP_CALLS_H

#include "stack/ip/ip_priv.h"

/* ---- ip_if.c: interfaces and addresses ---- */

/* The address as one of this instance, tentative or not; NULL if it is not. */
struct ip_ifaddr *ip_ifaddr_find(const struct stack *s, const struct ip_addr *a);

/* How a packet for dst that came in over dev is to be taken. */
enum ip_cast ip_cast_of(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst);

/* Adds an address with lifetimes and flags; as stack_addr_add(). */
struct ip_ifaddr_spec {
	struct ip_addr addr;
	unsigned bits;
	uint8_t flags;
	nsec_t preferred_until, valid_until;
};
int ip_ifaddr_add(struct stack *s, struct netdev *dev, const struct ip_ifaddr_spec *spec);

/* The same without what an added address sets off (ip_config.c): in the table, *out is the entry.
 */
int ip_ifaddr_insert(struct stack *s, struct netdev *dev, const struct ip_ifaddr_spec *spec,
	struct ip_ifaddr **out);
void ip_ifaddr_del(struct stack *s, struct ip_ifaddr *a);

/* True if dst is 255.255.255.255 or the broadcast address of a prefix of dev. */
bool ip_is_broadcast(const struct netdev *dev, const struct ip_addr *dst);

/* True if a->src may speak to a->dst in a packet that came in over dev: it is not multicast,
 * broadcast or ours, and 0.0.0.0 only speaks to everybody. */
bool ip_source_ok(const struct stack *s, const struct netdev *dev, const struct ip_pair *a);

/* Both questions about a packet that came in over dev, remembered. */
const struct ip_class *ip_classify(
	struct stack *s, const struct netdev *dev, const struct ip_pair *a);

/* ---- ip_opts.c: record route and timestamp ---- */

/* Writes us into the options of the header at head, which is h's, and makes its checksum right. */
void ip_opts_record(
	const struct stack *s, const struct ipv4 *h, uint8_t *head, const struct ip_addr *us);

/* The options that an answer of us to the packet at head carries: writes them to IPV4_OPT_MAX bytes
 * at out and returns how many count, a multiple of 4. */
struct ip_bytes {
	const uint8_t *p;
	size_t len;
};
uint32_t ip_opts_answer(
	const struct stack *s, const struct ip_bytes *head, const struct ip_addr *us, uint8_t *out);

/* ---- ip_saddr.c: which of our addresses stands for us ---- */

/* The source for dst over dev: RFC 6724 section 5 for IPv6, Linux's rules for IPv4. False: none. */
bool ip_saddr_select(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst,
	struct ip_addr *out);

/* ---- ip_dst.c: the way to a destination ---- */

struct ip_dst *ip_dst_lookup(struct stack *s, const struct ip_addr *dst, uint32_t ifindex);

/* ---- ip_out.c: what whole packets and fragments have in common ---- */

uint8_t ip6_hops(const struct stack *s, const struct ip_tx *tx, const struct ip_dst *dst);
uint32_t ip6_flow(const struct stack *s, const struct pkt *p, const struct ip_tx *tx);

/* ---- ip_frag.c: cutting ---- */

/* Sends p, a transport packet too long for the way, in fragments. Takes p. As ip_out(). */
int ip_fragment(struct stack *s, struct pkt *p, const struct ip_tx *tx, const struct ip_dst *dst);

/* The identification of the next packet between these two (RFC 6864, RFC 7739). */
uint32_t ip_ident(struct stack *s, const struct ip_pair *a, uint8_t proto);

/* Puts an IP packet, header in place, on its way: to lo or a link; counts it. Takes p. */
int ip_transmit(struct stack *s, struct pkt *p, struct ip_dst *dst);

/* ---- ip_out.c: later ---- */

/* Sends p in ip_flush(), as tx says. Takes p. */
void ip_send_later(struct stack *s, struct pkt *p, const struct ip_tx *tx);

/* Sends p, a whole IP packet of others between a, on its way in ip_flush(). Takes p. */
void ip_forward_later(struct stack *s, struct pkt *p, const struct ip_pair *a);

/* Sends the frame p to dev in ip_flush(). Takes p. */
void ip_frame_later(struct stack *s, struct netdev *dev, struct pkt *p);

/* ---- link/: frames ---- */

/* Puts p, an IP packet, on the link towards next; way says if it is a group. Takes p. As ip_out().
 */
int link_out(struct stack *s, struct pkt *p, struct ip_dst *dst);

/* Sends p, an IP packet, to dst in an Ethernet frame. Takes p. As ip_out(). */
int eth_out(struct netdev *dev, struct pkt *p, const struct eth_addr *dst, bool v6);

/* Hands a whole frame to the device and counts it. Takes p. */
int link_send(struct netdev *dev, struct pkt *p);

/* An ARP message; p->data is behind the Ethernet header. Takes p. */
void arp_in(struct stack *s, struct netdev *dev, struct pkt *p);

/* Sends one ARP question about target; to hw, or to all if NULL. */
void arp_solicit(struct stack *s, struct netdev *dev, const struct ip_addr *target,
	const struct eth_addr *hw);

/* Tells everybody of an address of ours (gratuitous ARP, RFC 5227 section 2.3). */
void arp_announce(struct stack *s, struct netdev *dev, const struct ip_addr *addr);

/* Does what the neighbour cache has marked. True if something was marked. */
bool ip_resolve(struct stack *s);

/* ---- ip_in.c, ip6_in.c: packets ---- */

/* p->data is the IP header. Take p. */
void ip4_input(struct stack *s, struct netdev *dev, struct pkt *p);
void ip6_input(struct stack *s, struct netdev *dev, struct pkt *p);

/* ---- ip_forward.c: packets for others. p->data is the IP header, of which h was read. Take p.
 * ---- */

void ip4_forward(struct stack *s, struct netdev *dev, struct pkt *p, struct ipv4 *h);
void ip6_forward(struct stack *s, struct netdev *dev, struct pkt *p, const struct ipv6 *h);

/* What a packet was, for the ICMP error about it. */
struct ip_cause {
	const uint8_t *p; /* its IP header */
	uint32_t len;
	struct netdev *dev;
	struct ip_pair addr;
	bool v6;
	bool group; /* it came to a group on the link or in IP: no error (RFC 1122 section 3.2.2) */
};

/* ---- icmp_in.c, icmp_out.c ---- */

void icmp4_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);
void icmp6_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);

/* Sends an error about cause, if the rules and the budgets allow. rest: the header's second word.
 */
struct icmp_what {
	uint8_t type, code;
	uint32_t rest;
};
void icmp_error_out(struct stack *s, const struct ip_cause *cause, const struct icmp_what *what);

/* Counts a message that leaves. */
void icmp_count_out(struct stack *s, bool v6, uint8_t type);

/* Tells the transport of a packet of our own, at p from its IP header on, that e happened to it. */
void icmp_notify(struct stack *s, const uint8_t *p, uint32_t len, const struct ip_error *e);

/* ---- ndp_in.c, ndp_out.c, ndp_auto.c: IPv6 neighbours, routers, addresses ---- */

void ndp_input(struct stack *s, const struct icmp *m, const struct ip_rx *rx);

/* Sends n between a on dev. */
void ndp_send(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_pair *a);

/* Sends a neighbour solicitation about target; to hw's owner alone if unicast. */
void ndp_solicit(struct stack *s, struct netdev *dev, const struct ip_addr *target, bool unicast);

/* An address was added: starts duplicate address detection (RFC 4862 section 5.4). */
void ndp_detect(struct stack *s, struct ip_ifaddr *a);

/* Somebody else has the tentative address a. */
void ndp_duplicate(struct stack *s, struct ip_ifaddr *a);

/* An interface came up: link-local address, then router solicitations. */
void ndp_start(struct stack *s, struct netdev *dev);

/* Adds, renews or (lifetime 0) takes away a route that a router told of. No other is touched. */
void ndp_set_route(struct stack *s, struct route *r, uint32_t lifetime_s);

/* A router advertised: default route, prefixes, addresses, MTU (RFC 4861 section 6.3.4, RFC 4862).
 */
void ndp_advert(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_rx *rx);

#endif
