/*
 * clients.h - the other end: a million IRC clients on twenty hosts, each host an instance of the
 * stack with one address. A client is a socket and 48 bytes: what it waits for, an incomplete line,
 * the number of the last message.
 *
 *     cable -> by address -> host: stack, epoll -> client: lines -> registered, joined, delivered
 *
 * Every message carries a number and the time at which it was sent. A client must get the
 * messages of its channel in their order, each once; a count that stays too low is a loss.
 */
#ifndef BENCH_MILLION_CLIENTS_H
#define BENCH_MILLION_CLIENTS_H

#include "chat/proto/line.h"
#include "loadgen/hist.h"
#include "million/wire.h"

enum {
	HOSTS = 20,
	DARK_HOSTS = 2, /* that lose power: a tenth */
	FIRST_PORT = 1024,
	CLIENTS_MAX = HOSTS * (65536 - FIRST_PORT),
	HOST_BATCH = 64, /* frames handed over together */
};

enum client_state {
	CLIENT_NEW,
	CLIENT_CONNECTING,
	CLIENT_REGISTERING,
	CLIENT_REGISTERED,
	CLIENT_JOINING,
	CLIENT_JOINED,
};

struct client {
	struct line_pending in;
	int fd;
	uint32_t last; /* number of the last message */
	uint8_t state; /* enum client_state */
	bool missed;   /* its host is dark, and another client has read its QUIT */
};

struct host {
	struct wire wire;
	int ep;
	bool dark;
	uint32_t waiting; /* frames in `in` */
	struct pkt *in[HOST_BATCH];
};

struct clients {
	struct host host[HOSTS];
	struct client *client;
	struct ring *in;
	uint32_t count;
	nsec_t now; /* of the step */
	/* Counts of what has arrived so far. */
	uint64_t registered, joined, deliveries, quits, pings, frames;
	uint64_t wrong; /* messages twice, or out of order */
	uint64_t lost;  /* connections of hosts with power that ended */
	uint64_t missed;
	nsec_t last_missed; /* when the last of these QUITs was read */
	nsec_t last_delivery;
	struct hist *latency; /* NULL: not measured */
	char room[1 << 16];
};

/* Clients, none of them connected. out, in: their rings; full(ctx): out takes no more. */
struct clients *clients_new(uint32_t count, const struct wire *rings, nsec_t now);

/* Takes what has arrived, runs the timers, sends; true if there was anything to do. */
bool clients_step(struct clients *c, nsec_t now);

/* Stamps the time for what clients say before the next step. */
void clients_at(struct clients *c, nsec_t now);

/* When a step is due though nothing arrives. */
nsec_t clients_due(struct clients *c);

/* Begins to connect client i; it registers by itself. */
void client_connect(struct clients *c, uint32_t i);

/* Sends a line for client i. */
void client_say(struct clients *c, uint32_t i, const char *line);

/* A message of client i to a channel, with a number that grows. */
void client_message(struct clients *c, uint32_t i, const char *channel, uint32_t number);

/* Power off: the last DARK_HOSTS hosts. */
void clients_go_dark(struct clients *c);

/* Whether client i is on one of them. */
bool client_is_dark(const struct clients *c, uint32_t i);

/* Frees all. */
void clients_free(struct clients *c);

/* For the files of the clients: a whole line of the server for client i. */
void client_line(struct clients *c, uint32_t i, const char *line);

#endif
