/* sandbox.h - the Lua state of a scenario. */
#ifndef LAB_SCENARIO_SANDBOX_H
#define LAB_SCENARIO_SANDBOX_H

#include "lab/scenario/lab.h"

/* Opens a Lua state without access to the outside: no files, no clock, no other randomness. NULL:
 * out of memory. */
lua_State *sandbox_new(struct lab *lab);

#endif
