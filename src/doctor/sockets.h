/* sockets.h - the sockets of /proc/net/tcp and tcp6: full queues, and who forgets to close. */
#ifndef DOCTOR_SOCKETS_H
#define DOCTOR_SOCKETS_H

#include "doctor/checkup.h"

/* Adds the findings of sockets.c. */
void check_sockets(struct checkup *c);

#endif
