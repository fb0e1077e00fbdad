/*
 * mib.c - counter names, in the order of Linux's files.
 */
#include "stack/mib.h"

/* Several to a line. */
/* clang-format off */
static const char *const names[] = {
	"IpInReceives", "IpInHdrErrors", "IpInAddrErrors", "IpForwDatagrams",
	"IpInUnknownProtos", "IpInDiscards", "IpInDelivers", "IpOutRequests", "IpOutDiscards",
	"IpOutNoRoutes", "IpReasmTimeout", "IpReasmReqds", "IpReasmOKs", "IpReasmFails",
	"IpFragOKs", "IpFragFails", "IpFragCreates", "IpOutTransmits", "IcmpInMsgs",
	"IcmpInErrors", "IcmpInCsumErrors", "IcmpInDestUnreachs", "IcmpInTimeExcds",
	"IcmpInParmProbs", "IcmpInSrcQuenchs", "IcmpInRedirects", "IcmpInEchos",
	"IcmpInEchoReps", "IcmpInTimestamps", "IcmpInTimestampReps", "IcmpInAddrMasks",
	"IcmpInAddrMaskReps", "IcmpOutMsgs", "IcmpOutErrors", "IcmpOutRateLimitGlobal",
	"IcmpOutRateLimitHost", "IcmpOutDestUnreachs", "IcmpOutTimeExcds", "IcmpOutParmProbs",
	"IcmpOutSrcQuenchs", "IcmpOutRedirects", "IcmpOutEchos", "IcmpOutEchoReps",
	"IcmpOutTimestamps", "IcmpOutTimestampReps", "IcmpOutAddrMasks", "IcmpOutAddrMaskReps",
	"TcpActiveOpens", "TcpPassiveOpens", "TcpAttemptFails", "TcpEstabResets", "TcpCurrEstab",
	"TcpInSegs", "TcpOutSegs", "TcpRetransSegs", "TcpInErrs", "TcpOutRsts",
	"TcpInCsumErrors", "UdpInDatagrams", "UdpNoPorts", "UdpInErrors", "UdpOutDatagrams",
	"UdpRcvbufErrors", "UdpSndbufErrors", "UdpInCsumErrors", "UdpIgnoredMulti",
	"UdpMemErrors", "TcpExtSyncookiesSent", "TcpExtSyncookiesRecv", "TcpExtSyncookiesFailed",
	"TcpExtEmbryonicRsts", "TcpExtPruneCalled", "TcpExtRcvPruned", "TcpExtOfoPruned",
	"TcpExtOutOfWindowIcmps", "TcpExtLockDroppedIcmps", "TcpExtArpFilter", "TcpExtTW",
	"TcpExtTWRecycled", "TcpExtTWKilled", "TcpExtPAWSActive", "TcpExtPAWSEstab",
	"TcpExtBeyondWindow", "TcpExtTSEcrRejected", "TcpExtPAWSOldAck", "TcpExtPAWSTimewait",
	"TcpExtDelayedACKs", "TcpExtDelayedACKLocked", "TcpExtDelayedACKLost",
	"TcpExtListenOverflows", "TcpExtListenDrops", "TcpExtTCPHPHits", "TcpExtTCPPureAcks",
	"TcpExtTCPHPAcks", "TcpExtTCPRenoRecovery", "TcpExtTCPSackRecovery",
	"TcpExtTCPSACKReneging", "TcpExtTCPSACKReorder", "TcpExtTCPRenoReorder",
	"TcpExtTCPTSReorder", "TcpExtTCPFullUndo", "TcpExtTCPPartialUndo", "TcpExtTCPDSACKUndo",
	"TcpExtTCPLossUndo", "TcpExtTCPLostRetransmit", "TcpExtTCPRenoFailures",
	"TcpExtTCPSackFailures", "TcpExtTCPLossFailures", "TcpExtTCPFastRetrans",
	"TcpExtTCPSlowStartRetrans", "TcpExtTCPTimeouts", "TcpExtTCPLossProbes",
	"TcpExtTCPLossProbeRecovery", "TcpExtTCPRenoRecoveryFail", "TcpExtTCPSackRecoveryFail",
	"TcpExtTCPRcvCollapsed", "TcpExtTCPBacklogCoalesce", "TcpExtTCPDSACKOldSent",
	"TcpExtTCPDSACKOfoSent", "TcpExtTCPDSACKRecv", "TcpExtTCPDSACKOfoRecv",
	"TcpExtTCPAbortOnData", "TcpExtTCPAbortOnClose", "TcpExtTCPAbortOnMemory",
	"TcpExtTCPAbortOnTimeout", "TcpExtTCPAbortOnLinger", "TcpExtTCPAbortFailed",
	"TcpExtTCPMemoryPressures", "TcpExtTCPMemoryPressuresChrono", "TcpExtTCPSACKDiscard",
	"TcpExtTCPDSACKIgnoredOld", "TcpExtTCPDSACKIgnoredNoUndo", "TcpExtTCPSpuriousRTOs",
	"TcpExtTCPMD5NotFound", "TcpExtTCPMD5Unexpected", "TcpExtTCPMD5Failure",
	"TcpExtTCPSackShifted", "TcpExtTCPSackMerged", "TcpExtTCPSackShiftFallback",
	"TcpExtTCPBacklogDrop", "TcpExtPFMemallocDrop", "TcpExtTCPMinTTLDrop",
	"TcpExtTCPDeferAcceptDrop", "TcpExtIPReversePathFilter", "TcpExtTCPTimeWaitOverflow",
	"TcpExtTCPReqQFullDoCookies", "TcpExtTCPReqQFullDrop", "TcpExtTCPRetransFail",
	"TcpExtTCPRcvCoalesce", "TcpExtTCPOFOQueue", "TcpExtTCPOFODrop", "TcpExtTCPOFOMerge",
	"TcpExtTCPChallengeACK", "TcpExtTCPSYNChallenge", "TcpExtTCPFastOpenActive",
	"TcpExtTCPFastOpenActiveFail", "TcpExtTCPFastOpenPassive",
	"TcpExtTCPFastOpenPassiveFail", "TcpExtTCPFastOpenListenOverflow",
	"TcpExtTCPFastOpenCookieReqd", "TcpExtTCPFastOpenBlackhole",
	"TcpExtTCPSpuriousRtxHostQueues", "TcpExtBusyPollRxPackets", "TcpExtTCPAutoCorking",
	"TcpExtTCPFromZeroWindowAdv", "TcpExtTCPToZeroWindowAdv", "TcpExtTCPWantZeroWindowAdv",
	"TcpExtTCPSynRetrans", "TcpExtTCPOrigDataSent", "TcpExtTCPHystartTrainDetect",
	"TcpExtTCPHystartTrainCwnd", "TcpExtTCPHystartDelayDetect", "TcpExtTCPHystartDelayCwnd",
	"TcpExtTCPACKSkippedSynRecv", "TcpExtTCPACKSkippedPAWS", "TcpExtTCPACKSkippedSeq",
	"TcpExtTCPACKSkippedFinWait2", "TcpExtTCPACKSkippedTimeWait",
	"TcpExtTCPACKSkippedChallenge", "TcpExtTCPWinProbe", "TcpExtTCPKeepAlive",
	"TcpExtTCPMTUPFail", "TcpExtTCPMTUPSuccess", "TcpExtTCPDelivered",
	"TcpExtTCPDeliveredCE", "TcpExtTCPAckCompressed", "TcpExtTCPZeroWindowDrop",
	"TcpExtTCPRcvQDrop", "TcpExtTCPWqueueTooBig", "TcpExtTCPFastOpenPassiveAltKey",
	"TcpExtTcpTimeoutRehash", "TcpExtTcpDuplicateDataRehash", "TcpExtTCPDSACKRecvSegs",
	"TcpExtTCPDSACKIgnoredDubious", "TcpExtTCPMigrateReqSuccess",
	"TcpExtTCPMigrateReqFailure", "TcpExtTCPPLBRehash", "TcpExtTCPAORequired",
	"TcpExtTCPAOBad", "TcpExtTCPAOKeyNotFound", "TcpExtTCPAOGood", "TcpExtTCPAODroppedIcmps",
	"IpExtInNoRoutes", "IpExtInTruncatedPkts", "IpExtInMcastPkts", "IpExtOutMcastPkts",
	"IpExtInBcastPkts", "IpExtOutBcastPkts", "IpExtInOctets", "IpExtOutOctets",
	"IpExtInMcastOctets", "IpExtOutMcastOctets", "IpExtInBcastOctets", "IpExtOutBcastOctets",
	"IpExtInCsumErrors", "IpExtInNoECTPkts", "IpExtInECT1Pkts", "IpExtInECT0Pkts",
	"IpExtInCEPkts", "IpExtReasmOverlaps", "Ip6InReceives", "Ip6InHdrErrors",
	"Ip6InTooBigErrors", "Ip6InNoRoutes", "Ip6InAddrErrors", "Ip6InUnknownProtos",
	"Ip6InTruncatedPkts", "Ip6InDiscards", "Ip6InDelivers", "Ip6OutForwDatagrams",
	"Ip6OutRequests", "Ip6OutDiscards", "Ip6OutNoRoutes", "Ip6ReasmTimeout", "Ip6ReasmReqds",
	"Ip6ReasmOKs", "Ip6ReasmFails", "Ip6FragOKs", "Ip6FragFails", "Ip6FragCreates",
	"Ip6InMcastPkts", "Ip6OutMcastPkts", "Ip6InOctets", "Ip6OutOctets", "Ip6InMcastOctets",
	"Ip6OutMcastOctets", "Ip6InBcastOctets", "Ip6OutBcastOctets", "Ip6InNoECTPkts",
	"Ip6InECT1Pkts", "Ip6InECT0Pkts", "Ip6InCEPkts", "Ip6OutTransmits", "Icmp6InMsgs",
	"Icmp6InErrors", "Icmp6OutMsgs", "Icmp6OutErrors", "Icmp6InCsumErrors",
	"Icmp6OutRateLimitHost", "Icmp6InDestUnreachs", "Icmp6InPktTooBigs", "Icmp6InTimeExcds",
	"Icmp6InParmProblems", "Icmp6InEchos", "Icmp6InEchoReplies", "Icmp6InGroupMembQueries",
	"Icmp6InGroupMembResponses", "Icmp6InGroupMembReductions", "Icmp6InRouterSolicits",
	"Icmp6InRouterAdvertisements", "Icmp6InNeighborSolicits",
	"Icmp6InNeighborAdvertisements", "Icmp6InRedirects", "Icmp6InMLDv2Reports",
	"Icmp6OutDestUnreachs", "Icmp6OutPktTooBigs", "Icmp6OutTimeExcds",
	"Icmp6OutParmProblems", "Icmp6OutEchos", "Icmp6OutEchoReplies",
	"Icmp6OutGroupMembQueries", "Icmp6OutGroupMembResponses", "Icmp6OutGroupMembReductions",
	"Icmp6OutRouterSolicits", "Icmp6OutRouterAdvertisements", "Icmp6OutNeighborSolicits",
	"Icmp6OutNeighborAdvertisements", "Icmp6OutRedirects", "Icmp6OutMLDv2Reports",
	"Udp6InDatagrams", "Udp6NoPorts", "Udp6InErrors", "Udp6OutDatagrams", "Udp6RcvbufErrors",
	"Udp6SndbufErrors", "Udp6InCsumErrors", "Udp6IgnoredMulti", "Udp6MemErrors",
};

