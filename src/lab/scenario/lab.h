/*
 * lab.h - the state of one run: its tasks, hosts and options. A task is a coroutine: the scenario
 * itself, the programs of hosts, what at(), after() and every() start. A call that blocks yields;
 * the task goes on when the call can, or when its time has come.
 *
 *     ready --resume--> task --yield--> waits for { a call's readiness, a time } --> ready
 */
#ifndef LAB_SCENARIO_LAB_H
#define LAB_SCENARIO_LAB_H

#include "base/wheel.h"
#include "burble/blocking.h"
#include "lab/chat/chat_program.h"
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
	struct lab_host *host; /* the host of this program; NULL: none */
	struct call *call;     /* the blocked call; NULL: none */
	struct task **noted;   /* where it is noted that it waits, cleared at its end; or NULL */
	bool timed_out;        /* goes on because its time has come */
	bool background;       /* the run does not wait for its end */
	bool killed;           /* ended its own host: goes no further */
};

/* A host as the scenario has it. */
struct lab_host {
	struct host *host;
	struct lab *lab;
	struct lab_host *next;
	struct chat_program *chat; /* NULL: it never had one */
	bool frozen;
	double clock; /* what its wall clock shows at the start of the run, in seconds since 1970 */
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
	bool filtering;         /* a filter runs, in the middle of what a host does */
	uint64_t settings_read; /* bit n: param() asked for the n-th */
	bool only_describe;
	uint64_t calls;
	size_t memory;
};

/* The state of the run that L belongs to. */
static inline struct lab *lab_of(lua_State *L)
{
	return *(struct lab **)lua_getextraspace(L);
}

#endif
