/* limits.h - descriptors, memory, queues, ports and conntrack, for the number of connections. */
#ifndef DOCTOR_LIMITS_H
#define DOCTOR_LIMITS_H

#include "doctor/checkup.h"

/* Adds the findings of limits.c. */
void check_limits(struct checkup *c);

#endif
