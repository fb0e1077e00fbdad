/*
 * cmd_sasl.c - AUTHENTICATE (IRCv3 sasl-3.1, sasl-3.2): PLAIN, SCRAM-SHA-256, EXTERNAL,
 * OAUTHBEARER.
 *
 *     AUTHENTICATE PLAIN            mechanism
 *     AUTHENTICATE +                go on
 *     AUTHENTICATE <400 bytes>      base64, in pieces of 400 bytes; a shorter one, or "+", is the
 * last AUTHENTICATE <rest> 900, 903                      or 904: wrong, whatever the reason
 *
 * The answer takes as long for a name that does not exist as for a wrong password: its password is
 * checked against a dummy, and SCRAM goes on with made-up keys. Attempts are bounded for each
 * connection and address (password_attempt.h), and wrong ones for each name (account.h).
 */
#include "chat/cmd/cmd_sasl.h"

#include "chat/accounts/sasl_bearer.h"
#include "chat/accounts/sasl_plain.h"
#include "chat/accounts/scram.h"
#include "chat/cmd/command.h"
#include "chat/cmd/login.h"
#include "chat/cmd/login_outside.h"
#include "chat/cmd/password_attempt.h"
#include "chat/out/caps.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	CHUNK = 400,
	TEXT_MAX = 4 * CHUNK,        /* of one message in base64; longer: 904 */
	TOKEN_TEXT_MAX = 16 * CHUNK, /* of OAUTHBEARER: the tokens of some issuers are long */
};

struct sasl;

struct mechanism {
	const char *name;
	size_t text_max; /* TEXT_MAX, or as long as its messages may be */
	/* Takes a message of n bytes, followed by a NUL. Replies, and ends the exchange or not. */
	void (*take)(struct request *q, struct sasl *x, char *message, size_t n);
};

struct sasl {
	const struct mechanism *mechanism;
	bool over; /* the client has only to confirm: that it is proved (SCRAM) or refused */
	struct scram scram;
	size_t len;
	char text[]; /* of the message so far */
};

static size_t sasl_size(const struct mechanism *m)
{
	return sizeof(struct sasl) + m->text_max + 1;
}

void sasl_free(struct conn *c)
{
	if (c->sasl)
		explicit_bzero(c->sasl, sasl_size(c->sasl->mechanism));
	free(c->sasl);
	c->sasl = NULL;
}

static void finish(struct request *q, enum numeric n, const char *text)
{
	sasl_free(q->conn);
	reply(q, n, ":%s", text);
}

static void fail(struct request *q)
{
	finish(q, ERR_SASLFAIL, "SASL authentication failed");
}

void sasl_abort(struct request *q)
{
	if (q->conn->sasl)
		finish(q, ERR_SASLABORTED, "SASL authentication aborted");
}

static void refused(struct request *q, const char *why)
{
	finish(q, ERR_SASLFAIL, why);
}

static void send_raw(struct request *q, const char *text, size_t n)
{
	struct line_out o = {0};

	line_adds(&o, "AUTHENTICATE ");
	line_add(&o, n ? text : "+", n ? n : 1);
	reply_line(q, &o);
}

/* Sends a message in base64, in pieces of 400 bytes. */
static void challenge(struct request *q, const char *message)
{
	char text[4 * SCRAM_MESSAGE_MAX];
	size_t n, at = 0;

	sodium_bin2base64(text, sizeof(text), (const uint8_t *)message, strlen(message),
		sodium_base64_VARIANT_ORIGINAL);
	for (n = strlen(text); n - at >= CHUNK; at += CHUNK)
		send_raw(q, text + at, CHUNK);
	send_raw(q, text + at, n - at);
}

/* The client has proved that it is the owner of the name. */
static void succeed(struct request *q, const char *name)
{
	struct account *a = accounts_of_nick(&q->server->accounts, name);
	char room[REPLY_MAX];
	const char *why = a ? login_refusal(q->server, a, room) : NULL;

	if (!a)
		fail(q);
	else if (why)
		finish(q, ERR_NICKLOCKED, why);
	else if (login(q, a))
		finish(q, RPL_SASLSUCCESS, "SASL authentication successful");
	else
		fail(q);
}

