/*
 * flow.h - flows: the mapping between the sequence numbers, ports and timestamps of a script and
 * those on the wire.
 */
#ifndef LAB_PKT_FLOW_H
#define LAB_PKT_FLOW_H

#include "lab/pkt/run.h"

enum {
	PKT_STAMPS = 1024, /* most recent timestamps of a flow that a script can echo */
};

/* One connection. "Local" is the system under test, "remote" the script. */
struct pkt_flow {
	enum pkt_proto proto;
	uint16_t script_port;             /* remote port in the script; 0: not specified */
	uint16_t local_port, remote_port; /* on the wire */
	bool has_local_isn, has_remote_isn;
	uint32_t local_isn, script_local_isn, remote_isn;
	uint32_t offered_isn; /* of the last injected SYN */
	uint32_t script_label,
		live_label;              /* IPv6 flow label of the last packet that expected one */
	uint32_t stamps;                 /* timestamps seen */
	uint32_t base_script, base_live; /* the first of them */
	uint32_t stamp_off;              /* difference of the last one from the script, in ticks */
	struct {
		uint32_t script, live;
	} stamp[PKT_STAMPS]; /* ring */
};

/* Returns the flow that a packet of the script belongs to, opening one for an inbound packet that
 * begins it; NULL if there is none, or too many. The run owns it. */
struct pkt_flow *flow_for_script(struct pkt_run *r, const struct pkt_packet *p);

/* Returns the flow of a packet on the wire, opening one for a SYN or a datagram; NULL if there is
 * none, or too many. */
struct pkt_flow *flow_for_wire(struct pkt_run *r, const struct pkt_packet *p);

/* Returns the existing flow of a packet on the wire, or NULL. */
struct pkt_flow *flow_known(const struct pkt_run *r, const struct pkt_packet *p);

/* Converts a TCP packet of the script, about to be injected, to wire numbers. Returns false if it
 * echoes a timestamp that was never sent. */
bool flow_to_wire(struct pkt_run *r, struct pkt_flow *f, struct pkt_packet *p);

/* Converts a TCP packet from the wire to script numbers, learning the initial sequence number and
 * the timestamp that expected has in their place. */
void flow_to_script(
	struct pkt_flow *f, const struct pkt_packet *expected, struct pkt_packet *actual);

#endif
