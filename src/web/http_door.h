/*
 * http_door.h - an HTTP server: listeners, connections and their bounds, on a network behind
 * chat/net.h. What it serves is the site's matter. Without threads and without waiting, beside
 * another loop:
 *
 *     struct http_door *d = http_door_new(net, &site);
 *     http_door_listen(d, &at);
 *     ... the loop also waits until the network has an event, at most until http_door_due(d), and
 *     calls http_door_turn(d) ...
 *     http_door_free(d);
 *
 * A turn answers a bounded number of requests; the others wait for the next. A client that is slow
 * to ask or to read is cut, and does not delay the others.
 */
#ifndef WEB_HTTP_DOOR_H
#define WEB_HTTP_DOOR_H

#include "chat/net.h"

enum {
	HTTP_LISTENERS_MAX = 16,
	HTTP_CONNS_MAX =
		256,        /* connections: one more takes the place of an idle one, or gets 503 */
	HTTP_ACCEPTS = 32,  /* connections accepted in a turn, for each listener */
	HTTP_ANSWERS = 4,   /* requests answered in a turn */
	HTTP_READ = 4096,   /* bytes read at once */
	HTTP_STATUSES = 11, /* that it answers with */
};

#define HTTP_REQUEST_TIME (5 * NSEC_SEC)   /* for a request to be complete; then 408 */
#define HTTP_SEND_TIME    (30 * NSEC_SEC)  /* for a client to take the answer */
#define HTTP_IDLE_TIME    (120 * NSEC_SEC) /* between two requests of a connection */
#define HTTP_LINGER_TIME  NSEC_SEC         /* after a refusal, for a client that still sends */
#define HTTP_ACCEPT_PAUSE NSEC_SEC         /* after the system ran out of descriptors */

/* The answer of a site. */
struct http_answer {
	unsigned status; /* one of http_statuses */
	const char *type;
	char *body; /* from malloc(); the door frees it */
	size_t len;
};

/* The content: get() fills in the answer to a request for a path. A NULL body is a sentence about
 * the status. */
struct http_site {
	void (*get)(void *arg, const char *path, struct http_answer *out);
	void *arg;
};

/* Events at a door, counted. */
struct http_counts {
	uint64_t accepted;      /* connections */
	uint64_t full, evicted; /* refused with 503; idle ones that gave way */
	uint64_t slow_readers;  /* cut because they did not take the answer */
	uint64_t accept_pauses;
	uint64_t answers[HTTP_STATUSES]; /* by status */
	uint32_t conns;                  /* at present */
};

/* The statuses, in the order of http_counts.answers. */
extern const uint16_t http_statuses[HTTP_STATUSES];

struct http_door;

/* A door without a listener; NULL: out of memory. n stays the caller's, and is used for nothing
 * else: a turn takes all its events. */
struct http_door *http_door_new(struct net *n, const struct http_site *site);

/* Also listens at an address. 0 or -errno. */
int http_door_listen(struct http_door *d, const struct net_addr *at);

/* Accepts, reads, answers, cuts; does not wait. */
void http_door_turn(struct http_door *d);

/* When the next turn is due without events, a time of n's clock; NSEC_MAX: never. */
nsec_t http_door_due(const struct http_door *d);

/* The counts so far. */
const struct http_counts *http_door_counts(const struct http_door *d);

/* Closes everything and frees d, which may be NULL. */
void http_door_free(struct http_door *d);

#endif
