/* counters.h - what /proc/net/netstat, snmp, sockstat, softnet_stat and conntrack have
 * counted. */
#ifndef DOCTOR_COUNTERS_H
#define DOCTOR_COUNTERS_H

#include "doctor/checkup.h"

/* Adds the findings of counters.c. */
void check_counters(struct checkup *c);

#endif
