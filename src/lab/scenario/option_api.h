/* option_api.h - socket options and ioctl of a scenario. */
#ifndef LAB_SCENARIO_OPTION_API_H
#define LAB_SCENARIO_OPTION_API_H

#include "lab/scenario/lab.h"

/* s:setsockopt(name, value) */
int lab_setsockopt(lua_State *L);

/* s:getsockopt(name) */
int lab_getsockopt(lua_State *L);

/* s:ioctl(name) */
int lab_ioctl(lua_State *L);

#endif
