/* units.h - times, rates and shares as a scenario writes them. */
#ifndef LAB_SCENARIO_UNITS_H
#define LAB_SCENARIO_UNITS_H

#include "lab/scenario/lab.h"

/* "20ms", "1.5 s", "2h", or a number of seconds, as nanoseconds. Lua errors for anything else. */
nsec_t lab_time(lua_State *L, int index);

/* "10mbit", "56kbit", or a number of bits per second. */
uint64_t lab_rate(lua_State *L, int index);

/* Bytes: a number, or "64K", "16M", "1G". */
uint64_t lab_size(lua_State *L, int index);

/* "5%" or a number from 0 to 1. */
double lab_share(lua_State *L, int index);

#endif
