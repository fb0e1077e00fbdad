/* checkup.h - an examination in progress: whose files are read, and the report that is written. */
#ifndef DOCTOR_CHECKUP_H
#define DOCTOR_CHECKUP_H

#include "doctor/doctor.h"

struct checkup {
	struct proc proc;
	struct doctor_report *report;
};

/* Adds a finding and returns it, for finding_set() and the caller; `is` is a printf() format. */
struct finding *finding_add(struct checkup *c, enum finding_grade grade, const char *what,
	const char *is, ...) __attribute__((format(printf, 4, 5)));

/* The command that mends it. */
void finding_set(struct finding *f, const char *set, ...) __attribute__((format(printf, 2, 3)));

#endif
