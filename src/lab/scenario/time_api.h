/* time_api.h - time and expectations of a scenario. */
#ifndef LAB_SCENARIO_TIME_API_H
#define LAB_SCENARIO_TIME_API_H

#include "lab/scenario/lab.h"

/* Registers now, sleep, at, after, every, duration, expect, param, random, print, title and story.
 */
void lab_open_time(lua_State *L);

#endif
