/*
 * doctor.h - examines a Linux machine: what would stop a number of long connections, and which
 * counters show trouble. It reads /proc and /sys, and changes nothing.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "doctor/proc.h"

enum finding_grade {
	FINDING_LIMIT,   /* stops the connections that were asked about */
	FINDING_TROUBLE, /* has gone wrong, since boot or at present */
	FINDING_ADVICE,  /* works, but not as long connections need it */
	FINDING_OK,
	FINDING_GRADES
};

enum {
	FINDING_TEXT = 160,
	FINDINGS_MAX = 64, /* each check finds one thing */
};

struct finding {
	enum finding_grade grade;
	const char *what;       /* the parameter, limit or counter, by its name */
	char is[FINDING_TEXT];  /* its value, as a text */
	char set[FINDING_TEXT]; /* the command that mends it; "": none */
	const char *why;        /* what happens; NULL for FINDING_OK */
	const char *scenario;   /* of `burble lab run`, which shows it; NULL: none */
};

struct doctor_report {
	uint64_t connections;
	struct finding findings[FINDINGS_MAX];
	uint32_t count;
};

/* Fills in *r for so many connections. root: see struct proc. */
void doctor_examine(struct doctor_report *r, const char *root, uint64_t connections);

/* "limit", "trouble", "advice", "ok". */
const char *finding_grade_name(enum finding_grade g);

#endif
