/*
 * allows.h - what a plan allows to go wrong: failures that the network, the parameters and the
 * options of a plan explain.
 */
#ifndef LAB_FUZZ_ALLOWS_H
#define LAB_FUZZ_ALLOWS_H

#include "lab/fuzz/plan.h"

/* True if the network and the parameters may end a connection. */
bool allows_death(const struct plan *p);

/* With tcp_shrink_window a buffer below a unit of the window's scale stays shut, by Linux, too: its
 * sender probes for ever. True if that may happen at a host. */
bool allows_a_shut_window(const struct plan *p, int host);

/* The same for any of the other hosts. */
bool allows_a_shut_window_elsewhere(const struct plan *p, int host);

#endif
