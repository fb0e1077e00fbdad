/*
 * control_answer.h - the answer to a request on a control socket, made in pieces: what the request
 * asks of the instance. Lines of JSON, then the line "end".
 */
#ifndef HOST_CONTROL_ANSWER_H
#define HOST_CONTROL_ANSWER_H

#include "host/control_request.h"
#include "host/control_service.h"
#include "host/control_tap.h"
#include "socket/instance.h"
#include "stack/tcp/tcp_diag.h"
#include "stack/udp/udp_diag.h"

enum {
	CONTROL_PIECE_ROWS = 64,      /* in one piece, and what else is in the last bucket */
	CONTROL_PIECE_BYTES = 65536,  /* of packets, likewise */
	CONTROL_PIECE_BUCKETS = 1024, /* looked at for one piece */
};

/* The counters of a control socket. */
struct control_counts {
	uint64_t accepted;  /* connections */
	uint64_t refused;   /* of another user */
	uint64_t busy;      /* beyond the bound */
	uint64_t invalid;   /* requests that were refused */
	uint64_t abandoned; /* the reader left, or was cut for being too slow */
};

/* The instance that is asked. */
struct control_source {
	struct burble *b;                      /* NULL: the program uses the kernel's sockets */
	const struct control_service *service; /* NULL: there is none */
	const char *name;
	uint64_t key; /* hides addresses of memory */
	struct control_counts counts;
	int tap_event;               /* eventfd: packets are waiting */
	struct control_answer *dump; /* the one in progress; NULL: none */
};

struct control_answer {
	struct control_source *source;
	struct control_request request;
	struct tcp_diag_cursor tcp;
	struct udp_diag_cursor udp;
	int next;                /* descriptor, counter or parameter */
	struct control_tap *tap; /* of a dump */
	void *service;           /* the service's answer */
	bool waits;              /* nothing to send at present */
	struct control_out *out;
	uint32_t rows; /* in this piece */
};

/* Begins the answer to request, whose text must stay until its end: appends its first line, "ok",
 * or "error" and the reason, to out. False: that was all. */
bool control_answer_begin(struct control_answer *a, struct control_source *source,
	const struct control_request *request, struct control_out *out);

/* Ends the answer early, or after its last piece; a is as before its beginning. */
void control_answer_end(struct control_answer *a);

/* Appends the next piece, or nothing if there is nothing at present (waits). False: that was the
 * last. */
bool control_answer_more(struct control_answer *a, struct control_out *out);

/* Appends "error", the reason and a newline. */
void control_answer_error(struct control_out *out, const char *why);

#endif
