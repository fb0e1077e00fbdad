/* middlebox_api.h - middleboxes that change segments: middlebox(), synproxy(). */
#ifndef LAB_SCENARIO_MIDDLEBOX_API_H
#define LAB_SCENARIO_MIDDLEBOX_API_H

#include "lab/scenario/lab.h"

/* Registers middlebox() and synproxy() and their methods. */
void lab_open_middlebox(lua_State *L);

#endif
