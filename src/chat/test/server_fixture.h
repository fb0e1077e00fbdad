/*
 * server_fixture.h - a chat server on a fake network: arrivals and time are set by the test, output
 * is recorded, a socket accepts as many bytes as the test allows.
 */
#ifndef CHAT_TEST_SERVER_FIXTURE_H
#define CHAT_TEST_SERVER_FIXTURE_H

#include "chat/server.h"

enum {
	FAKE_CONNS = 64,
	FAKE_LISTENER = FAKE_CONNS,
	FAKE_TEXT = 1 << 20,
};

/* One connection as the test sees it. */
struct fake_conn {
	bool open, watched, eof;
	bool stays; /* it cannot be given to another process */
	uint64_t tag;
	char *in; /* not read yet */
	size_t in_len;
	char *out; /* everything sent, NUL-terminated */
	size_t out_len;
	size_t room;    /* bytes that it still accepts */
	uint32_t ready; /* to be reported */
	uint32_t sends, recvs;
};

struct fake_net {
	struct net net;
	nsec_t now;
	nsec_t clock_step; /* shift of the wall clock, as if it were set */
	struct fake_conn conns[FAKE_CONNS];
	int opened, accepted;     /* connections created, and taken off the listener's queue */
	int accept_error;         /* returned instead of a connection */
	int watch_error;          /* of a watch() that does not exist yet */
	uint32_t accepts;         /* calls */
	bool listening;           /* the listener is watched */
	bool woken;               /* wake() was called */
	struct store *store;      /* of the next server; NULL: none */
	struct net_tuning tuning; /* of the listener */
};

/* Returns a listening server with these settings ("section.key=value", NULL at the end). */
struct server *fake_server(struct fake_net *f, const char *const *settings);

/* Another one on the same network. */
struct server *fake_server_on(struct fake_net *f, const char *const *settings);

/* Frees the server and the connections. */
void fake_end(struct fake_net *f, struct server *s);

/* Adds an incoming connection; returns its number. */
int fake_connect(struct fake_net *f);

/* Delivers bytes on connection i. */
void fake_say(struct fake_net *f, int i, const char *text);

/* Runs n turns. */
void fake_turns(struct server *s, int n);

/* Adds a registered user; returns the number of its connection. */
int fake_user(struct fake_net *f, struct server *s, const char *nick);

/* Creates n registered users without a connection: m0, m1 and so on; frees those that remain (NULL:
 * none), removing them from their channels. */
void fake_members(struct server *s, struct user **at, int n);
void fake_members_gone(struct server *s, struct user **at, int n);

/* Discards the output to i so far. */
void fake_forget(struct fake_net *f, int i);

#endif
