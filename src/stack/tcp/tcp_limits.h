/*
 * tcp_limits.h - constants and bounds of TCP. Times are Linux's; parameters are in stack/sysctl.h.
 */
#ifndef STACK_TCP_TCP_LIMITS_H
#define STACK_TCP_TCP_LIMITS_H

#include "base/base.h"

enum {
	TCP_MSS_DEFAULT4 = 536,  /* RFC 9293 3.7.1, no option */
	TCP_MSS_DEFAULT6 = 1220, /* RFC 8200 */
	TCP_MSS_FLOOR = 88,      /* minimum accepted in a SYN's option: TCP_MIN_MSS */
	TCP_WINDOW_MAX = 32767,  /* without scaling, worst case; the maximum of TCP_MAXSEG */
	TCP_ATO_MIN_MS = 40,     /* delayed ACK: minimum, */
	TCP_DELACK_MAX_MS = 200, /* maximum */
	TCP_MAX_QUICKACKS = 16,
	TCP_PROBE_MIN_MS = 200, /* TCP_RTO_MIN */
	TCP_TIMEWAIT_S = 60,    /* not a parameter, as in Linux */
	TCP_TW_KILLED_S = 4,    /* a record that lives no longer counts as TWKilled */
	TCP_PAWS_WINDOW = 1,
	TCP_PAWS_MSL_S = 60,
	TCP_PAWS_24DAYS_S = 60 * 60 * 24 * 24,
	TCP_RESOURCE_PROBE_MS = 500,
	TCP_KEEPALIVE_MAX_S = 32767,
	TCP_KEEPCNT_MAX = 127,
	TCP_SYNCNT_MAX = 127,
	TCP_LINGER2_MAX_S = 120, /* TCP_FIN_TIMEOUT_MAX */
	TCP_DEFER_MAX_S = 120,   /* between two SYN-ACKs counted by TCP_DEFER_ACCEPT: TCP_RTO_MAX */
	TCP_UTO_MAX_S = 32767 * 60, /* RFC 5482: 15 bits of minutes */
	TCP_GSO_MAX = 65536 - 320,  /* bytes of a run passed down at once */
	TCP_GSO_SEGS = 45,          /* segments in it: counted by a loss record */
	TCP_FRAGS = 17,             /* pieces of memory of a run: MAX_SKB_FRAGS */
	TCP_SACKS = 4,              /* blocks kept for reporting */
	TCP_BACKLOG_MAX = 65535,
	TCP_REPLIES_MAX = 4096,  /* replies without a connection queued for one flush */
	TCP_MD5_KEYS = 512,      /* of a socket; more are ENOMEM: Linux limits them by optmem_max */
	TCP_AO_KEYS = 256,       /* likewise, of TCP-AO */
	TCP_MD5_KEY_MAX = 80,    /* bytes: TCP_MD5SIG_MAXKEYLEN */
	TCP_REC_OVERHEAD = 832,  /* of a record of the send queue, computed as in Linux */
	TCP_REC_HEADERS = 256,   /* room for headers before a record with a block of its own */
	TCP_PKT_DESC = 256,      /* of a received segment, likewise: struct sk_buff, */
	TCP_PKT_INFO = 320,      /* struct skb_shared_info after the data, */
	TCP_PKT_PAD = 64,        /* headroom before the IP header, */
	TCP_PKT_BLOCK_MIN = 576, /* the block of a small one, */
	TCP_PKT_HEAD_MAX = 3776, /* and the part of a large one in a block, the rest in pages */
	TCP_PAGE = 4096,         /* the unit of tcp_mem */
	TCP_OFO_MAX = 1 << 16,   /* segments out of order of one connection */
	TCP_SCALING_DEFAULT = 128, /* of 256: initial estimate of the payload share of a buffer */
};

#endif
