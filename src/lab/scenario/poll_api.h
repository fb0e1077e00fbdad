/* poll_api.h - waiting for readiness: poll and epoll. */
#ifndef LAB_SCENARIO_POLL_API_H
#define LAB_SCENARIO_POLL_API_H

#include "lab/scenario/lab.h"

/* Adds socket:ready(), socket:poll(), host:poll() and host:epoll_create() with its methods. */
void lab_open_poll(lua_State *L);

#endif
