/* host_api.h - hosts of a scenario. */
#ifndef LAB_SCENARIO_HOST_API_H
#define LAB_SCENARIO_HOST_API_H

#include "lab/scenario/lab.h"

/* The host at index, or a Lua error. */
struct lab_host *lab_check_host(lua_State *L, int index);

/* Its instance, for a call at the present time; a Lua error if it is off. */
struct burble *lab_instance(lua_State *L, struct lab_host *h);

/* Pushes nil and the name of err, which is positive: the results of a failed call. */
int lab_push_error(lua_State *L, int err);

/* Registers host() and its methods. */
void lab_open_host(lua_State *L);

#endif
