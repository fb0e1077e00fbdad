/*
 * synproxy.h - a SYN proxy between an outside and an inside, as netfilter's SYNPROXY target: it
 * answers every SYN with a cookie and keeps no state; only when a client returns the cookie does it
 * open the connection inside, with the client's sequence number. The server chooses its own, so
 * every later segment is translated by the difference to the cookie.
 *
 *     client                       proxy                        server
 *     SYN seq 100            -->
 *                            <--   SYN-ACK seq C ack 101, win 0
 *     ACK seq 101 ack C+1    -->   SYN seq 100             -->
 *                                                          <--  SYN-ACK seq S ack 101
 *                            <--   ACK ack 101, win w
 *                                  ACK seq 101 ack S+1     -->
 *     ack n                  -->   ack n + (S - C)         -->
 *     seq n - (S - C)        <--                           <--  seq n
 *
 * Window scale and SACK travel in the timestamp of the SYN-ACK, as with Linux's SYN cookies: a
 * client without timestamps does not get them. The cookie is valid for one to two minutes.
 */
#ifndef LAB_WORLD_SYNPROXY_H
#define LAB_WORLD_SYNPROXY_H

#include "lab/world/conntrack.h"
#include "lab/world/world.h"

struct synproxy;

/* The options offered on behalf of the servers, which must support them. */
struct synproxy_config {
	uint16_t mss;
	bool has_wscale, sack, timestamps;
	uint8_t wscale;
	struct conntrack_config conntrack; /* timeouts; connections need not be loose */
};

/* Named as in /proc/net/stat/synproxy. */
struct synproxy_stats {
	uint64_t syn_received, cookie_valid, cookie_invalid, cookie_retrans;
};

/* A new proxy. Owned by w. */
struct synproxy *synproxy_new(struct world *w, const char *name, const struct synproxy_config *c);

/* Joins port 0 (inside) or 1 (outside), which sends to `out`. Returns the port. */
struct port synproxy_port(struct synproxy *s, int port, struct port out);

/* Its counters. */
const struct synproxy_stats *synproxy_counted(const struct synproxy *s);

/* The number of connections in the table, possibly including expired ones. */
uint32_t synproxy_connections(const struct synproxy *s);

#endif