const uint16_t mib_drops[] = {
	MIB_IpInHdrErrors, MIB_IpInAddrErrors, MIB_IpInUnknownProtos, MIB_IpInDiscards,
	MIB_IpOutDiscards, MIB_IpOutNoRoutes, MIB_IpReasmFails, MIB_IpFragFails,
	MIB_IcmpInErrors, MIB_IcmpInCsumErrors, MIB_IcmpOutRateLimitGlobal,
	MIB_IcmpOutRateLimitHost, MIB_TcpInErrs, MIB_TcpInCsumErrors, MIB_UdpNoPorts,
	MIB_UdpInErrors, MIB_UdpRcvbufErrors, MIB_UdpSndbufErrors, MIB_UdpInCsumErrors,
	MIB_UdpIgnoredMulti, MIB_UdpMemErrors, MIB_TcpExtSyncookiesFailed, MIB_TcpExtRcvPruned,
	MIB_TcpExtOfoPruned, MIB_TcpExtOutOfWindowIcmps, MIB_TcpExtLockDroppedIcmps,
	MIB_TcpExtArpFilter, MIB_TcpExtPAWSActive, MIB_TcpExtPAWSEstab, MIB_TcpExtBeyondWindow,
	MIB_TcpExtTSEcrRejected, MIB_TcpExtPAWSOldAck, MIB_TcpExtPAWSTimewait,
	MIB_TcpExtListenOverflows, MIB_TcpExtListenDrops, MIB_TcpExtTCPDSACKOldSent,
	MIB_TcpExtTCPDSACKOfoSent, MIB_TcpExtTCPMD5NotFound, MIB_TcpExtTCPMD5Unexpected,
	MIB_TcpExtTCPMD5Failure, MIB_TcpExtTCPBacklogDrop, MIB_TcpExtPFMemallocDrop,
	MIB_TcpExtTCPMinTTLDrop, MIB_TcpExtTCPDeferAcceptDrop, MIB_TcpExtIPReversePathFilter,
	MIB_TcpExtTCPReqQFullDrop, MIB_TcpExtTCPOFODrop, MIB_TcpExtTCPChallengeACK,
	MIB_TcpExtTCPSYNChallenge, MIB_TcpExtTCPZeroWindowDrop, MIB_TcpExtTCPRcvQDrop,
	MIB_TcpExtTCPAORequired, MIB_TcpExtTCPAOBad, MIB_TcpExtTCPAOKeyNotFound,
	MIB_TcpExtTCPAODroppedIcmps, MIB_IpExtInNoRoutes, MIB_IpExtInTruncatedPkts,
	MIB_IpExtInCsumErrors, MIB_Ip6InHdrErrors, MIB_Ip6InTooBigErrors, MIB_Ip6InNoRoutes,
	MIB_Ip6InAddrErrors, MIB_Ip6InUnknownProtos, MIB_Ip6InTruncatedPkts, MIB_Ip6InDiscards,
	MIB_Ip6OutDiscards, MIB_Ip6OutNoRoutes, MIB_Ip6ReasmFails, MIB_Ip6FragFails,
	MIB_Icmp6InErrors, MIB_Icmp6InCsumErrors, MIB_Icmp6OutRateLimitHost, MIB_Udp6NoPorts,
	MIB_Udp6InErrors, MIB_Udp6RcvbufErrors, MIB_Udp6SndbufErrors, MIB_Udp6InCsumErrors,
	MIB_Udp6IgnoredMulti, MIB_Udp6MemErrors, MIB_COUNT
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(names) == MIB_COUNT, "each counter has a name");

const char *mib_name(enum mib which)
{
	assert(which < MIB_COUNT);
	return names[which];
}

enum mib mib_find(const char *name)
{
	int i = 0;
	while (i < MIB_COUNT && strcmp(names[i], name) != 0)
		i++;
	return (enum mib)i;
}
