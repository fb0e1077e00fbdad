/*
 * acceptor.h - the programs that listen on a port of a host, and give what they accept to the
 * server of the connection whose client has the peer's port.
 */
#ifndef LAB_FUZZ_ACCEPTOR_H
#define LAB_FUZZ_ACCEPTOR_H

#include "lab/fuzz/program.h"

/* Opens its socket, with the options of the servers on its port, and listens. */
void acceptor_start(struct acceptor *a);

/* Stops waiting, and leaves its socket open. */
void acceptor_stop(struct acceptor *a);

/* Accepts what there is. */
void acceptor_run(struct acceptor *a);

/* Runs it at `when`, at the latest. */
void acceptor_due(struct acceptor *a, nsec_t when);

#endif
