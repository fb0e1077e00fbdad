/*
 * lab_progress.h - progress line on a terminal, for runs longer than a second.
 */
#ifndef CLI_LAB_PROGRESS_H
#define CLI_LAB_PROGRESS_H

#include "base/base.h"

struct lab_progress {
	bool on;      /* stderr is a terminal */
	bool visible; /* the line is on the screen */
	nsec_t next;  /* the time of its next update, in real time */
};

/* Begins a run. */
void lab_progress_begin(struct lab_progress *p);

/* The run has reached a virtual time and sent so many packets. */
void lab_progress_show(struct lab_progress *p, nsec_t at, uint64_t packets);

/* Clears the line before other output. The next lab_progress_show() restores it. */
void lab_progress_clear(struct lab_progress *p);

#endif
