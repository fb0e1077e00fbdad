/*
 * ss_states.h - the names of states on ss's command line: "state established", "exclude big".
 */
#ifndef OBSERVE_SS_STATES_H
#define OBSERVE_SS_STATES_H

#include "observe/sock_row.h"

/* Sets of states, a bit for each. */
#define SS_STATES_ALL    0xffeu
#define SS_STATES_LISTEN (1u << SOCK_STATE_LISTEN | 1u << SOCK_STATE_UNCONN) /* -l */
#define SS_STATES_BUCKET (1u << 3 | 1u << 6) /* SYN-RECV, TIME-WAIT: small records */
#define SS_STATES_CONN   (SS_STATES_ALL & ~SS_STATES_LISTEN & ~SS_STATES_BUCKET) /* the default */

/* The states that a name stands for; 0: it is none. */
uint32_t ss_states_find(const char *name);

/* Writes the states as a list of sock_state_name(), "ESTAB,SYN-SENT", to out, n bytes. */
void ss_states_list(char *out, size_t n, uint32_t states);

#endif
