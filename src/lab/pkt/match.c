/*
 * match.c - matching of expected packets: waiting, joining segments, comparing, reporting what
 * differs.
 */
#include "lab/pkt/match.h"

#include "lab/pkt/call.h"
#include "lab/pkt/flow.h"
#include "lab/pkt/icmp.h"
#include "lab/pkt/packet.h"
#include "wire/tcp.h"

#include <stdio.h>
#include <stdlib.h>

#define MATCH_WAIT (2 * NSEC_SEC) /* after the expected time */

/* True if the queue holds the SYN of a new flow. */
static bool new_syn_queued(struct pkt_run *r)
{
	struct pkt_packet p;

	for (const struct pkt_frame *f = r->sut.first; f; f = f->next)
		if (packet_parse(r, f, &p) && p.proto == PKT_TCP && (p.flags & SEG_SYN) &&
			!flow_known(r, &p))
			return true;
	return false;
}

/*
 * True if `want` can refer to this packet. Without ports it refers to the newest flow: packets of
 * older ones are ignored, as is a retransmitted SYN once that of a newer flow is queued.
 */
static bool refers(struct pkt_run *r, const struct pkt_packet *want, const struct pkt_packet *got)
{
	bool known = flow_known(r, got) != NULL;
	const struct pkt_flow *f;

	if (got->proto == PKT_ICMP)
		return want->proto == PKT_ICMP || r->current == NULL;
	f = flow_for_wire(r, got);
	if (!f || want->has_ports)
		return f != NULL;
	if (want->proto == PKT_TCP && (want->flags & (SEG_SYN | SEG_ACK)) == SEG_SYN && known &&
		new_syn_queued(r))
		return false;
	return f == r->current;
}

/* Dequeues the next packet that `want` can refer to, dropping others; NULL if there is none. */
static struct pkt_frame *next_frame(
	struct pkt_run *r, const struct pkt_packet *want, nsec_t until, struct pkt_packet *got)
{
	for (;;) {
		struct pkt_frame *f;

		r->sut.ops->advance(
			&r->sut, until, true, r->blocked ? &r->invocation.job.wait.ready : NULL);
		f = sut_dequeue(&r->sut);
		if (!f && call_ready(r)) {
			if (!call_retry(r))
				return NULL;
			continue;
		}
		if (!f)
			return NULL;
		if (packet_parse(r, f, got) && refers(r, want, got)) {
			packet_check_md5(r, f, want, got);
			return f;
		}
		free(f);
	}
}

/* Payload is all zeros, unless the script wrote a string. */
static bool payload_good(const struct pkt_run *r, const struct pkt_frame *f, uint32_t len)
{
	for (size_t i = f->len - size_min(f->len, len); i < f->len; i++)
		if (f->bytes[i] != 0 && !r->text_payload)
			return false;
	return true;
}

static bool ecn_good(const struct pkt_packet *e, const struct pkt_packet *a)
{
	switch (e->ecn) {
	case PKT_ECN_UNSET: return true;
	case PKT_ECN_NONE: return (a->tos & 3) == 0;
	case PKT_ECN_ECT0: return (a->tos & 3) == 2;
	case PKT_ECN_ECT1: return (a->tos & 3) == 1;
	case PKT_ECN_CE: return (a->tos & 3) == 3;
	case PKT_ECN_ECT01: return (a->tos & 3) == 1 || (a->tos & 3) == 2;
	case PKT_ECN_TOS: return a->tos == e->tos;
	}
	return false;
}

/* A missing code means code 0, as in injected packets; a missing MTU means any. */
static const char *icmp_difference(const struct pkt_packet *e, const struct pkt_packet *a, bool v6)
{
	int type = icmp_type_number(e->icmp_type, v6);

	if (strcmp(e->icmp_type, a->icmp_type) != 0)
		return "type";
	if (icmp_code_number(e->icmp_code, type, v6) != a->code)
		return "code";
	return e->mtu && e->mtu != a->mtu ? "MTU" : NULL;
}

/* Names the first field that differs; NULL if none does. */
static const char *difference(const struct pkt_packet *e, const struct pkt_packet *a, bool v6)
{
	if (e->proto != a->proto)
		return "protocol";
	if (!ecn_good(e, a))
		return "type of service";
	if (e->has_ttl && e->ttl != a->ttl)
		return "time to live";
	if (e->proto == PKT_ICMP)
		return icmp_difference(e, a, v6);
	if (e->has_ports && (e->sport != a->sport || e->dport != a->dport))
		return "ports";
	if (e->len != a->len)
		return "length";
	if (e->proto == PKT_UDP)
		return NULL;
	if (e->has_flow && e->flow != a->flow)
		return "flow label";
	if (e->flags != a->flags)
		return "flags";
	if (e->seq != a->seq)
		return "sequence number";
	if (e->has_ack && e->ack != a->ack)
		return "acknowledgement number";
	if (e->has_win && e->win != a->win)
		return "window";
	if (e->has_urg && e->urg != a->urg)
		return "urgent pointer";
	if (!e->any_opts && (e->opt_len != a->opt_len || memcmp(e->opt, a->opt, e->opt_len) != 0))
		return "options";
	return NULL;
}

