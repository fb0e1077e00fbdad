/*
 * mcast_out.c - reports of group membership out. All have a router alert (RFC 2113, RFC 2711) and
 * one hop; those of IGMP also the type of service of network control, as in Linux.
 */
#include "stack/ip/mcast_out.h"

#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_saddr.h"

enum {
	TOS_CONTROL = 0xc0, /* RFC 3376 section 4 */
};

static const uint8_t alert4[4] = {0x94, 4, 0, 0};
/* A hop-by-hop header: next header, length, router alert "MLD", padding. */
static const uint8_t alert6[8] = {IP_PROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};

/* All routers of version 3, the group itself, or to leave it all routers. */
static struct ip_addr destination(const struct mcast_report *r)
{
	const struct group_record *first = &r->record[0];

	if (r->version == 3)
		return r->m->v6 ? (struct ip_addr){{0xff, 2, [15] = 0x16}}
				: ip_addr_from_v4(0xe0000016);
	if (first->type != GROUP_TO_INCLUDE)
		return first->group;
	return r->m->v6 ? (struct ip_addr){{0xff, 2, [15] = 2}} : ip_addr_from_v4(0xe0000002);
}

/* MLD's must be link-local, or :: while there is none (RFC 3590). */
static struct ip_addr source(struct stack *s, const struct mcast *m, const struct ip_addr *dst)
{
	struct ip_addr src = m->v6 ? IP_ADDR_ANY6 : IP_ADDR_ANY4;

	if (!ip_saddr_select(s, m->dev, dst, &src) || (m->v6 && !ip_addr_is_link_local(&src)))
		return m->v6 ? IP_ADDR_ANY6 : IP_ADDR_ANY4;
	return src;
}

static void count(struct stack *s, const struct mcast_report *r, const uint8_t *message)
{
	if (r->m->v6)
		icmp_count_out(s, true, message[0]);
}

void mcast_send(struct stack *s, struct mcast_report *r)
{
	bool v6 = r->m->v6;
	uint32_t head = v6 ? sizeof(alert6) : sizeof(alert4),
		 len = (uint32_t)group_emit_len(v6, r->version, r->count);
	struct ip_tx tx = {.ifindex = r->m->dev->ifindex,
		.flow = IP_NO_FLOW,
		.proto = v6 ? IP_PROTO_HOPOPT : IP_PROTO_IGMP,
		.tos = v6 ? 0 : TOS_CONTROL,
		.ttl = 1,
		.opt_len = v6 ? 0 : sizeof(alert4)};
	struct pkt *p;

	if (r->count == 0)
		return;
	p = pkt_new(&s->pkts, head + len);
	if (p == NULL) {
		stack_count(s, v6 ? MIB_Icmp6OutErrors : MIB_IpOutDiscards);
		return;
	}
	tx.addr.dst = destination(r);
	tx.addr.src = source(s, r->m, &tx.addr.dst);
	p->len = head + len;
	memcpy(p->data, v6 ? alert6 : alert4, head);
	group_emit(r->version, r->record, r->count, &tx.addr, p->data + head);
	count(s, r, p->data + head);
	r->count = 0;
	ip_send_later(s, p, &tx);
}

void mcast_add(struct stack *s, struct mcast_report *r, enum group_record_type type,
	const struct ip_addr *group)
{
	if (r->count == MCAST_RECORDS_MAX)
		mcast_send(s, r);
	r->record[r->count++] = (struct group_record){(uint8_t)type, *group};
}
