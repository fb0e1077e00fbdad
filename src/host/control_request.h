/*
 * control_request.h - a request on a control socket: one line, words separated by blanks.
 *
 *     sockets [tcp] [udp] [state=NAME,NAME...] [info] [mem]
 *     descriptors | counters | instance
 *     sysctl [NAME | NAME=VALUE]
 *     dump [snap=BYTES]
 *     chat REQUEST            the chat server's own (control_service.h)
 */
#ifndef HOST_CONTROL_REQUEST_H
#define HOST_CONTROL_REQUEST_H

#include "base/base.h"

enum {
	CONTROL_LINE_MAX = 1024,  /* bytes of a request: more are refused */
	CONTROL_SNAP_MAX = 65536, /* bytes of a packet that dump shows at most */
};

enum control_verb {
	CONTROL_SOCKETS,
	CONTROL_DESCRIPTORS,
	CONTROL_COUNTERS,
	CONTROL_SYSCTL,
	CONTROL_INSTANCE,
	CONTROL_DUMP,
	CONTROL_CHAT,
	CONTROL_VERBS
};

struct control_request {
	enum control_verb verb;
	uint32_t states;          /* sockets: a bit for each state wanted */
	bool tcp, udp, info, mem; /* sockets: what is wanted */
	uint32_t snap;            /* dump: bytes of a packet */
	const char *name, *value; /* sysctl: NULL: all of them; NULL: read it */
	char *rest;               /* chat: the request, perhaps "" */
};

/* Parses a line without its newline, which is changed and borrowed by *r. NULL if it is valid,
 * else the reason why not. */
const char *control_parse(struct control_request *r, char *line);

#endif