static void wrong(struct request *q, const char *name)
{
	login_wrong(q, name);
	fail(q);
}

/* --- PLAIN --- */

static void plain_checked(struct request *q, const char *name, bool right)
{
	if (right)
		succeed(q, name);
	else
		wrong(q, name);
}

static void take_plain(struct request *q, struct sasl *x, char *message, size_t n)
{
	struct sasl_plain p;

	if (!sasl_plain_parse(&p, message, n) || strlen(p.password) > VERIFIER_PASSWORD_MAX ||
		strlen(p.name) > SCRAM_NAME_MAX || (*p.acting && !case_equal(p.acting, p.name))) {
		fail(q);
		return;
	}
	if (login_may_guess(q, p.name, refused))
		login_attempt(q, p.name, p.password, plain_checked, refused);
}

/* --- SCRAM-SHA-256 --- */

/* The keys of an account; of a name without one, made up, always the same. */
static void keys_of(struct request *q, const char *name, struct scram_keys *k)
{
	const struct account *a = accounts_of_nick(&q->server->accounts, name);
	uint8_t secret[32];

	if (a && scram_keys_parse(k, a->scram))
		return;
	accounts_secret_of(&q->server->accounts, name, secret);
	k->iterations = (uint32_t)q->server->config->accounts.scram_iterations;
	memcpy(k->salt, secret, sizeof(k->salt));
	memcpy(k->stored, secret, sizeof(k->stored));
	memcpy(k->server, secret, sizeof(k->server));
}

static void scram_begin(struct request *q, struct sasl *x, const char *message, size_t n)
{
	uint8_t bytes[SCRAM_NONCE * 3 / 4];
	char nonce[SCRAM_NONCE + 1];
	struct scram_keys keys;

	if (!scram_first(&x->scram, message, n) ||
		(x->scram.acting[0] && !case_equal(x->scram.acting, x->scram.name))) {
		fail(q);
		return;
	}
	if (!login_may_guess(q, x->scram.name, refused) || !password_attempt_may(q, refused))
		return;
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(
		nonce, sizeof(nonce), bytes, sizeof(bytes), sodium_base64_VARIANT_ORIGINAL);
	keys_of(q, x->scram.name, &keys);
	scram_challenge(&x->scram, &keys, nonce);
	challenge(q, x->scram.challenge);
}

static void scram_prove(struct request *q, struct sasl *x, const char *message, size_t n)
{
	char signature[SCRAM_KEYS_TEXT_MAX], name[SCRAM_NAME_MAX];

	switch (scram_final(&x->scram, message, n, signature)) {
	case SCRAM_OK:
		x->over = true;
		challenge(q, signature);
		break;
	case SCRAM_WRONG:
		memcpy(name, x->scram.name, sizeof(name));
		password_attempt_wrong(q);
		wrong(q, name);
		break;
	case SCRAM_MALFORMED: fail(q); break;
	}
}

static void take_scram(struct request *q, struct sasl *x, char *message, size_t n)
{
	char name[SCRAM_NAME_MAX];

	if (x->over) {
		memcpy(name, x->scram.name, sizeof(name));
		succeed(q, name);
	} else if (x->scram.challenge[0]) {
		scram_prove(q, x, message, n);
	} else {
		scram_begin(q, x, message, n);
	}
}

/* --- EXTERNAL --- */

/* The name of an account may be given, which must then be that of the certificate. */
static void take_external(struct request *q, struct sasl *x, char *message, size_t n)
{
	char fingerprint[LOGIN_FINGERPRINT_MAX];
	const struct account *a = login_fingerprint(q, fingerprint)
					  ? accounts_of_cert(&q->server->accounts, fingerprint)
					  : NULL;

	if (a && (n == 0 || (strlen(message) == n &&
				    accounts_of_nick(&q->server->accounts, message) == a)))
		succeed(q, a->name);
	else
		fail(q);
}

/* --- OAUTHBEARER --- */

