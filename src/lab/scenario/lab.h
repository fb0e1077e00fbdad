/*
 * lab.h - what the files of this room share: the state of one run, its tasks, and how Lua values
 * become C's. A task is a coroutine: the scenario itself, the programs of hosts, what at(), after()
 * and every() start. A call that blocks yields; the task goes on when the call can, or when its
 * time has come.
 *
 *     ready list --resume--> task --yield--> waits for { a call's readiness, a time } --> ready
 * list
 */
#ifndef LAB_SCENARIO_LAB_H
#define LAB_SCENARIO_LAB_H

#include "base/wheel.h"
#include "burble/blocking.h"
#include "lab/scenario/scenario.h"
#include "lab/world/host.h"
#include "lab/world/link.h"

#include <lauxlib.h>
#include <lua.h>

enum {
	LAB_INSTRUCTIONS = 100000000, /* of a task between two waits: more is an endless loop */
	LAB_MEMORY = 1 << 30,         /* bytes of the scenario's own values */
};

struct call;

struct task {
	struct list ready;        /* of lab.ready; empty: not on it */
	struct list all;          /* of lab.tasks */
	struct wheel_timer timer; /* when it goes on at the latest */
	lua_State *thread;
	int ref;               /* keeps the thread */
	struct lab_host *host; /* whose program it is; NULL: nobody's */
	struct call *call;     /* the blocked call; NULL: none */
	bool timed_out;        /* goes on because its time has come */
	bool background;       /* the run does not wait for its end */
	bool killed;           /* ended its own host: goes no further */
};

/* A host as the scenario has it. */
struct lab_host {
	struct host *host;
	struct lab *lab;
	struct lab_host *next;
	bool frozen;
	uint32_t life; /* counts power_off, reboot and crash: sockets of a former one are dead */
	const char *name;
};

struct lab {
	struct node node; /* runs tasks */
	struct world world;
	lua_State *lua;
	struct list tasks, ready;
	uint32_t foreground; /* tasks whose end the run waits for */
	struct wheel timers;
	struct task *current;
	struct lab_host *hosts;
	struct prng prng; /* of random() */
	const struct scenario_options *options;
	struct scenario_result *result;
	nsec_t limit; /* the run ends here at the latest */
	bool over;
	bool only_describe;
	uint64_t calls;
	size_t memory;
};

/* The state of the run that L belongs to. */
static inline struct lab *lab_of(lua_State *L)
{
	return *(struct lab **)lua_getextraspace(L);
}

/* --- task.c: tasks ---------------------------------------------------------------------------- */

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
void lab_fail(struct lab *lab, const char *where, const char *what);

/* --- units.c ---------------------------------------------------------------------------------- */

/* "20ms", "1.5 s", "2h", or a number of seconds, as nanoseconds. Lua errors for anything else. */
nsec_t lab_time(lua_State *L, int index);

/* "10mbit", "56kbit", or a number of bits a second. */
uint64_t lab_rate(lua_State *L, int index);

/* "5%" or a number from 0 to 1. */
double lab_share(lua_State *L, int index);

/* --- the parts of the language ---------------------------------------------------------------- */

/* Opens a Lua state without a way out: no files, no clock, no other randomness. NULL: no memory. */
lua_State *sandbox_new(struct lab *lab);

/* Registers time and expectations; hosts; sockets; links; boxes. */
void lab_open_time(lua_State *L);
void lab_open_host(lua_State *L);
void lab_open_socket(lua_State *L);
void lab_open_link(lua_State *L);
void lab_open_box(lua_State *L);

/* The host, or a Lua error. */
struct lab_host *lab_check_host(lua_State *L, int index);

/* Its instance, for a call at the present time; a Lua error if it is off. */
struct burble *lab_instance(lua_State *L, struct lab_host *h);

/* host:ss() */
int lab_ss(lua_State *L);

/* Pushes nil and the name of err, which is positive: what a call that failed returns. */
int lab_push_error(lua_State *L, int err);

#endif
