/* host_api.h - hosts of a scenario. */
#ifndef LAB_SCENARIO_HOST_API_H
#define LAB_SCENARIO_HOST_API_H

#include "lab/scenario/lab.h"

/* The host at index, or a Lua error. */
struct lab_host *lab_check_host(lua_State *L, int index);

/* The first argument of its system calls, for a call at the present time: NULL for a kernel. A Lua
 * error if it is off. */
struct burble *lab_instance(lua_State *L, struct lab_host *h);

/* Pushes nil and the name of err, which is positive: the results of a failed call. */
int lab_push_error(lua_State *L, int err);

/* A program of h opened, or closes, a descriptor. */
void lab_opened(struct lab_host *h, int fd);
void lab_closed(struct lab_host *h, int fd);

/* A Lua error if h is a kernel, which cannot do that. */
void lab_not_real(lua_State *L, const struct lab_host *h, const char *what);

/* Registers host() and its methods. */
void lab_open_host(lua_State *L);

#endif
