/*
 * nats_answer.h - what the engine is asked about keys and their stream, and its answers: JSON.
 */
#ifndef BUS_NATS_ANSWER_H
#define BUS_NATS_ANSWER_H

#include "chat/bus.h"

enum {
	NATS_BODY_MAX = 1024,    /* of a question, with the NUL */
	NATS_ANSWER_MAX = 65536, /* bytes; a longer one is none */
};

enum nats_answer_kind {
	NATS_DONE,
	NATS_CONFLICT,   /* the subject's last message is another one, or there is none */
	NATS_NOTHING,    /* there is no such message */
	NATS_NO_STREAM,  /* there is no such stream */
	NATS_EXISTS,     /* there is such a stream already */
	NATS_NO_PEERS,   /* the engine has not so many servers, now */
	NATS_NO_CLUSTER, /* the engine is a single server */
	NATS_FAILED,     /* anything else */
};

struct nats_answer {
	enum nats_answer_kind kind;
	uint64_t sequence; /* of the message; 0: not said */
	size_t len;        /* of the message's bytes */
	uint8_t bytes[BUS_VALUE_MAX];
	uint64_t replicas;     /* of the stream; 0: not said */
	bool clustered;        /* the engine is more than one server */
	uint64_t incarnation;  /* of the stream, 24 bits: of another time of making, another one */
	char why[BUS_WHY_MAX]; /* of NATS_FAILED */
};

/* Reads an answer; all bytes that are none are NATS_FAILED. */
void nats_answer_read(struct nats_answer *a, const uint8_t *bytes, size_t len);

/* Writes the subject of a key: its bytes, but =XX for all that are no letters, digits, - and _.
 * False if it does not fit. */
bool nats_key_subject(char *out, size_t size, const char *prefix, const struct bus_key *k);

/* Writes the body that makes the stream, or changes how many replicas it has. */
void nats_stream_body(char out[NATS_BODY_MAX], const char *network, int replicas);

#endif
