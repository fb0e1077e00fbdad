/*
 * flow.c - mapping between the numbers of a script and those on the wire.
 *
 *                    script            wire
 *     local port     -                 8080, or what connect() chose
 *     local seq      0, 1, 1001        local ISN + that, learnt from the first SYN or SYN-ACK
 *     remote seq     0, 1, 1001        ISN of the script's SYN + that
 *     local TS val   100               learnt with each segment, restored where it is echoed
 */
#include "lab/pkt/flow.h"

#include "wire/tcp.h"

#include <stdlib.h>

static struct pkt_flow *flow_new(struct pkt_run *r, const struct pkt_packet *p)
{
	struct pkt_flow *f;

	if (r->flows == PKT_FLOWS)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	r->flow[r->flows++] = f;
	r->current = f;
	f->proto = p->proto;
	if (p->inbound) {
		f->script_port = p->has_ports ? p->sport : 0;
		f->local_port = p->has_ports ? p->dport : r->bind_port;
		f->remote_port = p->has_ports ? p->sport : r->next_port++;
	} else {
		f->local_port = p->sport;
		f->remote_port = p->dport;
	}
	return f;
}

static bool is_opening(const struct pkt_packet *p)
{
	return p->proto == PKT_UDP ||
	       (p->proto == PKT_TCP && (p->flags & (SEG_SYN | SEG_ACK)) == SEG_SYN);
}

/* By the ports in the script; 0: any local port. */
static struct pkt_flow *flow_by_ports(struct pkt_run *r, const struct pkt_packet *p)
{
	uint16_t remote = p->inbound ? p->sport : p->dport;
	uint16_t local = p->inbound ? p->dport : p->sport;

	for (uint32_t i = r->flows; i-- > 0;)
		if (r->flow[i]->script_port == remote && r->flow[i]->proto == p->proto &&
			(r->flow[i]->local_port == local || local == 0))
			return r->flow[i];
	return NULL;
}

struct pkt_flow *flow_for_script(struct pkt_run *r, const struct pkt_packet *p)
{
	struct pkt_flow *f;

	if (p->proto == PKT_ICMP)
		return r->current;
	if (p->has_ports) {
		f = flow_by_ports(r, p);
		if (f)
			r->current = f;
		return f || !p->inbound ? f : flow_new(r, p);
	}
	f = r->current && r->current->proto == p->proto ? r->current : NULL;
	if (p->inbound && (!f || (r->listening && p->proto == PKT_TCP && is_opening(p)))) {
		r->listening = false;
		return flow_new(r, p);
	}
	return f;
}

struct pkt_flow *flow_known(const struct pkt_run *r, const struct pkt_packet *p)
{
	for (uint32_t i = r->flows; i-- > 0;)
		if (r->flow[i]->proto == p->proto && r->flow[i]->local_port == p->sport &&
			r->flow[i]->remote_port == p->dport)
			return r->flow[i];
	return NULL;
}

struct pkt_flow *flow_for_wire(struct pkt_run *r, const struct pkt_packet *p)
{
	struct pkt_flow *f = flow_known(r, p);

	return f || !is_opening(p) ? f : flow_new(r, p);
}

/* --- options ---------------------------------------------------------------------------------- */

static bool echo_to_wire(const struct pkt_run *r, const struct pkt_flow *f, uint8_t *ecr)
{
	uint32_t v = get_be32(ecr);

	for (uint32_t i = 0; i < f->stamps && i < PKT_STAMPS; i++) {
		uint32_t at = (f->stamps - 1 - i) % PKT_STAMPS;

		if (f->stamp[at].script == v) {
			put_be32(ecr, f->stamp[at].live);
			return true;
		}
	}
	if (r->ecr_scaled && f->stamps > 0)
		put_be32(ecr, v + f->stamp[0].live - f->stamp[0].script);
	return v == 0 || (r->ecr_scaled && f->stamps > 0);
}

static void shift_sack(struct tcp_opt *o, uint32_t by)
{
	uint8_t *at = (uint8_t *)(uintptr_t)o->data;

	for (size_t i = 0; i + 4 <= o->len; i += 4)
		put_be32(at + i, get_be32(at + i) + by);
}

