/*
 * external.h - what the server asks of programs and servers outside it, without waiting: to send
 * mail, whether a password or a token is right, and to push a message to a device.
 *
 *     loop   ops->mail() or login() -> a bounded queue -> a thread: SMTP, HTTP, or a program
 *            ops->complete() runs `done`               <- the network's wake()
 *
 * Every function is called on the loop's thread, and every `done` runs there.
 */
#ifndef CHAT_EXTERNAL_H
#define CHAT_EXTERNAL_H

#include "base/base.h"

enum {
	EXTERNAL_WHY_MAX = 200,     /* bytes of a reason, with the NUL */
	EXTERNAL_TO_MAX = 256,      /* of a mail address */
	EXTERNAL_MAIL_MAX = 4096,   /* of a message with its header */
	EXTERNAL_ACCOUNT_MAX = 128, /* of an account's name, with the NUL */
	EXTERNAL_PASSWORD_MAX = 640,
	EXTERNAL_CERTFP_MAX = 65,
	EXTERNAL_IP_MAX = 64,
	EXTERNAL_TOKEN_MAX = 4864,   /* as long as a message of OAUTHBEARER may be */
	EXTERNAL_PUSH_MAX = 3800,    /* bytes of a push message */
	EXTERNAL_PUSH_KEY = 65,      /* of a subscription's public key (P-256, uncompressed) */
	EXTERNAL_PUSH_SECRET = 16,   /* of its secret */
	EXTERNAL_ENDPOINT_MAX = 512, /* of its URL, with the NUL */
	EXTERNAL_ZONE_KINDS = 3,     /* DNS lists: refuse, account, warn */
};

struct external;

/* The result: whether it was done, or why not. Valid until `done` returns. */
struct external_reply {
	bool ok;
	long status;                        /* of HTTP; 0: no answer */
	bool gone;                          /* of a push: there is no such subscription any more */
	bool right;                         /* of a login that was answered (ok): the answer, */
	char account[EXTERNAL_ACCOUNT_MAX]; /* and whose it is; "": of the name that was given */
	char why[EXTERNAL_WHY_MAX];
};

typedef void (*external_done)(void *arg, const struct external_reply *reply);

struct external_then {
	external_done done;
	void *arg;
};

/* A message as in RFC 5322: header, empty line, text; lines end with CR LF. */
struct external_mail {
	const char *to, *message;
};

/* A password, or a token, to be checked. */
struct external_login {
	const char *token; /* NULL: a password, with what follows */
	const char *account, *password;
	const char *certfp; /* the client's certificate, SHA-256 in hexadecimal; NULL: none */
	const char *ip;
	uint64_t *round; /* kept for its source, an address: sources take turns */
};

/* A message to a device, by a push service (Web Push, RFC 8030). */
struct external_push {
	const char *endpoint; /* the subscription's URL */
	uint8_t key[EXTERNAL_PUSH_KEY], secret[EXTERNAL_PUSH_SECRET];
	const char *text;
	size_t len;
};

/* An address to be looked for on DNS lists. */
struct external_lookup {
	bool six;
	uint8_t address[16]; /* of IPv4 the first four */
};

struct external_ops {
	/* Queues a copy. False, and `done` is never called, if the queue is full, the message too
	 * long or memory is out; else it is called once. */
	bool (*mail)(struct external *x, const struct external_mail *m, struct external_then then);

	/* Queues a copy of a login, likewise. */
	bool (*login)(
		struct external *x, const struct external_login *l, struct external_then then);

	/* Queues a copy of a push, likewise; source as `round` of a login. */
	bool (*push)(struct external *x, const struct external_push *p, uint64_t *round,
		struct external_then then);

	/* Queues a lookup, likewise. The answer: right, it is listed, and account is the zone. */
	bool (*lookup)(struct external *x, const struct external_lookup *q, uint64_t *round,
		struct external_then then);

	/* Runs `done` of what has ended. Cheap when nothing has. */
	void (*complete)(struct external *x);

	/* How much of what was queued has not been completed. */
	uint32_t (*outstanding)(const struct external *x);

	/* Ends the threads, and runs `done` of everything outstanding, as failed. */
	void (*stop)(struct external *x);
};

struct external {
	const struct external_ops *ops;
	bool mails;   /* whether mail can be sent */
	bool lookups; /* whether there are DNS lists */
	bool logins;  /* whether passwords or tokens can be checked */
	const char
		*push_key; /* the server's public key for pushes, as text; NULL: there are none, */
	char push_why[EXTERNAL_WHY_MAX]; /* and why, although they are wanted; else "" */
};

#endif