/* The status of RFC 7628 section 3.2.2; the client answers it, and then gets 904. */
static void bearer_refuse(struct request *q)
{
	const char *discovery = q->server->config->accounts.oauth_discovery;
	char text[SCRAM_MESSAGE_MAX];

	snprintf(text, sizeof(text), "{\"status\":\"invalid_token\"%s%s%s}",
		*discovery ? ",\"openid-configuration\":\"" : "", discovery,
		*discovery ? "\"" : "");
	q->conn->sasl->over = true;
	challenge(q, text);
}

/* Of a token that opens it, the account may be asked for by its name only. */
static void bearer_checked(struct request *q, const char *name, bool right)
{
	const struct sasl *x = q->conn->sasl;

	if (!right)
		bearer_refuse(q);
	else if (!x->scram.acting[0] || case_equal(x->scram.acting, name))
		succeed(q, name);
	else
		fail(q);
}

static void take_bearer(struct request *q, struct sasl *x, char *message, size_t n)
{
	struct sasl_bearer b;

	if (x->over || !sasl_bearer_parse(&b, message, n) ||
		strlen(b.acting) >= sizeof(x->scram.acting)) {
		fail(q);
		return;
	}
	strcpy(x->scram.acting, b.acting);
	if (*b.token)
		login_outside_begin(q, &(struct login_outside){.token = b.token,
					       .name = b.acting,
					       .end = bearer_checked,
					       .refused = refused});
	else
		bearer_refuse(q);
}

/* --- the exchange --- */

static const struct mechanism mechanisms[] = {
	{"PLAIN", TEXT_MAX, take_plain},
	{"SCRAM-SHA-256", TEXT_MAX, take_scram},
	{"EXTERNAL", TEXT_MAX, take_external},
	{"OAUTHBEARER", TOKEN_TEXT_MAX, take_bearer},
};

static void begin(struct request *q, const char *name)
{
	const struct config *config = q->server->config;
	char names[CAP_VALUE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++) {
		if (!case_equal(name, mechanisms[i].name) || !sasl_offered(config, name))
			continue;
		q->conn->sasl = calloc(1, sasl_size(&mechanisms[i]));
		if (!q->conn->sasl) {
			conn_out_of_memory(q->server, q->conn);
			return;
		}
		q->conn->sasl->mechanism = &mechanisms[i];
		send_raw(q, NULL, 0);
		return;
	}
	sasl_names(config, q->conn->flags & CONN_SECURE, names);
	reply(q, RPL_SASLMECHS, "%s :are available SASL mechanisms", names);
	fail(q);
}

/* A message is complete. */
static void decode(struct request *q, struct sasl *x)
{
	char message[TOKEN_TEXT_MAX + 1];
	size_t n = 0;
	const char *end;

	if (sodium_base642bin((uint8_t *)message, TOKEN_TEXT_MAX, x->text, x->len, NULL, &n, &end,
		    sodium_base64_VARIANT_ORIGINAL) != 0 ||
		end != x->text + x->len) {
		fail(q);
		return;
	}
	message[n] = '\0';
	x->len = 0;
	x->mechanism->take(q, x, message, n);
	explicit_bzero(message, sizeof(message));
}

static void add_piece(struct request *q, const char *piece, size_t n)
{
	struct sasl *x = q->conn->sasl;

	if (strcmp(piece, "+") == 0)
		n = 0;
	if (x->len + n > x->mechanism->text_max) {
		fail(q);
		return;
	}
	memcpy(x->text + x->len, piece, n);
	x->len += n;
	if (n < CHUNK)
		decode(q, x);
}

static void cmd_authenticate(struct request *q)
{
	const char *word = q->msg->params[0];
	size_t n = q->msg->lens[0];

	if (!(q->conn->caps & CAP_SASL))
		finish(q, ERR_SASLFAIL, "SASL needs the capability sasl");
	else if (strcmp(word, "*") == 0)
		finish(q, ERR_SASLABORTED, "SASL authentication aborted");
	else if (n > CHUNK)
		finish(q, ERR_SASLTOOLONG, "SASL message too long");
	else if (q->conn->sasl)
		add_piece(q, word, n);
	else
		begin(q, word);
}

static const struct command rows[] = {
	{"AUTHENTICATE", 1, COMMAND_EARLY, 1, cmd_authenticate},
};

const struct command_group commands_sasl = {rows, ARRAY_SIZE(rows)};
