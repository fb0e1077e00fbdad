/*
 * tcp_demux.h - demultiplexing: the key of every record in the table of 4-tuples, lookup of
 * connections and listeners.
 */
#ifndef STACK_TCP_TCP_DEMUX_H
#define STACK_TCP_TCP_DEMUX_H

#include "base/hash.h"
#include "stack/ip/ip.h"
#include "stack/tcp/tcp.h"

enum tcp_kind {
	TCP_KIND_CONN,
	TCP_KIND_REQ,
	TCP_KIND_TW,
	TCP_KIND_IDLE /* a hibernated connection: only the fields before the addresses are valid */
};

/* The common header of all records in the table of 4-tuples. */
struct tcp_key {
	struct hash_node node;
	uint16_t lport, rport;
	uint8_t kind;  /* enum tcp_kind */
	uint8_t state; /* enum tcp_state_name; written by tcp_set_state() only */
	uint16_t bits; /* enum tcp_bit */
	struct ip_addr laddr, raddr;
};

struct tcp_tuple {
	struct ip_addr laddr, raddr;
	uint16_t lport, rport;
};

/* The hash of t in the table. */
uint32_t tcp_tuple_hash(const struct stack *s, const struct tcp_tuple *t);

/* The record of 4-tuple t: connection, request, TIME-WAIT or idle (tcp_key.kind); NULL if none. */
struct tcp_key *tcp_find(struct stack *s, const struct tcp_tuple *t);

/* Reports a change to the watcher of the instance (tcp_watch.h); k is NULL if listeners were added
 * or removed. */
void tcp_changed(struct stack *s, const struct tcp_key *k);

/* The first listener of a port; NULL if none. */
struct tcp_conn *tcp_port_chain(struct stack *s, uint16_t port);

/* The record that a received p of tuple t is for; NULL: none. */
struct tcp_key *tcp_find_for(struct stack *s, struct pkt *p, const struct tcp_tuple *t);

/* Adds k, which must not be in the table. False: out of memory. */
bool tcp_hash_in(struct stack *s, struct tcp_key *k);

/* k enters the table in the place of `old`, which has the same 4-tuple; as tcp_hash_in() if that is
 * not in it. */
bool tcp_hash_inherit(struct stack *s, struct tcp_key *k, struct tcp_key *old);

/* Removes k; no effect if it is not in the table. */
void tcp_hash_out(struct stack *s, struct tcp_key *k);

/* The best listener for a SYN to t that arrived on interface ifindex; NULL if none. */
struct tcp_conn *tcp_find_listener(struct stack *s, const struct tcp_tuple *t, uint32_t ifindex);

/* Adds c to the listeners of its port. False: out of memory. */
bool tcp_listener_in(struct stack *s, struct tcp_conn *c);

/* Removes c, a listener, from those of its port. */
void tcp_listener_out(struct stack *s, struct tcp_conn *c);

#endif
