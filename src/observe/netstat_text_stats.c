/*
 * netstat_text_stats.c - netstat -s: a sentence for each counter that net-tools has one for, the
 * others by their names unless they are 0.
 */
#include "observe/netstat_text.h"

#include <inttypes.h>

enum kind {
	ALWAYS, /* shown even if 0 */
	IF_ANY, /* shown unless 0 */
	IN,     /* likewise, below "ICMP input histogram:" */
	OUT,    /* below "ICMP output histogram:" */
};

/* A counter's text before and after its value. The texts are those that scripts look for. Some that
 * net-tools has are missing, as in its output: it does not find them in its own table, whose order
 * is not quite that of its search, and prints the name. */
static const struct entry {
	const char *name, *before, *after;
	enum kind kind;
} entries[] = {
	{"IpForwDatagrams", "", " forwarded", ALWAYS},
	{"IpFragCreates", "", " fragments created", IF_ANY},
	{"IpFragFails", "", " outgoing packets failed fragmentation", IF_ANY},
	{"IpFragOKs", "", " outgoing packets fragmented ok", IF_ANY},
	{"IpInAddrErrors", "", " with invalid addresses", IF_ANY},
	{"IpInDelivers", "", " incoming packets delivered", ALWAYS},
	{"IpInDiscards", "", " incoming packets discarded", ALWAYS},
	{"IpInHdrErrors", "", " with invalid headers", IF_ANY},
	{"IpInReceives", "", " total packets received", ALWAYS},
	{"IpInUnknownProtos", "", " with unknown protocol", IF_ANY},
	{"IpOutDiscards", "", " outgoing packets dropped", IF_ANY},
	{"IpOutNoRoutes", "", " dropped because of missing route", IF_ANY},
	{"IpOutRequests", "", " requests sent out", ALWAYS},
	{"IpReasmFails", "", " packet reassemblies failed", IF_ANY},
	{"IpReasmOKs", "", " packets reassembled ok", IF_ANY},
	{"IpReasmReqds", "", " reassemblies required", IF_ANY},
	{"IpReasmTimeout", "", " fragments dropped after timeout", IF_ANY},
	{"Ip6FragCreates", "", " fragments created", IF_ANY},
	{"Ip6FragFails", "", " outgoing packets failed fragmentation", IF_ANY},
	{"Ip6FragOKs", "", " outgoing packets fragmented ok", IF_ANY},
	{"Ip6InAddrErrors", "", " with invalid addresses", IF_ANY},
	{"Ip6InDelivers", "", " incoming packets delivered", ALWAYS},
	{"Ip6InDiscards", "", " incoming packets discarded", ALWAYS},
	{"Ip6InHdrErrors", "", " with invalid headers", IF_ANY},
	{"Ip6InMcastPkts", "", " incoming multicast packets", IF_ANY},
	{"Ip6InNoRoutes", "", " incoming packets with no route", IF_ANY},
	{"Ip6InReceives", "", " total packets received", ALWAYS},
	{"Ip6InTooBigErrors", "", " with packets too big", IF_ANY},
	{"Ip6InTruncatedPkts", "", " with truncated packets", IF_ANY},
	{"Ip6InUnknownProtos", "", " with unknown protocol", IF_ANY},
	{"Ip6OutDiscards", "", " outgoing packets dropped", IF_ANY},
	{"Ip6OutForwDatagrams", "", " forwarded", ALWAYS},
	{"Ip6OutMcastPkts", "", " outgoing multicast packets", IF_ANY},
	{"Ip6OutNoRoutes", "", " dropped because of missing route", IF_ANY},
	{"Ip6OutRequests", "", " requests sent out", ALWAYS},
	{"Ip6ReasmFails", "", " packet reassemblies failed", IF_ANY},
	{"Ip6ReasmOKs", "", " packets reassembled ok", IF_ANY},
	{"Ip6ReasmReqds", "", " reassemblies required", IF_ANY},
	{"Ip6ReasmTimeout", "", " fragments dropped after timeout", IF_ANY},
	{"IcmpInAddrMaskReps", "address mask replies: ", "", IN},
	{"IcmpInAddrMasks", "address mask request: ", "", IN},
	{"IcmpInDestUnreachs", "destination unreachable: ", "", IN},
	{"IcmpInEchoReps", "echo replies: ", "", IN},
	{"IcmpInEchos", "echo requests: ", "", IN},
	{"IcmpInErrors", "", " input ICMP message failed", ALWAYS},
	{"IcmpInMsgs", "", " ICMP messages received", ALWAYS},
	{"IcmpInParmProbs", "wrong parameters: ", "", IN},
	{"IcmpInRedirects", "redirects: ", "", IN},
	{"IcmpInSrcQuenchs", "source quenches: ", "", IN},
	{"IcmpInTimeExcds", "timeout in transit: ", "", IN},
	{"IcmpInTimestampReps", "timestamp reply: ", "", IN},
	{"IcmpInTimestamps", "timestamp request: ", "", IN},
	{"IcmpOutAddrMaskReps", "address mask replies: ", "", OUT},
	{"IcmpOutAddrMasks", "address mask requests: ", "", OUT},
	{"IcmpOutDestUnreachs", "destination unreachable: ", "", OUT},
	{"IcmpOutEchoReps", "echo replies: ", "", OUT},
	{"IcmpOutEchos", "echo requests: ", "", OUT},
	{"IcmpOutErrors", "", " ICMP messages failed", ALWAYS},
	{"IcmpOutMsgs", "", " ICMP messages sent", ALWAYS},
	{"IcmpOutParmProbs", "wrong parameters: ", "", OUT},
	{"IcmpOutRedirects", "redirect: ", "", OUT},
	{"IcmpOutSrcQuenchs", "source quench: ", "", OUT},
	{"IcmpOutTimeExcds", "time exceeded: ", "", OUT},
	{"IcmpOutTimestampReps", "timestamp replies: ", "", OUT},
	{"IcmpOutTimestamps", "timestamp requests: ", "", OUT},
	{"Icmp6InDestUnreachs", "destination unreachable: ", "", IN},
	{"Icmp6InEchoReplies", "echo replies: ", "", IN},
	{"Icmp6InEchos", "echo requests: ", "", IN},
	{"Icmp6InErrors", "", " input ICMP message failed", ALWAYS},
	{"Icmp6InGroupMembQueries", "group member queries: ", "", IN},
	{"Icmp6InGroupMembReductions", "group member reductions: ", "", IN},
	{"Icmp6InGroupMembResponses", "group member responses: ", "", IN},
	{"Icmp6InMsgs", "", " ICMP messages received", ALWAYS},
	{"Icmp6InNeighborAdvertisements", "neighbour advertisement: ", "", IN},
	{"Icmp6InNeighborSolicits", "neighbour solicits: ", "", IN},
	{"Icmp6InParmProblems", "parameter problem: ", "", IN},
	{"Icmp6InPktTooBigs", "packets too big: ", "", IN},
	{"Icmp6InRedirects", "redirects: ", "", IN},
	{"Icmp6InRouterAdvertisements", "router advertisement: ", "", IN},
	{"Icmp6InRouterSolicits", "router solicits: ", "", IN},
	{"Icmp6InTimeExcds", "received ICMPv6 time exceeded: ", "", IN},
	{"Icmp6OutDestUnreachs", "destination unreachable: ", "", OUT},
	{"Icmp6OutEchoReplies", "echo replies: ", "", OUT},
	{"Icmp6OutEchos", "echo requests: ", "", OUT},
	{"Icmp6OutGroupMembQueries", "group member queries: ", "", OUT},
	{"Icmp6OutGroupMembReductions", "group member reductions: ", "", OUT},
	{"Icmp6OutGroupMembResponses", "group member responses: ", "", OUT},
	{"Icmp6OutMsgs", "", " ICMP messages sent", ALWAYS},
	{"Icmp6OutNeighborAdvertisements", "neighbor advertisements: ", "", OUT},
	{"Icmp6OutNeighborSolicits", "neighbor solicits: ", "", OUT},
	{"Icmp6OutParmProblems", "parameter problem: ", "", OUT},
	{"Icmp6OutPktTooBigs", "packets too big: ", "", OUT},
	{"Icmp6OutRedirects", "redirects: ", "", OUT},
	{"Icmp6OutRouterSolicits", "router solicits: ", "", OUT},
	{"Icmp6OutTimeExcds", "sent ICMPv6 time exceeded: ", "", OUT},
	{"TcpActiveOpens", "", " active connection openings", ALWAYS},
	{"TcpAttemptFails", "", " failed connection attempts", ALWAYS},
	{"TcpCurrEstab", "", " connections established", ALWAYS},
	{"TcpEstabResets", "", " connection resets received", ALWAYS},
	{"TcpInErrs", "", " bad segments received", ALWAYS},
	{"TcpInSegs", "", " segments received", ALWAYS},
	{"TcpOutRsts", "", " resets sent", ALWAYS},
	{"TcpOutSegs", "", " segments sent out", ALWAYS},
	{"TcpPassiveOpens", "", " passive connection openings", ALWAYS},
	{"TcpRetransSegs", "", " segments retransmitted", ALWAYS},
	{"UdpInDatagrams", "", " packets received", ALWAYS},
	{"UdpInErrors", "", " packet receive errors", ALWAYS},
	{"UdpNoPorts", "", " packets to unknown port received", ALWAYS},
	{"UdpOutDatagrams", "", " packets sent", ALWAYS},
	{"UdpRcvbufErrors", "", " receive buffer errors", ALWAYS},
	{"UdpSndbufErrors", "", " send buffer errors", ALWAYS},
	{"Udp6InDatagrams", "", " packets received", ALWAYS},
	{"Udp6InErrors", "", " packet receive errors", ALWAYS},
	{"Udp6NoPorts", "", " packets to unknown port received", ALWAYS},
	{"Udp6OutDatagrams", "", " packets sent", ALWAYS},
	{"TcpExtDelayedACKLocked", "", " delayed acks further delayed because of locked socket",
		IF_ANY},
	{"TcpExtDelayedACKLost", "Quick ack mode was activated ", " times", IF_ANY},
	{"TcpExtDelayedACKs", "", " delayed acks sent", IF_ANY},
	{"TcpExtEmbryonicRsts", "", " resets received for embryonic SYN_RECV sockets", IF_ANY},
	{"TcpExtListenDrops", "", " SYNs to LISTEN sockets dropped", IF_ANY},
	{"TcpExtListenOverflows", "", " times the listen queue of a socket overflowed", IF_ANY},
	{"TcpExtLockDroppedIcmps", "", " ICMP packets dropped because socket was locked", IF_ANY},
	{"TcpExtOfoPruned", "",
		" packets dropped from out-of-order queue because of socket buffer overrun",
		IF_ANY},
	{"TcpExtOutOfWindowIcmps", "", " ICMP packets dropped because they were out-of-window",
		IF_ANY},
	{"TcpExtPAWSActive", "", " active connections rejected because of time stamp", IF_ANY},
	{"TcpExtPAWSEstab", "", " packets rejected in established connections because of timestamp",
		IF_ANY},
	{"TcpExtPruneCalled", "",
		" packets pruned from receive queue because of socket buffer overrun", IF_ANY},
	{"TcpExtRcvPruned", "", " packets pruned from receive queue", IF_ANY},
	{"TcpExtSyncookiesFailed", "", " invalid SYN cookies received", IF_ANY},
	{"TcpExtSyncookiesRecv", "", " SYN cookies received", IF_ANY},
	{"TcpExtSyncookiesSent", "", " SYN cookies sent", IF_ANY},
	{"TcpExtTCPAbortFailed", "", " times unable to send RST due to no memory", IF_ANY},
	{"TcpExtTCPAbortOnClose", "", " connections reset due to early user close", IF_ANY},
	{"TcpExtTCPAbortOnData", "", " connections reset due to unexpected data", IF_ANY},
	{"TcpExtTCPAbortOnLinger", "", " connections aborted after user close in linger timeout",
		IF_ANY},
	{"TcpExtTCPAbortOnMemory", "", " connections aborted due to memory pressure", IF_ANY},
	{"TcpExtTCPAbortOnTimeout", "", " connections aborted due to timeout", IF_ANY},
	{"TcpExtTCPFastRetrans", "", " fast retransmits", IF_ANY},
	{"TcpExtTCPFullUndo", "", " congestion windows fully recovered without slow start", IF_ANY},
	{"TcpExtTCPHPAcks", "", " predicted acknowledgments", IF_ANY},
	{"TcpExtTCPHPHits", "", " packet headers predicted", ALWAYS},
	{"TcpExtTCPLossFailures", "", " timeouts in loss state", IF_ANY},
	{"TcpExtTCPLossUndo", "",
		" congestion windows recovered without slow start after partial ack", IF_ANY},
	{"TcpExtTCPMemoryPressures", "TCP ran low on memory ", " times", IF_ANY},
	{"TcpExtTCPPartialUndo", "", " congestion windows partially recovered using Hoe heuristic",
		IF_ANY},
	{"TcpExtTCPPureAcks", "", " acknowledgments not containing data payload received", IF_ANY},
	{"TcpExtTCPRcvCollapsed", "",
		" packets collapsed in receive queue due to low socket buffer", IF_ANY},
	{"TcpExtTCPRenoFailures", "", " timeouts after reno fast retransmit", IF_ANY},
	{"TcpExtTCPRenoRecovery", "", " times recovered from packet loss due to fast retransmit",
		IF_ANY},
	{"TcpExtTCPRenoReorder", "Detected reordering ", " times using reno fast retransmit",
		IF_ANY},
	{"TcpExtTCPSACKReorder", "Detected reordering ", " times using SACK", IF_ANY},
	{"TcpExtTCPSlowStartRetrans", "", " retransmits in slow start", IF_ANY},
	{"TcpExtTCPTSReorder", "Detected reordering ", " times using time stamp", IF_ANY},
	{"TcpExtTW", "", " TCP sockets finished time wait in fast timer", IF_ANY},
	{"TcpExtTWRecycled", "", " time wait sockets recycled by time stamp", IF_ANY},
};

