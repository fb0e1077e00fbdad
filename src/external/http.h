/*
 * http.h - a question to a web server by POST, with libcurl. Redirects are not followed, no proxy
 * of the environment is used, certificates are verified.
 */
#ifndef EXTERNAL_HTTP_H
#define EXTERNAL_HTTP_H

#include "external/curl.h"

struct http_post {
	const char *url; /* http: or https: */
	const char *type, *body;
	size_t body_len;            /* 0: a text */
	const char *const *headers; /* further ones, ended by NULL; NULL: none */
	bool outside;               /* only to the public Internet, by https: */
	const char *user,
		*password; /* of the server, for HTTP's basic authentication; NULL: none */
	nsec_t timeout;
	const volatile bool *stop; /* looked at about once a second */
	char *out;                 /* the answer's body, NUL-terminated */
	size_t out_size;           /* a longer one is a failure */
};

/* Posts it and waits. False, with the reason in reply->why and the status in reply->status, unless
 * the answer has status 200, 201 or 202. */
bool http_post(const struct curl *l, const struct http_post *p, struct external_reply *reply);

#endif
