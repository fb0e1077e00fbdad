/*
 * tls_fixture.h - an encrypting network over one in memory, and clients on it by OpenSSL: sockets
 * hand out and take as many bytes as a test allows, and time is the test's.
 */
#ifndef TLS_TEST_TLS_FIXTURE_H
#define TLS_TEST_TLS_FIXTURE_H

#include "tls/tls_net.h"

#include <openssl/ssl.h>

enum {
	MEM_CONNS = 64,
	MEM_PLAIN = MEM_CONNS, /* handle of the plain listener */
	MEM_TLS,               /* and of the other */
	MEM_BYTES = 1 << 20,
};

/* One socket of the network in memory. */
struct mem_conn {
	bool open, eof, gone, encrypted;
	uint8_t *in, *out; /* to be received by the server; sent by it */
	size_t in_len, out_len;
	size_t room;  /* bytes that it still takes */
	size_t piece; /* most bytes of one recv() */
	int error;    /* of the next send(); 0: none */
	uint32_t asked, ready;
	uint64_t tag;
	uint32_t sends;
};

struct mem_net {
	struct net net, *tls;
	nsec_t now, tick; /* tick: added by each look at the clock */
	struct mem_conn conns[MEM_CONNS];
	int opened, accepted;
	nsec_t waited;   /* timeout of the last wait() */
	bool *in_server; /* set while the server's wait() runs; NULL: not wanted */
	char refused[64];
	int refusals;
};

/* A client of the server. */
struct tls_client {
	struct mem_net *net;
	SSL_CTX *ctx;
	SSL *ssl;
	int handle; /* of its connection */
};

/* Starts a network with a listener of each kind. */
void mem_open(struct mem_net *m, const struct tls_settings *s);
void mem_close(struct mem_net *m);

/* Opens a socket, accepts and watches it under its handle as tag; returns the handle. */
int mem_connect(struct mem_net *m, bool encrypted);

/* Delivers bytes on a socket. */
void mem_say(struct mem_net *m, int handle, const void *bytes, size_t len);

/* One wait(). Returns the events of that tag, or 0. */
uint32_t mem_wait(struct mem_net *m, int handle);

/* The value of a counter. */
uint64_t mem_count(struct mem_net *m, const char *name);

/* A client of this version (0: any), connected. */
void client_open(struct tls_client *c, struct mem_net *m, int version);
void client_close(struct tls_client *c);

/* Moves bytes both ways until neither side has any; returns the events that the server has got. */
uint32_t client_pump(struct tls_client *c);

/* Runs the handshake; whether it has succeeded on both sides. */
bool client_handshake(struct tls_client *c);

/* Sends text to the server, encrypted. */
void client_say(struct tls_client *c, const char *text);

/* Text that has arrived; "" if there is none. */
const char *client_hear(struct tls_client *c, char out[MEM_BYTES]);

#endif