/* A group of counters; the longer of two names that begin alike comes first. */
struct group {
	const char *name;
	bool v6, tcp, udp;
};

static const struct group groups[] = {{"TcpExt", false, true, false}, {"IpExt", false, true, true},
	{"Icmp6", true, false, false}, {"Icmp", false, false, false}, {"Ip6", true, false, false},
	{"Ip", false, false, false}, {"Tcp", false, true, false}, {"Udp6", true, false, true},
	{"Udp", false, false, true}};

static const struct group *group_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (strncmp(name, groups[i].name, strlen(groups[i].name)) == 0)
			return &groups[i];
	return NULL;
}

/* TCP is of both versions. */
static bool is_shown(const struct group *g, const struct netstat_groups *want)
{
	if (want->v4 && !want->v6 ? g->v6 : !g->v6 && strcmp(g->name, "Tcp") != 0)
		return false;
	return (!want->tcp && !want->udp) || (want->tcp && g->tcp) || (want->udp && g->udp);
}

static const struct entry *entry_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		if (strcmp(name, entries[i].name) == 0)
			return &entries[i];
	return NULL;
}

/* The last kind of line decides how far the next one without a sentence is indented. */
static int indent_of(enum kind kind)
{
	return kind == IN || kind == OUT ? 8 : 4;
}

