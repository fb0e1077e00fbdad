/*
 * lab.h - the state of one run: its tasks, hosts and options. A task is a coroutine: the scenario
 * itself, the programs of hosts, functions started by at(), after() and every(). A call that blocks
 * yields; the task resumes when the call can proceed or times out.
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
	LAB_INSTRUCTIONS =
		100000000,    /* of a task between two waits: more must be an endless loop */
	LAB_MEMORY = 1 << 30, /* bytes of the scenario's own values */
};

struct call;
struct pkt_sockets;

struct task {
	struct list ready;        /* of lab.ready; empty: not on it */
	struct list all;          /* of lab.tasks */
	struct wheel_timer timer; /* when it continues at the latest */
	lua_State *thread;
	int ref;               /* keeps the thread */
	struct lab_host *host; /* the host it runs on; NULL: none */
	struct call *call;     /* the blocked call; NULL: none */
	struct task **noted;   /* the pointer to it while it waits, cleared at its end; or NULL */
	bool timed_out;        /* continues because its timeout expired */
	bool background;       /* the run does not wait for its end */
	bool killed;           /* it ended its own host: do not continue */
};

/* A host as a Lua object. */
struct lab_host {
	struct host *host;
	const struct pkt_sockets *sys; /* its system calls */
	struct lab *lab;
	struct lab_host *next;
	struct chat_program *chat; /* NULL: never had one */
	bool frozen;
	double clock;  /* its wall clock at the start of the run, in seconds since 1970 */
	uint32_t life; /* counts power_off, reboot and crash: sockets created before are dead */
	const char *name;
};

struct lab {
	struct node node; /* runs tasks */
	struct world world;
	lua_State *lua;
	struct list tasks, ready;
	uint32_t foreground; /* tasks that the run waits for */
	struct wheel timers;
	struct task *current;
	struct lab_host *hosts;
	struct prng prng; /* of random() */
	const struct scenario_options *options;
	struct scenario_result *result;
	nsec_t limit; /* the latest end of the run */
	bool over;
	bool filtering;         /* a filter is running, in the middle of a host's processing */
	uint64_t settings_read; /* bit n: param() has read the n-th */
	bool only_describe;
	uint64_t calls;
	size_t memory;
};

/* The state of the run of L. */
static inline struct lab *lab_of(lua_State *L)
{
	return *(struct lab **)lua_getextraspace(L);
}

#endif
