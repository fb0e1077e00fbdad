/*
 * bus.h - what joins several servers into one network: messages by subject, and keys that only one
 * of them can create. The engine behind it (NATS) is bus and lock only: nothing exists only there.
 *
 *     publish   at most once; messages of one server arrive in the order in which they were sent,
 *               or not at all: who numbers them sees what is missing
 *     keys      create, replace and remove compare the revision, so that of two servers one wins.
 *               While the engine elects a leader, or is away, they fail with BUS_AWAY, and may have
 *               been carried out all the same: who must know asks with get()
 *
 * Every function is called on the loop's thread and returns at once; `heard` and `done` run there,
 * inside complete(), which is due after the network's wake().
 */
#ifndef CHAT_BUS_H
#define CHAT_BUS_H

#include "base/base.h"

enum {
	BUS_SUBJECT_MAX =
		96, /* bytes with the NUL: tokens of letters, digits, - and _, between dots */
	BUS_KEY_MAX = 255,         /* bytes, any */
	BUS_VALUE_MAX = 255,       /* bytes, any */
	BUS_MESSAGE_MAX = 1 << 19, /* bytes of a message: half of what the engine takes */
	BUS_PENDING_MAX = 65536,   /* operations on keys that have not ended */
	BUS_WHY_MAX = 200,
	BUS_TOKEN_MAX = 32, /* bytes of a network's token, with the NUL */
};

enum bus_status {
	BUS_OK,
	BUS_TAKEN, /* create(): the key exists; replace(), remove(): it has not that revision */
	BUS_NONE,  /* get(): there is no such key */
	BUS_AWAY,  /* no answer: the engine is away or elects; or stop() */
};

struct bus;

/* A message of another server; what was published here is not heard here. */
typedef void (*bus_heard)(void *arg, const char *subject, const uint8_t *bytes, size_t len);

/* The result of an operation on a key. The value is valid until `done` returns. */
struct bus_reply {
	enum bus_status status;
	uint64_t revision; /* of BUS_OK, except of remove(); none is used twice */
	const uint8_t *value;
	size_t len; /* of get() */
};

typedef void (*bus_done)(void *arg, const struct bus_reply *reply);

/* An operation on a key. */
struct bus_key {
	const char *key;
	size_t key_len;
	const uint8_t *value; /* of create() and replace() */
	size_t len;
	uint64_t revision; /* of replace() and remove(): the one that it must have */
	bus_done done;
	void *arg;
};

struct bus_ops {
	/* Sends a copy to all other servers that listen to the subject. False, and it is counted,
	 * if the engine is away or its buffer is full. */
	bool (*publish)(struct bus *b, const char *subject, const uint8_t *bytes, size_t len);

	/* Listens to a subject, from now on and after every reconnection; "*" stands for one token.
	 * False if out of memory. */
	bool (*subscribe)(struct bus *b, const char *subject, bus_heard heard, void *arg);

	/* Operations on keys: queued in order; false, and `done` is never called, beyond
	 * BUS_PENDING_MAX or without memory; else it is called once. */
	bool (*create)(struct bus *b, const struct bus_key *k);
	bool (*replace)(struct bus *b, const struct bus_key *k);
	bool (*remove)(struct bus *b, const struct bus_key *k);
	bool (*get)(struct bus *b, const struct bus_key *k);

	/* Whether all that was published has left this process, or is lost. */
	bool (*sent)(struct bus *b);

	/* Delivers what has come, at most so much that a turn stays short; calls wake() again if
	 * there is more. Cheap when nothing has. */
	void (*complete)(struct bus *b);

	/* Ends the connection and its threads; runs `done` of everything outstanding. */
	void (*stop)(struct bus *b);
};

/* The first member of every kind of bus; set by its implementation, inside complete() only. */
struct bus {
	const struct bus_ops *ops;
	bool up;               /* connected to the engine */
	uint64_t connections;  /* so far: after each, messages may be missing */
	char why[BUS_WHY_MAX]; /* why it is not connected, or has no keys; or "" */
	uint64_t published, heard,
		dropped; /* messages; dropped: not sent, or more than we took in */
};

/* Writes a network's name as a token of subjects: all but letters and digits become '-'. */
static inline void bus_token(char out[BUS_TOKEN_MAX], const char *name)
{
	size_t i = 0;

	for (; name[i] && i < BUS_TOKEN_MAX - 1; i++) {
		char c = name[i] | 0x20;
		bool plain = (c >= 'a' && c <= 'z') || (name[i] >= '0' && name[i] <= '9');

		out[i] = '-';
		if (plain)
			out[i] = name[i];
	}
	out[i] = '\0';
}

#endif
