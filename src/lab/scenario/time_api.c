/*
 * time_api.c - time and expectations: now, sleep, at, after, every, duration, expect, param,
 * random, print, title, story.
 */
#include "lab/scenario/time_api.h"

#include "lab/scenario/task.h"
#include "lab/scenario/units.h"
#include <stdlib.h>
#include <string.h>

static int now(lua_State *L)
{
	lua_pushnumber(L, (double)(lab_of(L)->world.now - WORLD_START) / 1e9);
	return 1;
}

static int slept(lua_State *L, int status, lua_KContext ctx)
{
	return 0;
}

static int do_sleep(lua_State *L)
{
	struct lab *lab = lab_of(L);

	task_may_act(L);
	task_wait(lab, lab->world.now + lab_time(L, 1));
	return lua_yieldk(L, 0, 0, slept);
}

static int start(lua_State *L, nsec_t when)
{
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	task_new(L, 0, when, NULL);
	return 0;
}

static int do_at(lua_State *L)
{
	nsec_t when = WORLD_START + lab_time(L, 1);

	if (when < lab_of(L)->world.now)
		return luaL_error(L, "at(): that time has passed");
	return start(L, when);
}

static int do_after(lua_State *L)
{
	return start(L, lab_of(L)->world.now + lab_time(L, 1));
}

/* every(): the body of its task. Upvalues: the period, the function. */
static int again(lua_State *L, int status, lua_KContext ctx)
{
	struct lab *lab = lab_of(L);

	if (ctx == 0) { /* the period is over */
		lua_pushvalue(L, lua_upvalueindex(2));
		lua_callk(L, 0, 0, 1, again);
	}
	task_wait(lab, lab->world.now + (nsec_t)lua_tointeger(L, lua_upvalueindex(1)));
	return lua_yieldk(L, 0, 0, again);
}

static int begin_again(lua_State *L)
{
	return again(L, LUA_OK, 0);
}

static int do_every(lua_State *L)
{
	nsec_t period = lab_time(L, 1);
	struct lab *lab = lab_of(L);

	luaL_checktype(L, 2, LUA_TFUNCTION);
	luaL_argcheck(L, period > 0, 1, "a period must be above 0");
	lua_pushinteger(L, period);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, begin_again, 2);
	task_background(lab, task_new(L, 0, lab->world.now + period, NULL));
	return 0;
}

static int duration(lua_State *L)
{
	struct lab *lab = lab_of(L);
	const struct scenario_real *r = lab->options->real;
	nsec_t limit = lab_time(L, 1);

	lab->limit = WORLD_START + (r && r->limit < limit ? r->limit : limit);
	return 0;
}

static int expect(lua_State *L)
{
	struct lab *lab = lab_of(L);
	const char *what = luaL_optstring(L, 2, "an expectation failed");

	lab->result->expectations++;
	if (lua_toboolean(L, 1))
		return 0;
	lab->result->failed++;
	task_where(L, 1);
	task_fail(lab, lua_tostring(L, -1), what);
	return 0;
}

/* param(name, default): the value of --set, else the default; with the type of the default. */
static int param(lua_State *L)
{
	struct lab *lab = lab_of(L);
	const struct scenario_options *o = lab->options;
	const char *name = luaL_checkstring(L, 1);
	size_t n = strlen(name);

	luaL_checkany(L, 2);
	lua_settop(L, 2);
	for (int i = 0; o->settings && o->settings[i]; i++) {
		const char *s = o->settings[i];

		if (strncmp(s, name, n) != 0 || s[n] != '=')
			continue;
		lab->settings_read |= UINT64_C(1) << i;
		if (lua_type(L, 2) == LUA_TBOOLEAN)
			lua_pushboolean(L, strcmp(s + n + 1, "true") == 0);
		else if (lua_type(L, 2) != LUA_TNUMBER)
			lua_pushstring(L, s + n + 1);
		else if (lua_stringtonumber(L, s + n + 1) == 0)
			return luaL_error(L, "--set %s: '%s' is not a number", name, s + n + 1);
		return 1;
	}
	return 1;
}

/* random(): 0 to 1; random(m): 1 to m; random(m, n): m to n. */
static int do_random(lua_State *L)
{
	struct lab *lab = lab_of(L);
	lua_Integer low = 1, high;

	if (lua_gettop(L) == 0) {
		lua_pushnumber(L, (double)(prng_u64(&lab->prng) >> 11) / 9007199254740992.0);
		return 1;
	}
	high = luaL_checkinteger(L, 1);
	if (lua_gettop(L) > 1) {
		low = high;
		high = luaL_checkinteger(L, 2);
	}
	luaL_argcheck(L, low <= high, 1, "an empty interval");
	lua_pushinteger(L, low + (lua_Integer)prng_below(&lab->prng, (uint64_t)(high - low) + 1));
	return 1;
}

/* print(), its arguments already joined by the prelude. */
static int print_line(lua_State *L)
{
	struct lab *lab = lab_of(L);
	const char *line = luaL_checkstring(L, 1);

	node_record(&lab->node, (struct trace_event){.kind = TRACE_NOTE, .text = line});
	if (lab->options->print)
		lab->options->print(lab->options->ctx, lab->world.now - WORLD_START, line);
	return 0;
}

static int title(lua_State *L)
{
	struct scenario_result *r = lab_of(L)->result;

	snprintf(r->title, sizeof(r->title), "%s", luaL_checkstring(L, 1));
	return 0;
}

static int story(lua_State *L)
{
	struct scenario_result *r = lab_of(L)->result;
	const char *text = luaL_checkstring(L, 1);

	free(r->story);
	r->story = strdup(text + strspn(text, "\n"));
	for (char *at = r->story; at && (at = strchr(at, '\n')); at++)
		*at = ' '; /* one paragraph, however the file is wrapped */
	return 0;
}

void lab_open_time(lua_State *L)
{
	static const luaL_Reg functions[] = {{"now", now}, {"sleep", do_sleep}, {"at", do_at},
		{"after", do_after}, {"every", do_every}, {"duration", duration},
		{"expect", expect}, {"param", param}, {"random", do_random},
		{"print_line", print_line}, {"title", title}, {"story", story}, {NULL, NULL}};

	lua_pushglobaltable(L);
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
}
