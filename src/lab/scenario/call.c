/* call.c - blocking system calls of a task: call.h. */
#include "lab/scenario/call.h"

#include "lab/pkt/symbols.h"
#include "lab/scenario/host_api.h"
#include "lab/scenario/task.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	CALL_WORDS = 256,
};

static void wake(struct burble_call *b)
{
	struct call *c = container_of(b, struct call, call);

	task_ready(c->lab, c->task);
}

static void record(struct call *c, enum trace_kind kind, const char *words)
{
	node_record(host_node(c->host->host),
		(struct trace_event){.kind = kind, .id = c->id, .text = words});
}

struct call *call_new(lua_State *L, struct lab_host *h, const char *format, ...)
{
	struct call *c = lua_newuserdatauv(L, sizeof(*c), 0);
	char words[CALL_WORDS];
	va_list args;

	task_may_act(L);
	*c = (struct call){.lab = lab_of(L),
		.host = h,
		.sys = h->sys,
		.fd = -1,
		.call = burble_call_start(),
		.addr_len = sizeof(c->addr)};
	c->id = ++c->lab->calls;
	if (c->lab->world.trace) {
		va_start(args, format);
		vsnprintf(words, sizeof(words), format, args);
		va_end(args);
		record(c, TRACE_CALL, words);
	}
	return c;
}

static void record_return(struct call *c, int64_t result)
{
	char words[CALL_WORDS];

	if (!c->lab->world.trace)
		return;
	if (result >= 0)
		snprintf(words, sizeof(words), "%lld", (long long)result);
	else
		snprintf(words, sizeof(words), "-1 %s", symbol_errno((int)-result));
	record(c, TRACE_RETURN, words);
}

static int finish(lua_State *L, struct call *c, int64_t result)
{
	record_return(c, result);
	host_wake(c->host->host);
	if (result < 0)
		return lab_push_error(L, (int)-result);
	if (c->push)
		return c->push(L, c, result);
	lua_pushinteger(L, result);
	return 1;
}

static int64_t run(void *ctx)
{
	struct call *c = ctx;

	return c->attempt(c);
}

/* A call of a kernel may wake its task from now on. */
static int64_t attempt(struct call *c)
{
	struct machine *m = host_machine(c->host->host);
	const struct machine_call call = {run, c, &c->call, c->fd};

	c->task = c->lab->current;
	c->call.wake = wake;
	c->b = host_instance(c->host->host);
	return m->ops->call(m, &call);
}

static int go_on(lua_State *L, int status, lua_KContext at)
{
	struct call *c = (struct call *)at;
	struct task *t = c->lab->current;
	int64_t result = -EHOSTDOWN;

	t->call = NULL;
	if (!c->gone && host_is_on(c->host->host))
		result = attempt(c);
	if (result != -BURBLE_BLOCKED)
		return finish(L, c, result);
	t->call = c;
	task_wait(c->lab, c->call.deadline);
	host_wake(c->host->host);
	return lua_yieldk(L, 0, at, go_on);
}

int call_begin(lua_State *L, struct call *c)
{
	return go_on(L, LUA_OK, (lua_KContext)c);
}

static void interrupt(struct call *c)
{
	struct machine *m = host_machine(c->host->host);

	m->ops->interrupt(m, &c->call);
}

void call_interrupt(struct task *t)
{
	if (t->call && !t->call->gone)
		interrupt(t->call);
	t->call = NULL;
}

bool call_is_on(const struct call *c, const struct lab_host *h)
{
	return c->host == h;
}

void call_fail(struct task *t)
{
	interrupt(t->call);
	t->call->gone = true;
	task_ready(t->call->lab, t);
}
