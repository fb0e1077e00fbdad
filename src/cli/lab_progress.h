/*
 * lab_progress.h - progress line on a terminal, for runs longer than a second.
 */
#ifndef CLI_LAB_PROGRESS_H
#define CLI_LAB_PROGRESS_H

#include "base/base.h"

struct lab_progress {
	bool on;      /* stderr is a terminal */
	bool visible; /* the line stands there */
	nsec_t next;  /* when it is written again, in real time */
};

/* Begins a run. */
void lab_progress_begin(struct lab_progress *p);

/* The run is at a virtual time and has sent so many packets. */
void lab_progress_show(struct lab_progress *p, nsec_t at, uint64_t packets);

/* Takes the line away: something else is to be written. It comes back with the next. */
void lab_progress_clear(struct lab_progress *p);

#endif