bool flow_to_wire(struct pkt_run *r, struct pkt_flow *f, struct pkt_packet *p)
{
	const uint8_t *at = p->opt;
	size_t left = p->opt_len;
	bool syn = p->flags & SEG_SYN, good = true;
	struct tcp_opt o;

	p->sport = f->remote_port;
	p->dport = f->local_port;
	if (syn)
		f->offered_isn = p->seq; /* in effect once answered with a SYN */
	if (syn && !f->has_remote_isn)
		f->remote_isn = p->seq;
	f->has_remote_isn |= syn;
	if (!syn)
		p->seq += f->remote_isn;
	if (p->flags & SEG_ACK)
		p->ack += f->local_isn - (syn ? f->script_local_isn : 0);
	while (tcp_opt_next(&o, &at, &left) && o.kind != TCP_OPT_EOL) {
		if (o.kind == TCP_OPT_SACK)
			shift_sack(&o, f->local_isn);
		else if (o.kind == TCP_OPT_TS && o.len == 8 && (p->flags & SEG_ACK))
			good &= echo_to_wire(r, f, (uint8_t *)(uintptr_t)o.data + 4);
	}
	return good;
}

/* Timestamps are not compared: the live value is learnt, and replaced with the script's. */
static void learn_stamp(struct pkt_flow *f, const struct pkt_packet *expected, struct tcp_opt *o)
{
	uint32_t live = get_be32(o->data), script = live;
	size_t left = expected->opt_len;
	const uint8_t *at = expected->opt;
	struct tcp_opt e;
	bool found = false;

	while (!found && tcp_opt_next(&e, &at, &left) && e.kind != TCP_OPT_EOL)
		if (e.kind == TCP_OPT_TS && e.len == 8) {
			script = get_be32(e.data);
			found = true;
		}
	if (!found)
		return;
	if (f->stamps == 0) {
		f->base_script = script;
		f->base_live = live;
	}
	f->stamp_off = (uint32_t)abs((int32_t)((live - f->base_live) - (script - f->base_script)));
	f->stamp[f->stamps % PKT_STAMPS].script = script;
	f->stamp[f->stamps++ % PKT_STAMPS].live = live;
	put_be32((uint8_t *)(uintptr_t)o->data, script);
}

/* Flow labels are random: one in the script only says whether it is the same as the last one. */
static uint32_t label_to_script(struct pkt_flow *f, uint32_t expected, uint32_t live)
{
	if (live == 0 || f->live_label == 0 ||
		(expected == f->script_label) == (live == f->live_label)) {
		f->script_label = expected;
		f->live_label = live;
		return live ? expected : 0;
	}
	return expected == f->script_label ? live : f->script_label;
}

/* A SYN numbered as a continuation of the flow: the script reopens a port pair without restarting
 * its sequence numbers. */
static bool continues(const struct pkt_flow *f, const struct pkt_packet *expected,
	const struct pkt_packet *actual)
{
	return f->has_local_isn &&
	       actual->seq - f->local_isn == expected->seq - f->script_local_isn;
}

void flow_to_script(
	struct pkt_flow *f, const struct pkt_packet *expected, struct pkt_packet *actual)
{
	const uint8_t *at = actual->opt;
	size_t left = actual->opt_len;
	bool syn = actual->flags & SEG_SYN;
	struct tcp_opt o;

	if (syn && (expected->flags & SEG_SYN) && !continues(f, expected, actual)) {
		f->has_local_isn = true;
		f->local_isn = actual->seq;
		f->script_local_isn = expected->seq;
		f->remote_isn = f->offered_isn;
	}
	actual->seq -= f->local_isn - (syn ? f->script_local_isn : 0);
	if ((actual->flags & SEG_ACK) && !syn)
		actual->ack -= f->remote_isn;
	else if (actual->flags & SEG_ACK)
		actual->ack -= expected->flags & SEG_SYN ? 0 : f->remote_isn;
	while (tcp_opt_next(&o, &at, &left) && o.kind != TCP_OPT_EOL) {
		if (o.kind == TCP_OPT_SACK)
			shift_sack(&o, -f->remote_isn);
		else if (o.kind == TCP_OPT_TS && o.len == 8)
			learn_stamp(f, expected, &o);
	}
	if (expected->has_flow)
		actual->flow = label_to_script(f, expected->flow, actual->flow);
	if (f->script_port == 0 && expected->has_ports) {
		f->script_port = expected->dport;
		actual->sport = expected->sport;
		actual->dport = expected->dport;
	}
}
