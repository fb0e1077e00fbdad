/* stack_machine.h - an instance of burble's stack as what a host runs. */
#ifndef LAB_WORLD_STACK_MACHINE_H
#define LAB_WORLD_STACK_MACHINE_H

#include "lab/world/machine.h"

/* A machine for host_new_with(); ctx is not used. */
struct machine *stack_machine_new(struct host *h, void *ctx);

#endif
