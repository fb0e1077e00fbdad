/*
 * mib.h - the counters of one stack instance: those of /proc/net/snmp, netstat and snmp6 of Linux
 * 6.18, under the names that nstat prints. One enumerator per counter, MIB_ and Linux's name, so
 * that a search for the name finds where it is incremented.
 *
 * A counter that nothing here increments stays zero, as on a kernel where the case never occurs.
 */
#ifndef STACK_MIB_H
#define STACK_MIB_H

#include "base/base.h"

/* Several to a line. */
/* clang-format off */
enum mib {
	/* Ip */
	MIB_IpInReceives, MIB_IpInHdrErrors, MIB_IpInAddrErrors, MIB_IpForwDatagrams,
	MIB_IpInUnknownProtos, MIB_IpInDiscards, MIB_IpInDelivers, MIB_IpOutRequests,
	MIB_IpOutDiscards, MIB_IpOutNoRoutes, MIB_IpReasmTimeout, MIB_IpReasmReqds,
	MIB_IpReasmOKs, MIB_IpReasmFails, MIB_IpFragOKs, MIB_IpFragFails, MIB_IpFragCreates,
	MIB_IpOutTransmits,
	/* Icmp */
	MIB_IcmpInMsgs, MIB_IcmpInErrors, MIB_IcmpInCsumErrors, MIB_IcmpInDestUnreachs,
	MIB_IcmpInTimeExcds, MIB_IcmpInParmProbs, MIB_IcmpInSrcQuenchs, MIB_IcmpInRedirects,
	MIB_IcmpInEchos, MIB_IcmpInEchoReps, MIB_IcmpInTimestamps, MIB_IcmpInTimestampReps,
	MIB_IcmpInAddrMasks, MIB_IcmpInAddrMaskReps, MIB_IcmpOutMsgs, MIB_IcmpOutErrors,
	MIB_IcmpOutRateLimitGlobal, MIB_IcmpOutRateLimitHost, MIB_IcmpOutDestUnreachs,
	MIB_IcmpOutTimeExcds, MIB_IcmpOutParmProbs, MIB_IcmpOutSrcQuenchs, MIB_IcmpOutRedirects,
	MIB_IcmpOutEchos, MIB_IcmpOutEchoReps, MIB_IcmpOutTimestamps, MIB_IcmpOutTimestampReps,
	MIB_IcmpOutAddrMasks, MIB_IcmpOutAddrMaskReps,
	/* Tcp */
	MIB_TcpActiveOpens, MIB_TcpPassiveOpens, MIB_TcpAttemptFails, MIB_TcpEstabResets,
	MIB_TcpCurrEstab, MIB_TcpInSegs, MIB_TcpOutSegs, MIB_TcpRetransSegs, MIB_TcpInErrs,
	MIB_TcpOutRsts, MIB_TcpInCsumErrors,
	/* Udp */
	MIB_UdpInDatagrams, MIB_UdpNoPorts, MIB_UdpInErrors, MIB_UdpOutDatagrams,
	MIB_UdpRcvbufErrors, MIB_UdpSndbufErrors, MIB_UdpInCsumErrors, MIB_UdpIgnoredMulti,
	MIB_UdpMemErrors,
	/* TcpExt */
	MIB_TcpExtSyncookiesSent, MIB_TcpExtSyncookiesRecv, MIB_TcpExtSyncookiesFailed,
	MIB_TcpExtEmbryonicRsts, MIB_TcpExtPruneCalled, MIB_TcpExtRcvPruned, MIB_TcpExtOfoPruned,
	MIB_TcpExtOutOfWindowIcmps, MIB_TcpExtLockDroppedIcmps, MIB_TcpExtArpFilter,
	MIB_TcpExtTW, MIB_TcpExtTWRecycled, MIB_TcpExtTWKilled, MIB_TcpExtPAWSActive,
	MIB_TcpExtPAWSEstab, MIB_TcpExtBeyondWindow, MIB_TcpExtTSEcrRejected,
	MIB_TcpExtPAWSOldAck, MIB_TcpExtPAWSTimewait, MIB_TcpExtDelayedACKs,
	MIB_TcpExtDelayedACKLocked, MIB_TcpExtDelayedACKLost, MIB_TcpExtListenOverflows,
	MIB_TcpExtListenDrops, MIB_TcpExtTCPHPHits, MIB_TcpExtTCPPureAcks, MIB_TcpExtTCPHPAcks,
	MIB_TcpExtTCPRenoRecovery, MIB_TcpExtTCPSackRecovery, MIB_TcpExtTCPSACKReneging,
	MIB_TcpExtTCPSACKReorder, MIB_TcpExtTCPRenoReorder, MIB_TcpExtTCPTSReorder,
	MIB_TcpExtTCPFullUndo, MIB_TcpExtTCPPartialUndo, MIB_TcpExtTCPDSACKUndo,
	MIB_TcpExtTCPLossUndo, MIB_TcpExtTCPLostRetransmit, MIB_TcpExtTCPRenoFailures,
	MIB_TcpExtTCPSackFailures, MIB_TcpExtTCPLossFailures, MIB_TcpExtTCPFastRetrans,
	MIB_TcpExtTCPSlowStartRetrans, MIB_TcpExtTCPTimeouts, MIB_TcpExtTCPLossProbes,
	MIB_TcpExtTCPLossProbeRecovery, MIB_TcpExtTCPRenoRecoveryFail,
	MIB_TcpExtTCPSackRecoveryFail, MIB_TcpExtTCPRcvCollapsed, MIB_TcpExtTCPBacklogCoalesce,
	MIB_TcpExtTCPDSACKOldSent, MIB_TcpExtTCPDSACKOfoSent, MIB_TcpExtTCPDSACKRecv,
	MIB_TcpExtTCPDSACKOfoRecv, MIB_TcpExtTCPAbortOnData, MIB_TcpExtTCPAbortOnClose,
	MIB_TcpExtTCPAbortOnMemory, MIB_TcpExtTCPAbortOnTimeout, MIB_TcpExtTCPAbortOnLinger,
	MIB_TcpExtTCPAbortFailed, MIB_TcpExtTCPMemoryPressures,
	MIB_TcpExtTCPMemoryPressuresChrono, MIB_TcpExtTCPSACKDiscard,
	MIB_TcpExtTCPDSACKIgnoredOld, MIB_TcpExtTCPDSACKIgnoredNoUndo, MIB_TcpExtTCPSpuriousRTOs,
	MIB_TcpExtTCPMD5NotFound, MIB_TcpExtTCPMD5Unexpected, MIB_TcpExtTCPMD5Failure,
	MIB_TcpExtTCPSackShifted, MIB_TcpExtTCPSackMerged, MIB_TcpExtTCPSackShiftFallback,
	MIB_TcpExtTCPBacklogDrop, MIB_TcpExtPFMemallocDrop, MIB_TcpExtTCPMinTTLDrop,
	MIB_TcpExtTCPDeferAcceptDrop, MIB_TcpExtIPReversePathFilter,
	MIB_TcpExtTCPTimeWaitOverflow, MIB_TcpExtTCPReqQFullDoCookies, MIB_TcpExtTCPReqQFullDrop,
	MIB_TcpExtTCPRetransFail, MIB_TcpExtTCPRcvCoalesce, MIB_TcpExtTCPOFOQueue,
	MIB_TcpExtTCPOFODrop, MIB_TcpExtTCPOFOMerge, MIB_TcpExtTCPChallengeACK,
	MIB_TcpExtTCPSYNChallenge, MIB_TcpExtTCPFastOpenActive, MIB_TcpExtTCPFastOpenActiveFail,
	MIB_TcpExtTCPFastOpenPassive, MIB_TcpExtTCPFastOpenPassiveFail,
	MIB_TcpExtTCPFastOpenListenOverflow, MIB_TcpExtTCPFastOpenCookieReqd,
	MIB_TcpExtTCPFastOpenBlackhole, MIB_TcpExtTCPSpuriousRtxHostQueues,
	MIB_TcpExtBusyPollRxPackets, MIB_TcpExtTCPAutoCorking, MIB_TcpExtTCPFromZeroWindowAdv,
	MIB_TcpExtTCPToZeroWindowAdv, MIB_TcpExtTCPWantZeroWindowAdv, MIB_TcpExtTCPSynRetrans,
	MIB_TcpExtTCPOrigDataSent, MIB_TcpExtTCPHystartTrainDetect,
	MIB_TcpExtTCPHystartTrainCwnd, MIB_TcpExtTCPHystartDelayDetect,
	MIB_TcpExtTCPHystartDelayCwnd, MIB_TcpExtTCPACKSkippedSynRecv,
	MIB_TcpExtTCPACKSkippedPAWS, MIB_TcpExtTCPACKSkippedSeq, MIB_TcpExtTCPACKSkippedFinWait2,
	MIB_TcpExtTCPACKSkippedTimeWait, MIB_TcpExtTCPACKSkippedChallenge, MIB_TcpExtTCPWinProbe,
	MIB_TcpExtTCPKeepAlive, MIB_TcpExtTCPMTUPFail, MIB_TcpExtTCPMTUPSuccess,
	MIB_TcpExtTCPDelivered, MIB_TcpExtTCPDeliveredCE, MIB_TcpExtTCPAckCompressed,
	MIB_TcpExtTCPZeroWindowDrop, MIB_TcpExtTCPRcvQDrop, MIB_TcpExtTCPWqueueTooBig,
	MIB_TcpExtTCPFastOpenPassiveAltKey, MIB_TcpExtTcpTimeoutRehash,
	MIB_TcpExtTcpDuplicateDataRehash, MIB_TcpExtTCPDSACKRecvSegs,
	MIB_TcpExtTCPDSACKIgnoredDubious, MIB_TcpExtTCPMigrateReqSuccess,
	MIB_TcpExtTCPMigrateReqFailure, MIB_TcpExtTCPPLBRehash, MIB_TcpExtTCPAORequired,
	MIB_TcpExtTCPAOBad, MIB_TcpExtTCPAOKeyNotFound, MIB_TcpExtTCPAOGood,
	MIB_TcpExtTCPAODroppedIcmps,
	/* IpExt */
	MIB_IpExtInNoRoutes, MIB_IpExtInTruncatedPkts, MIB_IpExtInMcastPkts,
	MIB_IpExtOutMcastPkts, MIB_IpExtInBcastPkts, MIB_IpExtOutBcastPkts, MIB_IpExtInOctets,
	MIB_IpExtOutOctets, MIB_IpExtInMcastOctets, MIB_IpExtOutMcastOctets,
	MIB_IpExtInBcastOctets, MIB_IpExtOutBcastOctets, MIB_IpExtInCsumErrors,
	MIB_IpExtInNoECTPkts, MIB_IpExtInECT1Pkts, MIB_IpExtInECT0Pkts, MIB_IpExtInCEPkts,
	MIB_IpExtReasmOverlaps,
	/* Ip6 */
	MIB_Ip6InReceives, MIB_Ip6InHdrErrors, MIB_Ip6InTooBigErrors, MIB_Ip6InNoRoutes,
	MIB_Ip6InAddrErrors, MIB_Ip6InUnknownProtos, MIB_Ip6InTruncatedPkts, MIB_Ip6InDiscards,
	MIB_Ip6InDelivers, MIB_Ip6OutForwDatagrams, MIB_Ip6OutRequests, MIB_Ip6OutDiscards,
	MIB_Ip6OutNoRoutes, MIB_Ip6ReasmTimeout, MIB_Ip6ReasmReqds, MIB_Ip6ReasmOKs,
	MIB_Ip6ReasmFails, MIB_Ip6FragOKs, MIB_Ip6FragFails, MIB_Ip6FragCreates,
	MIB_Ip6InMcastPkts, MIB_Ip6OutMcastPkts, MIB_Ip6InOctets, MIB_Ip6OutOctets,
	MIB_Ip6InMcastOctets, MIB_Ip6OutMcastOctets, MIB_Ip6InBcastOctets, MIB_Ip6OutBcastOctets,
	MIB_Ip6InNoECTPkts, MIB_Ip6InECT1Pkts, MIB_Ip6InECT0Pkts, MIB_Ip6InCEPkts,
	MIB_Ip6OutTransmits,
	/* Icmp6 */
	MIB_Icmp6InMsgs, MIB_Icmp6InErrors, MIB_Icmp6OutMsgs, MIB_Icmp6OutErrors,
	MIB_Icmp6InCsumErrors, MIB_Icmp6OutRateLimitHost, MIB_Icmp6InDestUnreachs,
	MIB_Icmp6InPktTooBigs, MIB_Icmp6InTimeExcds, MIB_Icmp6InParmProblems, MIB_Icmp6InEchos,
	MIB_Icmp6InEchoReplies, MIB_Icmp6InGroupMembQueries, MIB_Icmp6InGroupMembResponses,
	MIB_Icmp6InGroupMembReductions, MIB_Icmp6InRouterSolicits,
	MIB_Icmp6InRouterAdvertisements, MIB_Icmp6InNeighborSolicits,
	MIB_Icmp6InNeighborAdvertisements, MIB_Icmp6InRedirects, MIB_Icmp6InMLDv2Reports,
	MIB_Icmp6OutDestUnreachs, MIB_Icmp6OutPktTooBigs, MIB_Icmp6OutTimeExcds,
	MIB_Icmp6OutParmProblems, MIB_Icmp6OutEchos, MIB_Icmp6OutEchoReplies,
	MIB_Icmp6OutGroupMembQueries, MIB_Icmp6OutGroupMembResponses,
	MIB_Icmp6OutGroupMembReductions, MIB_Icmp6OutRouterSolicits,
	MIB_Icmp6OutRouterAdvertisements, MIB_Icmp6OutNeighborSolicits,
	MIB_Icmp6OutNeighborAdvertisements, MIB_Icmp6OutRedirects, MIB_Icmp6OutMLDv2Reports,
	/* Udp6 */
	MIB_Udp6InDatagrams, MIB_Udp6NoPorts, MIB_Udp6InErrors, MIB_Udp6OutDatagrams,
	MIB_Udp6RcvbufErrors, MIB_Udp6SndbufErrors, MIB_Udp6InCsumErrors, MIB_Udp6IgnoredMulti,
	MIB_Udp6MemErrors,
	MIB_COUNT
};
/* clang-format on */

struct mib_table {
	uint64_t count[MIB_COUNT];
};

static inline void mib_add(struct mib_table *t, enum mib which, uint64_t n)
{
	assert((unsigned)which < MIB_COUNT);
	t->count[which] += n;
}

static inline void mib_inc(struct mib_table *t, enum mib which)
{
	assert((unsigned)which < MIB_COUNT);
	t->count[which]++;
}

/* Decrements the only gauge, TcpCurrEstab. */
static inline void mib_dec(struct mib_table *t, enum mib which)
{
	assert(t->count[which] > 0);
	t->count[which]--;
}

static inline uint64_t mib_get(const struct mib_table *t, enum mib which)
{
	assert((unsigned)which < MIB_COUNT);
	return t->count[which];
}

/* The counters of what was received or to be sent and was discarded, in the order of enum mib,
 * MIB_COUNT at the end. One packet may be counted by two: a reason, and its group. */
extern const uint16_t mib_drops[];

/* The counter's name as nstat prints it, group first: "TcpExtListenOverflows". */
const char *mib_name(enum mib which);

/* The counter called name, or MIB_COUNT. */
enum mib mib_find(const char *name);

#endif
