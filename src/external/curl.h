/*
 * curl.h - libcurl, loaded when it is wanted (docs/decisions/0120): its functions.
 */
#ifndef EXTERNAL_CURL_H
#define EXTERNAL_CURL_H

#include "chat/external.h"

#include <curl/curl.h>

struct curl {
	void *library; /* NULL: could not be loaded, */
	char why[EXTERNAL_WHY_MAX];
	CURLcode (*global_init)(long flags);
	CURL *(*init)(void);
	CURLcode (*set)(CURL *c, CURLoption option, ...);
	CURLcode (*get)(CURL *c, CURLINFO info, ...);
	CURLcode (*perform)(CURL *c);
	void (*cleanup)(CURL *c);
	const char *(*error)(CURLcode code);
	struct curl_slist *(*append)(struct curl_slist *list, const char *text);
	void (*free_all)(struct curl_slist *list);
};

/* Loads it; if that fails, l->library is NULL and l->why has the reason. It stays loaded: it may
 * have registered itself with others. */
void curl_load(struct curl *l);

/* A new transfer without signals, that ends after `timeout`, or about a second after *stop is set.
 * error has CURL_ERROR_SIZE bytes. NULL, with the reason in reply->why: there is no libcurl, or out
 * of memory. */
CURL *curl_begin(const struct curl *l, nsec_t timeout, const volatile bool *stop, char *error,
	struct external_reply *reply);

/* Performs it; false, with the reason in reply->why, if that fails. */
bool curl_end(const struct curl *l, CURL *c, const char *error, struct external_reply *reply);

#endif
