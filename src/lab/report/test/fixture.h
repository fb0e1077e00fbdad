/* fixture.h - runs to report on: two hosts and a link, driven by a test; and handmade records. */
#ifndef LAB_REPORT_TEST_FIXTURE_H
#define LAB_REPORT_TEST_FIXTURE_H

#include "lab/report/story.h"
#include "lab/world/host.h"
#include "lab/world/link.h"

struct run {
	struct trace trace;
	struct world w;
	struct host *client, *server;
	struct link *link;
	int listener, client_fd, server_fd;
	uint64_t calls;
	uint32_t lose; /* the packet to lose, counted from 1 in the order of the link; 0: none */
	uint32_t seen;
};

/* A client 10.0.0.1 and a server 10.0.0.2 on a link of 10 ms, not yet connected. */
void run_new(struct run *r);
void run_free(struct run *r);

/* Advances virtual time by span. */
void run_pass(struct run *r, nsec_t span);

/* The server listens on port 80, the client connects, the server accepts: recorded as calls. */
void run_connect(struct run *r);

/* Records a call of one of the two: "send(3, ...)", with its return value. */
void run_call(struct run *r, struct host *h, const char *call, long result);

/* The bytes passed to a sink. */
struct memory {
	char *bytes; /* NUL-terminated */
	size_t len;
};
bool memory_sink(void *user, const void *bytes, size_t n);

/* The form of a record as a string, to be freed; times are relative to WORLD_START. */
typedef bool (*report_form)(
	const struct story *, const struct report_options *, report_sink, void *);
char *form_of(report_form form, const struct trace *t, const struct report_options *o);

/* Appends a TCP segment between two hosts, nodes 0 and 1, to a handmade record. Returns the length
 * of its bytes. */
struct by_hand {
	nsec_t at;
	uint64_t id;
	enum trace_kind kind;
	uint32_t node;
	bool back; /* from 10.0.0.2:80 to 10.0.0.1:4000, else the other way */
	uint32_t seq, ack, len;
	uint16_t flags, win;
	const char *text;
};
void hand_segment(struct trace *t, const struct by_hand *h);

/* A record with hosts a and b and a link, in which every text is hostile. */
void hand_hostile(struct trace *t);

/* The texts of hand_hostile() consist of this. */
#define HOSTILE "<script>alert(1)</script>\033[31m\"'&\\]]>--\xff\xc0\x80\xed\xa0\x80\xe2\x80\xae\n"

#endif
