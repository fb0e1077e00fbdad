/* task.h - coroutines in virtual time. */
#ifndef LAB_SCENARIO_TASK_H
#define LAB_SCENARIO_TASK_H

#include "lab/scenario/lab.h"

/* Starts a task that calls the function on top of the stack of L, with the n values above it, at
 * `when`. Pops them. */
struct task *task_new(lua_State *L, int n, nsec_t when, struct lab_host *host);

/* The run does not wait for the end of t. */
void task_background(struct lab *lab, struct task *t);

/* Lets the current task wait until `when`; for lua_yieldk(). */
void task_wait(struct lab *lab, nsec_t when);

/* t can go on. */
void task_ready(struct lab *lab, struct task *t);

/* Ends the tasks of h: its power is gone, or its program was killed. */
void task_kill_all(struct lab *lab, struct lab_host *h);

/* Tasks that were stopped by freeze go on. */
void task_thaw(struct lab *lab, struct lab_host *h);

/* The node of the world that runs the tasks. */
void task_init(struct lab *lab);

/* Ends all tasks. */
void task_free(struct lab *lab);

/* Notes a failure of the run with place and time: the first is the one that is shown. */
void task_fail(struct lab *lab, const char *where, const char *what);

/* Stops L when it runs LAB_INSTRUCTIONS from here on without waiting. */
void task_bound(lua_State *L);

/* Pushes the line of the scenario that runs at this level of L or above, as "FILE:LINE: "; the
 * prelude's are passed over. */
void task_where(lua_State *L, int level);

/* A Lua error if a filter runs: it only looks, since the hosts are in the middle of something. */
void task_may_act(lua_State *L);

/* Ends the run with the error on top of L, whose stack is still that of the error. */
void task_broken(struct lab *lab, lua_State *L);

#endif