static void add_counter(
	struct text *t, const struct group *g, const struct counter *c, enum kind *state)
{
	const struct entry *e = entry_of(c->name);

	if (!e) {
		if (c->value)
			text_add(t, "%*s%s: %" PRIu64 "\n", indent_of(*state), "",
				c->name + (g->v6 ? 0 : strlen(g->name)), c->value);
		return;
	}
	if ((e->kind == IN || e->kind == OUT) && *state != e->kind)
		text_add(t, "%*sICMP %s histogram:\n", indent_of(*state), "",
			e->kind == IN ? "input" : "output");
	if (c->value || e->kind == ALWAYS)
		text_add(t, "%*s%s%" PRIu64 "%s\n", indent_of(e->kind), "", e->before, c->value,
			e->after);
	*state = e->kind;
}

/* One group, in its own order, below its name. */
static void add_group(struct text *t, const struct counter_list *l, const struct group *g)
{
	enum kind state = ALWAYS;

	text_add(t, "%s:\n", g->name);
	for (uint32_t i = 0; i < l->count; i++)
		if (group_of(l->at[i].name) == g)
			add_counter(t, g, &l->at[i], &state);
}

void netstat_text_stats(
	struct text *t, const struct counter_list *l, const struct netstat_groups *want)
{
	static const char *const order[] = {
		"Ip6", "Ip", "Icmp6", "Icmp", "Udp6", "Tcp", "Udp", "TcpExt", "IpExt"};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct group *g = group_of(order[i]);

		if (is_shown(g, want))
			add_group(t, l, g);
	}
}
