/*
 * scram.h - SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677), without channel binding.
 *
 *     client   n,,n=user,r=CLIENT                         scram_first()
 *     server   r=CLIENTSERVER,s=SALT,i=4096               scram_challenge()
 *     client   c=biws,r=CLIENTSERVER,p=PROOF              scram_final()
 *     server   v=SIGNATURE
 *
 * The client proves that it knows the password without sending it, and the server that it has the
 * keys. The expensive part, PBKDF2, is the client's: a login costs the server a few hashes.
 */
#ifndef CHAT_ACCOUNTS_SCRAM_H
#define CHAT_ACCOUNTS_SCRAM_H

#include "base/base.h"

enum {
	SCRAM_KEY = 32,
	SCRAM_SALT = 16,
	SCRAM_NONCE = 24,            /* characters of the server's part */
	SCRAM_NAME_MAX = 128,        /* bytes of a user name with its NUL; longer: refused */
	SCRAM_MESSAGE_MAX = 1024,    /* bytes of a message; longer: refused */
	SCRAM_KEYS_TEXT_MAX = 256,   /* bytes of keys as text, with their NUL */
	SCRAM_ITERATIONS_MIN = 4096, /* RFC 7677 section 4 */
};

/* StoredKey and ServerKey of RFC 5802 section 3. */
struct scram_keys {
	uint32_t iterations;
	uint8_t salt[SCRAM_SALT], stored[SCRAM_KEY], server[SCRAM_KEY];
};

/* Derives the keys of a password: `iterations` HMACs. The password is taken as it is: SASLprep
 * changes no ASCII. */
void scram_derive(struct scram_keys *k, const char *password, const uint8_t salt[SCRAM_SALT],
	uint32_t iterations);

/* Formats keys as "SCRAM-SHA-256$ITERATIONS:SALT$STORED:SERVER", the format of PostgreSQL. */
void scram_keys_print(const struct scram_keys *k, char out[SCRAM_KEYS_TEXT_MAX]);

/* Parses it; false if malformed. */
bool scram_keys_parse(struct scram_keys *k, const char *text);

/* An exchange. */
struct scram {
	char name[SCRAM_NAME_MAX], acting[SCRAM_NAME_MAX]; /* authentication, authorization */
	char header[SCRAM_MESSAGE_MAX];                    /* the GS2 header */
	char bare[SCRAM_MESSAGE_MAX];                      /* the first message behind it */
	char challenge[2 * SCRAM_MESSAGE_MAX];
	char nonce[SCRAM_MESSAGE_MAX + SCRAM_NONCE]; /* of both sides */
	struct scram_keys keys;
};

/* Parses the client's first message of n bytes; false if malformed, or if it asks for channel
 * binding or an extension. */
bool scram_first(struct scram *s, const char *message, size_t n);

/* Makes the reply to it, s->challenge. `nonce` is the server's part: printable, without commas. */
void scram_challenge(struct scram *s, const struct scram_keys *keys, const char *nonce);

enum scram_result {
	SCRAM_OK,
	SCRAM_WRONG,     /* the proof is not that of the keys */
	SCRAM_MALFORMED, /* or not of this exchange */
};

/* Checks the client's final message of n bytes; after SCRAM_OK out is the server's. */
enum scram_result scram_final(
	const struct scram *s, const char *message, size_t n, char out[SCRAM_KEYS_TEXT_MAX]);

#endif
