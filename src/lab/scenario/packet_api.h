/* packet_api.h - packets as tables, for filters and raw peers. */
#ifndef LAB_SCENARIO_PACKET_API_H
#define LAB_SCENARIO_PACKET_API_H

#include "lab/scenario/lab.h"
#include "wire/tcp.h"

enum {
	LAB_FLOWS = 64,   /* directions of connections whose ISN is kept */
	LAB_ECN_BITS = 3, /* of the traffic class; both set: Congestion Experienced */
};

/* The initial sequence number of a direction of a connection. */
struct isn {
	struct ip_pair addr;
	uint16_t sport, dport;
	struct seq isn;
	bool known;
};

/* The known ones; {0}: none. The oldest is replaced. */
struct flows {
	struct isn isn[LAB_FLOWS];
	uint32_t next;
};

/* Pushes the table of a packet: len, ecn, src, dst, and for TCP flags, seq, ack, seq_raw, ack_raw,
 * payload, data, win, urg, sport, dport and options. */
void lab_push_packet(lua_State *L, struct flows *f, const struct packet *p);

/* A new packet from the table at index: a TCP segment. A Lua error if the table is invalid. */
struct packet *lab_check_packet(lua_State *L, int index);

/* Flags at index, in tcpdump's notation: "S.", "P."; "A" is accepted for ".". */
uint16_t lab_check_flags(lua_State *L, int index);

/* The ECN bits of an IP packet. */
uint8_t lab_ecn(const struct packet *p);

#endif
