/*
 * match.h - matching of expected packets against sent ones.
 */
#ifndef LAB_PKT_MATCH_H
#define LAB_PKT_MATCH_H

#include "lab/pkt/run.h"

/* Waits for the packet that event e expects between `at` and `end`, and compares. Returns false
 * after run_fail() if none was sent in time or it differs. */
bool match_expect(struct pkt_run *r, const struct pkt_event *e, nsec_t at, nsec_t end);

#endif
