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
#include "web/http_range.h"
#include "web/http_response.h"

enum {
	HTTP_LISTENERS_MAX = 16,
	HTTP_CONNS_MAX = 256, /* connections: one more takes the place of another, an idle one if
				 there is any */
	HTTP_ACCEPTS = 32,    /* connections accepted in a turn, for each listener */
	HTTP_ANSWERS = 4,     /* requests answered in a turn */
	HTTP_READ = 4096,     /* bytes read at once */
	HTTP_STATUSES = 22,   /* that it answers with */
	HTTP_CONTENT_READ = 65536, /* bytes of content read from a connection in a turn */
	HTTP_CONTENT_RATE = 32768, /* bytes of content in a second, at least, on average */
};

/* Tags of the network's events that a door uses: from its first one on. */
#define HTTP_TAGS (UINT64_C(1) << 33)

#define HTTP_REQUEST_TIME (5 * NSEC_SEC)       /* for a request to be complete; then 408 */
#define HTTP_CONTENTS_MAX (UINT64_C(64) << 20) /* bytes of content held at once; then 503 */
#define HTTP_WAIT_TIME    (30 * NSEC_SEC)      /* for the site to answer later; then 503 */
#define HTTP_SEND_TIME    (30 * NSEC_SEC)      /* for a client to take the answer */
#define HTTP_IDLE_TIME    (120 * NSEC_SEC)     /* between two requests of a connection */
#define HTTP_LINGER_TIME  NSEC_SEC             /* after a refusal, for a client that still sends */
#define HTTP_ACCEPT_PAUSE NSEC_SEC             /* after the system ran out of descriptors */

#define HTTP_LATER 0 /* a status: not yet */

/* The answer of a site. */
struct http_answer {
	unsigned status; /* one of http_statuses */
	const char *type;
	const void *body; /* from malloc(), and the door frees it, unless it is lasting */
	size_t len;
	bool lasting;               /* the body outlives the door */
	char tag[HTTP_TAG_MAX + 1]; /* of the body, if parts of it may be asked for; else "" */
	const char *cache;          /* Cache-Control, which outlives the call; NULL: no-store */
	char more[HTTP_MORE_MAX];   /* further fields of the head, each with its CRLF */
};

/* A request that a site has not answered yet. */
struct http_token {
	uint32_t place, serial;
};

/* A request, as a site is asked it. */
struct http_ask {
	const struct http_request *request;
	const struct net_addr *peer;
	char *content; /* of the request, from malloc(); the site may take it, and leaves NULL */
	size_t content_len;
	struct http_token token;
};

/* A connection whose client asks for another protocol. */
struct http_upgrade {
	int handle, listener;
	struct net_addr peer;
	const struct http_request *request;
};

/* The content. */
struct http_site {
	/* Fills in the answer. A NULL body is a sentence about the status; status HTTP_LATER: it
	 * comes by http_door_answer(). */
	void (*get)(void *arg, struct http_ask *ask, struct http_answer *out);
	/* Judges a request with content before the content: 0 takes it. Others are refused with the
	 * status. NULL: the site knows GET and HEAD only. */
	unsigned (*admit)(void *arg, const struct http_ask *ask);
	/* Takes over the connection of a request to upgrade, and with it the handle: 0. Or returns
	 * the status to answer; it is then closed. NULL: such a request is one for its path. */
	unsigned (*upgrade)(void *arg, const struct http_upgrade *u);
	void *arg;
};

/* Events at a door, counted. */
struct http_counts {
	uint64_t accepted;     /* connections */
	uint64_t evicted;      /* gave way to another */
	uint64_t slow_readers; /* cut because they did not take the answer */
	uint64_t upgraded;     /* taken over by the site */
	uint64_t accept_pauses;
	uint64_t answers[HTTP_STATUSES]; /* by status */
	uint32_t conns;                  /* at present */
};

/* The statuses, in the order of http_counts.answers. */
extern const uint16_t http_statuses[HTTP_STATUSES];

struct http_door;

/* A door without a listener; NULL: out of memory. n stays the caller's. */
struct http_door *http_door_new(struct net *n, const struct http_site *site);

/* Uses the tags from `first` on, for a network that others use, too. Before the first listener. */
void http_door_tags(struct http_door *d, uint64_t first);

/* Also listens at an address. 0 or -errno. */
int http_door_listen(struct http_door *d, const struct net_addr *at);

/* Takes over a listening socket. 0, or -errno: it is still the caller's. */
int http_door_add(struct http_door *d, int listener);

/* Closes a listener. */
void http_door_remove(struct http_door *d, int listener);

/* Accepts, reads, answers, cuts; does not wait. Takes all events of the network. */
void http_door_turn(struct http_door *d);

/* The same with these events, of which it takes its own; for a network that others use, too. */
void http_door_take(struct http_door *d, const struct net_event *events, int count);

/* Answers a request that the site left for later. If its client has gone, or has waited too long,
 * the body is freed. */
void http_door_answer(struct http_door *d, struct http_token t, struct http_answer *a);

/* When the next turn is due without events, a time of n's clock; NSEC_MAX: never. */
nsec_t http_door_due(const struct http_door *d);

/* The counts so far. */
const struct http_counts *http_door_counts(const struct http_door *d);

/* Closes everything and frees d, which may be NULL. */
void http_door_free(struct http_door *d);

#endif
