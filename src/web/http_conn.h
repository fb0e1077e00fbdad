/*
 * http_conn.h - a connection of an HTTP server: its state, and the answers that it is sent. Private
 * to http_door.c and http_ask.c; the states are drawn in http_door.c.
 */
#ifndef WEB_HTTP_CONN_H
#define WEB_HTTP_CONN_H

#include "web/http_door.h"

enum phase {
	READING,
	TAKING,  /* the content of a request */
	WAITING, /* for the site's answer */
	SENDING,
	LINGERING,
};

struct http_conn {
	int handle, listener;
	struct net_addr peer;
	enum phase phase;
	bool idle; /* between two requests */
	bool full; /* NET_OUT is watched */
	bool keep, refused;
	nsec_t deadline;
	struct http_request request;
	size_t in_len; /* bytes received and not parsed */
	char in[HTTP_READ];
	char head[HTTP_RESPONSE_HEAD_MAX];
	size_t head_len, sent;
	char *content; /* of the request */
	size_t content_len, content_size;
	uint32_t serial; /* of the request that the site is asked */
	const char *body;
	size_t body_from, body_len; /* the part of it that is sent */
	bool lasting;               /* not to be freed */
};

struct http_door {
	struct net *net;
	struct http_site site;
	uint64_t tags; /* the first of its own */
	nsec_t now;
	int budget; /* answers left in this turn */
	bool paused;
	nsec_t pause_end;
	int listeners[HTTP_LISTENERS_MAX];
	size_t listener_count;
	struct http_conn *conns[HTTP_CONNS_MAX]; /* NULL: free */
	uint32_t serial;                         /* of the last request that the site was asked */
	uint64_t contents;                       /* bytes of content that are held, or to come */
	struct http_counts counts;
};

/* Closes connection i; or only forgets it, when another owner has its handle. */
void http_conn_close(struct http_door *d, size_t i);
void http_conn_forget(struct http_door *d, size_t i);

/* Waits for the next request; idle: the last one was answered. */
void http_conn_next(struct http_door *d, struct http_conn *c, bool idle);

/* Sends an answer, which takes its body over; what the client does not take is sent by
 * http_conn_send() when it does. */
void http_conn_answer(struct http_door *d, size_t i, struct http_answer *a);
void http_conn_send(struct http_door *d, size_t i);

/* Answers with a status, and closes. */
void http_conn_refuse(struct http_door *d, size_t i, unsigned status);

/* Frees the content of its request. */
void http_conn_drop_content(struct http_door *d, struct http_conn *c);

#endif
