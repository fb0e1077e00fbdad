/* link_api.h - links of a scenario. */
#ifndef LAB_SCENARIO_LINK_API_H
#define LAB_SCENARIO_LINK_API_H

#include "lab/scenario/lab.h"

/* Registers link() and its methods. */
void lab_open_link(lua_State *L);

#endif