/* Reports both packets, with a mark under the first character that differs. */
static bool mismatch(struct pkt_run *r, const struct pkt_event *e, const char *what,
	const struct pkt_packet *actual)
{
	char want[512], got[512], mark[512];
	struct pkt_packet shown = *actual;
	size_t n = 0;

	if (e->packet.ecn == PKT_ECN_UNSET)
		shown.ecn = PKT_ECN_UNSET;
	shown.has_ttl = e->packet.has_ttl;
	shown.has_flow = e->packet.has_flow;
	shown.has_win = e->packet.has_win || !strcmp(what, "time");
	shown.has_ports = e->packet.has_ports;
	packet_text(want, sizeof(want), &e->packet);
	packet_text(got, sizeof(got), &shown);
	while (want[n] && want[n] == got[n] && n + 1 < sizeof(mark))
		mark[n++] = ' ';
	snprintf(mark + n, sizeof(mark) - n, "^");
	return run_fail(r, e->line, "%s differs\n  expected  %s\n  actual    %s\n            %s",
		what, want, got, mark);
}

/* True if segment `b` continues `a`. */
static bool joins(const struct pkt_packet *a, const struct pkt_packet *b)
{
	const uint16_t same = SEG_SYN | SEG_RST | SEG_URG | SEG_ECE;

	return b->proto == PKT_TCP && a->sport == b->sport && a->dport == b->dport &&
	       b->seq == a->seq + a->len && a->ack == b->ack && a->win == b->win &&
	       ((a->flags ^ b->flags) & same) == 0 && b->len > 0 && !(a->flags & SEG_FIN);
}

/* Joins segments up to the expected length. Time and window are those of the first. */
static void gather(
	struct pkt_run *r, const struct pkt_packet *e, struct pkt_packet *a, nsec_t until)
{
	while (e->proto == PKT_TCP && a->proto == PKT_TCP && a->len > 0 && a->len < e->len &&
		!r->strict_segments) {
		struct pkt_packet more;
		struct pkt_frame *f = next_frame(r, e, until, &more);

		if (!f)
			return;
		if (!joins(a, &more) || a->len + more.len > e->len) {
			sut_requeue(&r->sut, f);
			return;
		}
		a->len += more.len;
		a->flags = (more.flags & ~SEG_CWR) | (a->flags & SEG_CWR);
		free(f);
	}
}

static bool time_good(
	struct pkt_run *r, const struct pkt_event *e, nsec_t at, nsec_t end, nsec_t sent)
{
	nsec_t slack = run_tolerance(r, end - r->previous);

	if (e->when.kind == PKT_ANY_TIME || (sent >= at - slack && sent <= end + slack))
		return true;
	return run_fail(r, e->line, "sent at %.6f, expected at %.6f%s",
		(double)(sent - r->start) / 1e9, (double)(at - r->start) / 1e9,
		e->when.range ? " or later" : "");
}

bool match_expect(struct pkt_run *r, const struct pkt_event *e, nsec_t at, nsec_t end)
{
	nsec_t until = e->when.kind == PKT_ANY_TIME ? r->sut.now + r->sut.ops->any_time_max
						    : end + MATCH_WAIT;
	struct pkt_packet got;
	struct pkt_frame *f = next_frame(r, &e->packet, until, &got);
	struct pkt_flow *flow, *expected;
	const char *what;
	nsec_t sent;
	char want[512];

	if (!f) {
		packet_text(want, sizeof(want), &e->packet);
		return run_fail(r, e->line, "no packet was sent\n  expected  %s", want);
	}
	sent = f->at;
	flow = got.proto == PKT_ICMP ? NULL : flow_for_wire(r, &got);
	expected = flow_for_script(r, &e->packet);
	what = payload_good(r, f, got.len) ? NULL : "payload";
	free(f);
	gather(r, &e->packet, &got, until);
	if (flow && got.proto == PKT_TCP)
		flow_to_script(flow, &e->packet, &got);
	if (!what && flow && expected && flow != expected && e->packet.has_ports)
		what = "connection";
	if (!what)
		what = difference(&e->packet, &got, r->mode == PKT_IPV6);
	if (!what && flow && r->ts_tick &&
		flow->stamp_off * (nsec_t)r->ts_tick > r->tolerance_usecs / NSEC_USEC + r->ts_tick)
		what = "timestamp";
	if (what)
		return mismatch(r, e, what, &got);
	return time_good(r, e, at, end, sent);
}
