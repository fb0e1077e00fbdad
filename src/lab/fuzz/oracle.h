/*
 * oracle.h - properties checked in every run.
 *
 *     states     a connection goes from state to state as RFC 9293 figure 5 allows
 *     deadline   one with unacknowledged data, or in a transient state, has a timer
 *     bound      its queues are within its buffers
 *     intact     the data read is the data sent (strand.c)
 *     short      the end of file comes after all data
 *     reason     a call fails only if the plan explains it
 *     linger     close() with SO_LINGER waits for the last acknowledgement, or as long as it says
 *     copies     no datagram is read more often than it came (datagram.h)
 *     progress   all is sent and every program over in time
 *     memory     none is in use once all is closed
 *     counters   packets out = packets in + packets dropped; a stack counts its discards
 */
#ifndef LAB_FUZZ_ORACLE_H
#define LAB_FUZZ_ORACLE_H

#include "lab/fuzz/program.h"
#include "stack/mib.h"

enum {
	ORACLE_FLOWS = 64, /* tracked connections of a host */
};

struct oracle_flow {
	struct ip_addr peer;
	uint16_t local_port, peer_port;
	uint8_t state;
	bool seen;
};

struct oracle {
	struct oracle_flow flow[PLAN_HOSTS][ORACLE_FLOWS];
	int flows[PLAN_HOSTS];
	struct run *run; /* while hosts are examined */
	int host;
	uint64_t instants;
	/* of the host at which a packet arrives, before it does */
	uint64_t count[MIB_COUNT];
	uint64_t rows; /* a hash of its connections */
	bool text;     /* the packet has data, SYN or FIN */
};

/* At every packet: counters. The run's hook; run is a struct run. */
void oracle_arrives(void *run, int host, const struct packet *p);

/* At every instant: states, deadline, bound. */
void oracle_instant(struct oracle *o, struct run *r);

/* Once all should be sent: progress. */
void oracle_work(struct oracle *o, struct run *r);

/* Once the programs should have ended: progress, short, reason. */
void oracle_end(struct oracle *o, struct run *r);

/* close() of an end with SO_LINGER returned: linger. */
void oracle_lingered(const struct end *e);

/* Once nothing should be left: memory, counters. */
void oracle_closed(struct oracle *o, struct run *r);

#endif
