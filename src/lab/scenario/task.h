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

#endif
