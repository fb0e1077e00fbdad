/*
 * noted.h - system calls of the programs of a run, recorded in the dialogue of their host
 * (dialogue.h). In a recorded run the packets queued by a call are sent within it, as by a kernel;
 * in others nothing is recorded.
 */
#ifndef LAB_FUZZ_NOTED_H
#define LAB_FUZZ_NOTED_H

#include "lab/fuzz/knob.h"
#include "lab/fuzz/program.h"

enum {
	NOTED_ADDRESS = 128, /* bytes of an address in a script */
};

/* The instance of a host whose programs are running: packets sent from now on are attributed to the
 * next call. NULL: it is off. */
struct burble *noted_begin(struct run *r, int host);

/* Records a call, formatted like printf(). */
__attribute__((format(printf, 3, 4))) void noted_call(
	struct run *r, int host, const char *format, ...);

/* Writes the result of a call in script notation: "5", "-1 EAGAIN". Returns text. */
const char *noted_result(int64_t result, char text[32]);

/* Writes an address in script notation. Returns text. */
const char *noted_address(const struct run *r, int host, int port, char text[NOTED_ADDRESS]);

/* The caller: a program of a host, with its instance. */
struct caller {
	struct run *r;
	struct burble *b;
	int host;
};

/* socket() of the run's address family: a descriptor. */
int noted_socket(const struct caller *c);

/* setsockopt() of a knob. */
void noted_setsockopt(const struct caller *c, int fd, const struct knob *k, int value);

/* bind() to the address of the host: 0 or -errno. */
int noted_bind(const struct caller *c, int fd, int port);

/* close(). */
void noted_close(const struct caller *c, int fd);

#endif
