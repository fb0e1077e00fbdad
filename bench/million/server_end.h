/*
 * server_end.h - the chat server on an instance of the stack: the code of `burble chat --stack`,
 * with the cable for a device and a clock of the benchmark's.
 */
#ifndef BENCH_MILLION_SERVER_END_H
#define BENCH_MILLION_SERVER_END_H

#include "million/wire.h"
#include "net/net_instance.h"

/* The part of it that differs between the two forms of the benchmark. */
struct server_world {
	nsec_t (*now)(void *ctx);
	/* Nothing is ready: lets time pass, at most until `until`. False: the turn ends. */
	bool (*sleep)(void *ctx, nsec_t until);
	void (*full)(void *ctx);  /* the cable takes no more */
	void (*flush)(void *ctx); /* frames were sent */
	void *ctx;
};

struct server_end {
	struct wire wire;
	struct net_instance net;
	struct server_world world;
	struct server *server;
	struct store *store;
};

/* The server, listening. out, in: its rings. */
void server_end_open(
	struct server_end *e, const struct server_world *w, struct ring *out, struct ring *in);

/* One turn; waits at most max_wait. */
void server_end_turn(struct server_end *e, nsec_t max_wait);

/* When it must have a turn though nothing arrives. */
nsec_t server_end_due(struct server_end *e);

/* Puts every user into #all, or takes them out, unannounced: a million JOINs that are
 * each announced to all members would be 500,000,000,000 lines. */
void server_end_all(struct server_end *e, bool in);

/* Ends it. */
void server_end_close(struct server_end *e);

#endif
