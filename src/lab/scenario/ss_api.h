/* ss_api.h - the connections of a host, as ss shows them. */
#ifndef LAB_SCENARIO_SS_API_H
#define LAB_SCENARIO_SS_API_H

#include "lab/scenario/lab.h"

/* host:ss(), host:memory() */
int lab_ss(lua_State *L);
int lab_memory(lua_State *L);

#endif
