/* task.h - coroutines in virtual time. */
#ifndef LAB_SCENARIO_TASK_H
#define LAB_SCENARIO_TASK_H

#include "lab/scenario/lab.h"

/* Starts a task at `when` that calls the function on top of the stack of L with the n values above
 * it. Pops them. */
struct task *task_new(lua_State *L, int n, nsec_t when, struct lab_host *host);

/* The run does not wait for t to end. */
void task_background(struct lab *lab, struct task *t);

/* Lets the current task wait until `when`; for lua_yieldk(). */
void task_wait(struct lab *lab, nsec_t when);

/* Makes t runnable. */
void task_ready(struct lab *lab, struct task *t);

/* Ends the tasks of h: it lost power, or its program was killed. */
void task_kill_all(struct lab *lab, struct lab_host *h);

/* Resumes the tasks stopped by freeze. */
void task_thaw(struct lab *lab, struct lab_host *h);

/* The node of the world that runs the tasks. */
void task_init(struct lab *lab);

/* Ends all tasks. */
void task_free(struct lab *lab);

/* Records a failure of the run with place and time: the first one is reported. */
void task_fail(struct lab *lab, const char *where, const char *what);

/* Stops L after LAB_INSTRUCTIONS from here without waiting. */
void task_bound(lua_State *L);

/* Pushes the scenario's current line at this level of L or above, as "FILE:LINE: "; skips the
 * prelude's. */
void task_where(lua_State *L, int level);

/* A Lua error in a filter: it must not act, since hosts are in the middle of processing. */
void task_may_act(lua_State *L);

/* Ends the run with the error on top of L, whose stack is still that of the error. */
void task_broken(struct lab *lab, lua_State *L);

#endif
