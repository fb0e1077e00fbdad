/*
 * print.c - packet printer, see print.h.
 */
#include "observe/print.h"

#include <ctype.h>
#include <stdio.h>

#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/group.h"
#include "wire/ndp.h"
#include "wire/text.h"
#include "wire/udp.h"

/* A parsed IP packet, and the line so far. */
struct line {
	struct printer *pr;
	struct text t;
	bool v6;
	struct ip_pair addr;
	uint8_t proto;
	uint8_t hops;
	const uint8_t *data; /* of the transport */
	size_t len;
};

void print_init(struct printer *pr, bool absolute)
{
	memset(pr, 0, sizeof(*pr));
	pr->absolute = absolute;
}

int print_time(char *out, size_t n, nsec_t at)
{
	nsec_t us = at / NSEC_USEC;

	return snprintf(
		out, n, "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
}

/* --- relative sequence numbers ---------------------------------------------------------------- */

static bool is_flow(
	const struct print_flow *f, const struct ip_pair *a, uint16_t sport, uint16_t dport)
{
	return f->sport == sport && f->dport == dport && ip_addr_eq(&f->addr.src, &a->src) &&
	       ip_addr_eq(&f->addr.dst, &a->dst);
}

/* The bases to subtract from the numbers of s. Adds its connection if it is new. */
static void bases(struct line *l, const struct tcp_seg *s, struct seq *seq, struct seq *ack)
{
	struct ip_pair reverse = {l->addr.dst, l->addr.src};
	struct print_flow *f = NULL;
	bool back = false;

	*seq = *ack = seq_of(0);
	if (l->pr->absolute || !(s->flags & SEG_ACK))
		return;
	for (uint32_t i = 0; i < l->pr->count && f == NULL; i++) {
		back = is_flow(&l->pr->flow[i], &reverse, s->dport, s->sport);
		if (back || is_flow(&l->pr->flow[i], &l->addr, s->sport, s->dport))
			f = &l->pr->flow[i];
	}
	if (f != NULL && !(s->flags & SEG_SYN)) {
		*seq = back ? f->ack : f->seq;
		*ack = back ? f->seq : f->ack;
		return;
	}
	if (f == NULL) {
		f = &l->pr->flow[l->pr->next];
		l->pr->next = (l->pr->next + 1) % PRINT_FLOWS_MAX;
		l->pr->count = u32_min(l->pr->count + 1, PRINT_FLOWS_MAX);
	}
	*f = (struct print_flow){l->addr, s->sport, s->dport, s->seq, seq_sub(s->ack, 1)};
}

/* --- protocols: "A > B: ..." ------------------------------------------------------------------ */

static void arrow(struct line *l, int sport, int dport)
{
	char src[IP_ADDR_TEXT_MAX], dst[IP_ADDR_TEXT_MAX];

	ip_addr_text(src, &l->addr.src);
	ip_addr_text(dst, &l->addr.dst);
	if (sport < 0)
		text_add(&l->t, "%s > %s: ", src, dst);
	else
		text_add(&l->t, "%s.%d > %s.%d: ", src, sport, dst, dport);
}

static void line_tcp(struct line *l)
{
	struct tcp_view v;
	struct tcp_seg s;
	struct seq seq, ack;

	if (!tcp_view(&v, l->data, l->len)) {
		arrow(l, -1, -1);
		text_add(&l->t, "tcp [truncated]");
		return;
	}
	tcp_parse(&s, v, NULL);
	arrow(l, s.sport, s.dport);
	bases(l, &s, &seq, &ack);
	tcp_text(&l->t, &s, seq, ack);
	if (tcp_parse(&s, v, &l->addr) != DROP_NONE)
		text_add(&l->t, " [bad checksum]");
}

/* False: it is another protocol, or one that is malformed. */
static bool line_dhcp(struct line *l, const struct udp *u)
{
	char text[80];
	struct dhcp_view v;
	struct dhcp d;

	if (u->dport != DHCP_SERVER_PORT && u->dport != DHCP_CLIENT_PORT)
		return false;
	if (!dhcp_view(&v, u->data, u->len) || dhcp_parse(&d, v) != DROP_NONE)
		return false;
	dhcp_print(text, sizeof(text), &d, u->len);
	text_add(&l->t, "%s", text);
	return true;
}

static void line_udp(struct line *l)
{
	struct udp_view v;
	struct udp u;

	if (!udp_view(&v, l->data, l->len)) {
		arrow(l, -1, -1);
		text_add(&l->t, "udp [truncated]");
		return;
	}
	enum drop why = udp_parse(&u, v, &l->addr);

	if (why != DROP_NONE)
		udp_parse(&u, v, NULL);
	arrow(l, u.sport, u.dport);
	if (l->v6 || !line_dhcp(l, &u))
		text_add(&l->t, "UDP, length %u", u.len);
	if (why != DROP_NONE)
		text_add(&l->t, " [%s]", drop_name(why));
}

static void line_ndp(struct line *l, const struct icmp *m)
{
	struct ipv6 ip = {.addr = l->addr, .hop_limit = l->hops};
	char text[160];
	struct ndp_view v;
	struct ndp n;
	enum drop why = DROP_TRUNCATED;

	if (ndp_view(&v, m, &ip))
		why = ndp_parse(&n, v);
	if (why == DROP_NONE)
		ndp_print(text, sizeof(text), &n);
	else
		icmp_print(text, sizeof(text), m, true);
	text_add(&l->t, "%s", text);
	if (why != DROP_NONE)
		text_add(&l->t, " [%s]", drop_name(why));
}

static void line_icmp(struct line *l)
{
	struct icmp_view v;
	char text[160];
	struct icmp m;

	arrow(l, -1, -1);
	if (!icmp_view(&v, l->data, l->len)) {
		text_add(&l->t, "icmp [truncated]");
		return;
	}
	enum drop why = icmp_parse(&m, v, l->v6 ? &l->addr : NULL);

	if (why != DROP_NONE) {
		text_add(&l->t, "icmp [%s]", drop_name(why));
	} else if (l->v6 && ndp_is(m.type)) {
		line_ndp(l, &m);
	} else {
		icmp_print(text, sizeof(text), &m, l->v6);
		text_add(&l->t, "%s", text);
	}
}

static void line_igmp(struct line *l)
{
	struct group_msg m;
	char text[80];
	enum drop why = group_parse_igmp(&m, l->data, l->len);

	arrow(l, -1, -1);
	if (why != DROP_NONE) {
		text_add(&l->t, "igmp [%s]", drop_name(why));
		return;
	}
	group_print(text, sizeof(text), &m);
	text_add(&l->t, "%s", text);
}

/* Another protocol, or a fragment without its header. */
static void line_other(struct line *l)
{
	char name[16];

	arrow(l, -1, -1);
	snprintf(name, sizeof(name), "%s", ip_proto_text(l->proto));
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strcmp(name, "unknown") == 0)
		text_add(&l->t, "ip-proto-%u %zu", l->proto, l->len);
	else
		text_add(&l->t, "%s", name);
}

