/*
 * external.h - implements chat/external.h: bounded queues, and threads that run programs and speak
 * SMTP and HTTP.
 */
#ifndef EXTERNAL_EXTERNAL_H
#define EXTERNAL_EXTERNAL_H

#include "chat/external.h"

enum {
	EXTERNAL_MAILS_MAX = 256,    /* waiting and being sent; more are refused */
	EXTERNAL_LOGINS_MAX = 256,   /* waiting and being checked; more are refused */
	EXTERNAL_LOGIN_THREADS = 8,  /* each waits for an answer */
	EXTERNAL_PUSHES_MAX = 1024,  /* waiting and being sent; more are dropped */
	EXTERNAL_PUSH_THREADS = 4,   /* likewise */
	EXTERNAL_LOOKUPS_MAX = 1024, /* waiting and being asked; more are not */
	EXTERNAL_LOOKUP_THREADS = 8, /* likewise */
};

/* Settings. All texts are borrowed for as long as the instance exists. */
struct external_options {
	/* One of the two sends mail, unless both are empty. */
	const char *mail_url;     /* smtp://HOST[:PORT] or smtps://HOST[:PORT] */
	const char *mail_command; /* a program and its arguments, separated by spaces */

	const char *mail_from; /* the sender's address */
	bool mail_tls;         /* smtp:// only after STARTTLS, with a certificate that is valid */
	const char *mail_ca;   /* ""; or a file of certificates that may have signed the server's */
	const char *mail_user; /* ""; or with mail_password_file, for AUTH */
	const char *mail_password_file;
	nsec_t mail_timeout; /* of one message */

	/* One of the two checks passwords (check.h), unless both are empty. */
	const char *check_url; /* http: or https: */
	const char *check_command;
	nsec_t check_timeout; /* of one login, by a password or a token */

	/* One of the two checks tokens, unless both are empty. */
	const char *oauth_keys;       /* a file (jwt.h), with */
	const char *oauth_algorithms; /* the algorithms allowed */
	const char *oauth_introspect; /* http: or https: (introspect.h); with the name and */
	const char *oauth_client;     /* password of this server there, unless "" */
	const char *oauth_client_secret_file;
	const char *oauth_issuer, *oauth_audience, *oauth_claim; /* claims.h */

	/* Web Push, unless key_file is "". */
	const char *push_key_file; /* the server's key pair (push.h) */
	const char *push_contact;  /* mailto: or https: */
	bool push_inside;          /* also to addresses that are not public */
	nsec_t push_timeout;       /* of one message */

	/* DNS lists, by kind, unless all are "" (blocklist.h). */
	const char *zones[EXTERNAL_ZONE_KINDS];
	const char *zone_servers;
	nsec_t zone_timeout; /* of one address */

	void (*wake)(void *arg); /* on a thread of the instance: complete() has something to do */
	void *wake_arg;
};

/* Starts it; NULL if out of memory or threads. Loads libcurl if it is needed: if that fails all
 * that needs it fails, and says so. */
struct external *external_new(const struct external_options *o);

/* Frees it after ops->stop(). x may be NULL. */
void external_free(struct external *x);

#endif
