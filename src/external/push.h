/*
 * push.h - one push message: encrypted, signed, posted to the push service (RFC 8030).
 */
#ifndef EXTERNAL_PUSH_H
#define EXTERNAL_PUSH_H

#include "external/curl.h"
#include "external/push_crypt.h"

struct push_settings {
	EVP_PKEY *pair;      /* of the server: VAPID */
	const char *contact; /* mailto: or https:, for the service's owner */
	bool inside;         /* also to addresses that are not public, by http: too */
	nsec_t timeout;
	const volatile bool *stop;
};

/* Pushes, and waits for the service. reply->gone: it says that the subscription has ended. */
void push_send(const struct curl *l, const struct push_settings *s, const struct external_push *p,
	struct external_reply *reply);

/* Loads the server's key pair from a file (PEM), which is made if it is not there. NULL, with the
 * reason in why, if that fails. */
EVP_PKEY *push_load_pair(const char *path, char why[EXTERNAL_WHY_MAX]);

#endif