static void line_transport(struct line *l, bool later_fragment)
{
	if (later_fragment)
		line_other(l);
	else if (l->proto == IP_PROTO_TCP)
		line_tcp(l);
	else if (l->proto == IP_PROTO_UDP)
		line_udp(l);
	else if (l->proto == IP_PROTO_IGMP && !l->v6)
		line_igmp(l);
	else if (l->proto == (l->v6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP))
		line_icmp(l);
	else
		line_other(l);
}

static void line_ipv4(struct line *l, const uint8_t *p, size_t len)
{
	struct ipv4_view v;
	struct ipv4 h;
	enum drop why = DROP_TRUNCATED;

	text_add(&l->t, "IP ");
	if (ipv4_view(&v, p, len))
		why = ipv4_parse(&h, v);
	if (why != DROP_NONE) {
		text_add(&l->t, "[%s]", drop_name(why));
		return;
	}
	l->addr = h.addr;
	l->proto = h.proto;
	l->hops = h.ttl;
	l->data = h.data;
	l->len = h.len;
	line_transport(l, h.frag_off > 0);
}

static void line_fragment6(struct line *l, const struct ipv6_chain *c, const struct ipv6 *h)
{
	size_t at = c->frag_at + (size_t)IPV6_FRAG_LEN;

	arrow(l, -1, -1);
	text_add(&l->t, "frag (%u|%zu)", c->frag_off, h->len - at);
	if (c->frag_off > 0)
		return;
	text_add(&l->t, " ");
	line_transport(l, false);
}

static void line_ipv6(struct line *l, const uint8_t *p, size_t len)
{
	struct ipv6_view v;
	struct ipv6_chain c;
	struct ipv6 h;
	enum drop why = DROP_TRUNCATED;

	l->v6 = true;
	text_add(&l->t, "IP6 ");
	if (ipv6_view(&v, p, len))
		why = ipv6_parse(&h, v);
	if (why == DROP_NONE)
		why = ipv6_upper(&c, &h);
	if (why != DROP_NONE) {
		text_add(&l->t, "[%s]", drop_name(why));
		return;
	}
	l->addr = h.addr;
	l->proto = c.proto;
	l->hops = h.hop_limit;
	l->data = h.data + c.off;
	l->len = (size_t)h.len - c.off;
	if (c.fragmented)
		line_fragment6(l, &c, &h);
	else
		line_transport(l, false);
}

int print_packet(struct printer *pr, char *out, size_t n, const uint8_t *p, size_t len)
{
	struct line l = {.pr = pr, .t = text_in(out, n)};

	if (len == 0)
		text_add(&l.t, "IP [%s]", drop_name(DROP_TRUNCATED));
	else if (p[0] >> 4 == 6)
		line_ipv6(&l, p, len);
	else
		line_ipv4(&l, p, len);
	return (int)l.t.len;
}

static int print_arp(char *out, size_t n, const uint8_t *p, size_t len)
{
	struct text t = text_in(out, n);
	enum drop why = DROP_TRUNCATED;
	struct arp_view v;
	struct arp a;
	char text[100];

	if (arp_view(&v, p, len))
		why = arp_parse(&a, v);
	if (why == DROP_NONE) {
		arp_print(text, sizeof(text), &a);
		text_add(&t, "ARP, %s", text);
	} else {
		text_add(&t, "ARP, [%s]", drop_name(why));
	}
	return (int)t.len;
}

int print_frame(struct printer *pr, char *out, size_t n, const uint8_t *p, size_t len)
{
	struct text t = text_in(out, n);
	struct eth_view v;
	struct eth e;

	if (!eth_view(&v, p, len) || eth_parse(&e, v) != DROP_NONE)
		text_add(&t, "ethernet [bad frame], length %zu", len);
	else if (e.type == ETH_TYPE_ARP)
		return print_arp(out, n, e.data, e.len);
	else if (e.type == ETH_TYPE_IPV4 || e.type == ETH_TYPE_IPV6)
		return print_packet(pr, out, n, e.data, e.len);
	else
		text_add(&t, "ethertype 0x%04x, length %u", e.type, e.len);
	return (int)t.len;
}
