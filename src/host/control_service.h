/*
 * control_service.h - requests on a control socket that are not the stack's: the program that
 * serves it answers them itself.
 */
#ifndef HOST_CONTROL_SERVICE_H
#define HOST_CONTROL_SERVICE_H

#include "base/base.h"

/* Bytes to be sent. Grows as needed, in the end freed by its owner with free(at). */
struct control_out {
	char *at;
	size_t len, size;
	bool failed; /* out of memory: bytes are missing */
};

/* Appends bytes to out. */
void control_out_add(struct control_out *out, const char *bytes, size_t n);

/* The state of an answer after one of its pieces. */
enum control_step {
	CONTROL_MORE,    /* another piece follows */
	CONTROL_WAITS,   /* nothing was appended: it is not known yet; asked again each turn */
	CONTROL_DONE,    /* that was the last */
	CONTROL_REFUSED, /* likewise: the request was refused, with a line "error ..." */
};

struct control_service {
	void *arg;
	/* Begins the answer to a request, which may be changed, but not kept. NULL: out of
	 * memory. */
	void *(*begin)(void *arg, char *request);
	/* Appends the next piece, beginning with the line "ok", or "error" and the reason, and
	 * ending with the line "end". */
	enum control_step (*more)(void *answer, struct control_out *out);
	/* Frees the answer, whether it is complete or not. */
	void (*end)(void *answer);
};

#endif
