/* raw_api.h - peers without a stack: raw(). */
#ifndef LAB_SCENARIO_RAW_API_H
#define LAB_SCENARIO_RAW_API_H

#include "lab/scenario/lab.h"

/* Registers raw() and its methods. */
void lab_open_raw(lua_State *L);

#endif
