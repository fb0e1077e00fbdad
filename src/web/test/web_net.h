/*
 * web_net.h - a network in memory for an HTTP door: arrivals, room and time are set by the test,
 * what is sent is recorded.
 */
#ifndef WEB_TEST_WEB_NET_H
#define WEB_TEST_WEB_NET_H

#include "chat/net.h"

enum {
	WEB_NET_CONNS = 400,
	WEB_NET_TEXT = 1 << 16, /* bytes in and out of a connection; more are lost */
	WEB_NET_LISTENER = WEB_NET_CONNS,
};

struct web_net_conn {
	bool open, eof;
	int error;      /* errno of every send; 0: none */
	uint32_t ready; /* watched */
	uint64_t tag;
	char *in, *out;
	size_t in_len, out_len, room; /* room: bytes that it still takes */
};

struct web_net {
	struct net net;
	nsec_t now;
	int opened, accepted, accept_error;
	int batches; /* calls of send_batch() */
	bool listening;
	uint64_t listener_tag;
	struct web_net_conn conns[WEB_NET_CONNS];
};

/* Begins with no connection. */
void web_net_init(struct web_net *w);

/* Frees what was recorded. */
void web_net_end(struct web_net *w);

/* Adds an incoming connection; returns its number, -1: there are too many. */
int web_net_connect(struct web_net *w);

/* Delivers bytes on connection i. */
void web_net_say(struct web_net *w, int i, const char *bytes, size_t n);

#endif
