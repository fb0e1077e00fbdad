/* sandbox.h - the Lua state of a scenario. */
#ifndef LAB_SCENARIO_SANDBOX_H
#define LAB_SCENARIO_SANDBOX_H

#include "lab/scenario/lab.h"

/* Opens a Lua state without a way out: no files, no clock, no other randomness. NULL: no memory. */
lua_State *sandbox_new(struct lab *lab);

#endif
