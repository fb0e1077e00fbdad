/*
 * print.h - packets as tcpdump writes them, one line each:
 *
 *     IP 10.0.0.1.80 > 10.0.0.2.4000: Flags [P.], seq 1:6, ack 1, win 512, length 5
 *
 * Sequence numbers are shown relative to the start of the connection, or as they are. The first
 * packet of a connection, and every SYN, is shown as it is and sets the start, as in tcpdump.
 */
#ifndef OBSERVE_PRINT_H
#define OBSERVE_PRINT_H

#include "wire/addr.h"
#include "wire/tcp.h"

enum {
	PRINT_FLOWS_MAX = 64, /* connections whose start is remembered; the oldest makes room */
	PRINT_LINE_MAX = 512, /* enough for any line with its NUL; longer ones are cut */
};

/* One connection that was seen: where the numbers of each direction start. */
struct print_flow {
	struct ip_pair addr; /* of its first packet */
	uint16_t sport, dport;
	struct seq seq, ack; /* bases of that direction and of the other */
};

struct printer {
	bool absolute;
	uint32_t count, next; /* flows that are filled; the one to fill next */
	struct print_flow flow[PRINT_FLOWS_MAX];
};

/* A printer that has seen nothing; absolute: sequence numbers are never made relative. */
void print_init(struct printer *pr, bool absolute);

/*
 * Writes the line for the IP packet of len bytes at p, without a newline. What cannot be parsed is
 * named: "IP [bad checksum]". Returns the length as snprintf() does.
 */
int print_packet(struct printer *pr, char *out, size_t n, const uint8_t *p, size_t len);

/* The same for an Ethernet frame: IP in it, or "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length
 * 28". */
int print_frame(struct printer *pr, char *out, size_t n, const uint8_t *p, size_t len);

/* Writes a time as "1.000250", seconds and microseconds. Returns the length as snprintf() does. */
int print_time(char *out, size_t n, nsec_t at);

#endif
