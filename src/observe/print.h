/*
 * print.h - packets as tcpdump prints them, one line each.
 *
 *     IP 10.0.0.1.80 > 10.0.0.2.4000: Flags [P.], seq 1:6, ack 1, win 512, length 5
 *
 * Sequence numbers are absolute, or relative to the start of the connection. As in tcpdump its
 * first packet and every SYN are printed with absolute numbers, and set the start.
 */
#ifndef OBSERVE_PRINT_H
#define OBSERVE_PRINT_H

#include "wire/addr.h"
#include "wire/tcp.h"

enum {
	PRINT_FLOWS_MAX = 64, /* connections with a known start; the oldest is evicted */
	PRINT_LINE_MAX = 512, /* enough for any line and its NUL */
};

/* A connection, and where its sequence numbers start. */
struct print_flow {
	struct ip_pair addr; /* of its first packet */
	uint16_t sport, dport;
	struct seq seq, ack; /* bases of this direction and of the reverse */
};

struct printer {
	bool absolute;
	uint32_t count, next; /* flows in use; the next one to fill */
	struct print_flow flow[PRINT_FLOWS_MAX];
};

/* Initializes a printer; absolute: print absolute sequence numbers. */
void print_init(struct printer *pr, bool absolute);

/* Prints the IP packet of len bytes at p, without a newline; an invalid one with the reason: "IP
 * [bad checksum]". Returns the length as snprintf() does. */
int print_packet(struct printer *pr, char *out, size_t n, const uint8_t *p, size_t len);

/* Prints an Ethernet frame: IP, or "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28".
 * Returns the length as snprintf() does. */
int print_frame(struct printer *pr, char *out, size_t n, const uint8_t *p, size_t len);

/* Prints a time as "1.000250", seconds and microseconds. Returns the length as snprintf() does. */
int print_time(char *out, size_t n, nsec_t at);

#endif
