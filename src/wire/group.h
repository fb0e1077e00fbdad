/*
 * group.h - membership messages: IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810), which is
 * IGMP in ICMPv6 with longer addresses. Both have one form here; MLD's versions 1 and 2 count as 2
 * and 3.
 *
 *     IGMP    | type | max response | checksum | group (4) |     MLD: | ICMPv6 | code (2) | 0 |
 * group (16) | query of version 3: | S, robustness | interval | sources | source ... | report of
 * version 3: | type | 0 | checksum | 0 | records | record type | 0 | sources 0 | group | ...
 */
#ifndef WIRE_GROUP_H
#define WIRE_GROUP_H

#include "wire/icmp.h"

enum {
	IP_PROTO_IGMP = 2,
	IGMP_QUERY = 0x11,
	IGMP_REPORT_V1 = 0x12,
	IGMP_REPORT_V2 = 0x16,
	IGMP_LEAVE = 0x17,
	IGMP_REPORT_V3 = 0x22,
};

enum group_type {
	GROUP_QUERY,
	GROUP_REPORT,    /* of one group: versions 1 and 2 */
	GROUP_LEAVE,     /* of one group: version 2 */
	GROUP_REPORT_V3, /* of several; a host has no use for another's */
};

/* The types of a record, for a group without a list of sources (RFC 3376 section 4.2.12). */
enum group_record_type {
	GROUP_IS_EXCLUDE = 2, /* member, in answer to a query */
	GROUP_TO_INCLUDE = 3, /* has left */
	GROUP_TO_EXCLUDE = 4, /* has joined */
};

struct group_record {
	uint8_t type; /* enum group_record_type */
	struct ip_addr group;
};

/* One received message. Members that its type and version do not carry are zero. */
struct group_msg {
	uint8_t type, version;
	uint8_t robustness;   /* QRV */
	uint32_t max_ms;      /* within which a query is answered */
	uint32_t interval_s;  /* of general queries: QQIC */
	struct ip_addr group; /* any: a general query */
};

/* Reads an IGMP message of len bytes at p. Returns DROP_TRUNCATED, DROP_CHECKSUM, DROP_TYPE or
 * DROP_ADDRESS (not a group). Bytes after the fields that are read are allowed (section 4.1.9). */
enum drop group_parse_igmp(struct group_msg *out, const uint8_t *p, size_t len);

/* Reads an MLD message that icmp_parse() accepted. Errors likewise. */
enum drop group_parse_mld(struct group_msg *out, const struct icmp *m);

/* The number of bytes of a message for n records: of version 3, or with n == 1 of an older one. */
size_t group_emit_len(bool v6, uint8_t version, uint32_t n);

/* Writes the n records r between a->src and a->dst at p: in version 3 as one report, in an older
 * one the report or, if r's type is GROUP_TO_INCLUDE, the leave of one group. */
void group_emit(uint8_t version, const struct group_record *r, uint32_t n, const struct ip_pair *a,
	uint8_t *p);

/* Writes "igmp v2 report 239.1.1.1" or "igmp query v3", like snprintf(), as tcpdump does. */
int group_print(char *out, size_t n, const struct group_msg *m);

#endif
