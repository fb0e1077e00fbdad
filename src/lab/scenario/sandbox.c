/*
 * sandbox.c - the Lua state of a scenario: no files, no clock, no other randomness, bounded memory.
 * The parts of Lua's library that differ from run to run are replaced by prelude.lua.
 */
#include "lab/scenario/sandbox.h"

#include "lab/scenario/box_api.h"
#include "lab/scenario/chat_api.h"
#include "lab/scenario/host_api.h"
#include "lab/scenario/irc_api.h"
#include "lab/scenario/link_api.h"
#include "lab/scenario/message_api.h"
#include "lab/scenario/middlebox_api.h"
#include "lab/scenario/poll_api.h"
#include "lab/scenario/raw_api.h"
#include "lab/scenario/socket_api.h"
#include "lab/scenario/time_api.h"
#include <lualib.h>
#include <stdlib.h>

extern const unsigned char prelude_lua[];
extern const size_t prelude_lua_len;

static void *allocate(void *ctx, void *p, size_t old, size_t n)
{
	struct lab *lab = ctx;
	size_t had = p ? old : 0;

	if (n == 0) {
		lab->memory -= had;
		free(p);
		return NULL;
	}
	if (n > had && lab->memory + (n - had) > LAB_MEMORY)
		return NULL;
	p = realloc(p, n);
	if (p)
		lab->memory += n - had;
	return p;
}

static void open_libraries(lua_State *L)
{
	static const luaL_Reg libraries[] = {{LUA_GNAME, luaopen_base},
		{LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
		{LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8}, {NULL, NULL}};

	for (const luaL_Reg *l = libraries; l->func; l++) {
		luaL_requiref(L, l->name, l->func, 1);
		lua_pop(L, 1);
	}
}

static void take_away(lua_State *L)
{
	static const char *const globals[] = {
		"dofile", "loadfile", "load", "collectgarbage", "warn", "_VERSION", NULL};
	static const char *const from[][2] = {
		{"string", "dump"}, {"math", "random"}, {"math", "randomseed"}};

	for (int i = 0; globals[i]; i++) {
		lua_pushnil(L);
		lua_setglobal(L, globals[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		lua_getglobal(L, from[i][0]);
		lua_pushnil(L);
		lua_setfield(L, -2, from[i][1]);
		lua_pop(L, 1);
	}
}

/* The prelude, in Lua, adds methods to those in C; `real` tells it that a host is a kernel. */
static void lend_methods(lua_State *L, bool lend)
{
	static const char *const kinds[][2] = {{"host", "host_methods"},
		{"socket", "socket_methods"}, {"link", "link_methods"}, {"lan", "lan_methods"}};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (lend)
			luaL_getmetatable(L, kinds[i][0]);
		else
			lua_pushnil(L);
		lua_setglobal(L, kinds[i][1]);
	}
}

/* Scenarios must not see or change the metatables of hosts and other objects. */
static void hide_metatables(lua_State *L)
{
	static const char *const kinds[] = {"host", "socket", "link", "lan", "nat", "flooder",
		"middlebox", "synproxy", "epoll", "raw"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		luaL_getmetatable(L, kinds[i]);
		lua_pushliteral(L, "hidden");
		lua_setfield(L, -2, "__metatable");
		lua_pop(L, 1);
	}
}

static int fill(lua_State *L)
{
	open_libraries(L);
	take_away(L);
	lab_open_time(L);
	lab_open_host(L);
	lab_open_chat(L);
	lab_open_irc(L);
	lab_open_socket(L);
	lab_open_message(L);
	lab_open_poll(L);
	lab_open_link(L);
	lab_open_box(L);
	lab_open_middlebox(L);
	lab_open_raw(L);
	lend_methods(L, true);
	lua_pushboolean(L, lab_of(L)->options->real != NULL);
	lua_setglobal(L, "real");
	if (luaL_loadbufferx(L, (const char *)prelude_lua, prelude_lua_len, "=prelude", "t"))
		return lua_error(L);
	lua_call(L, 0, 0);
	lend_methods(L, false);
	hide_metatables(L);
	return 0;
}

lua_State *sandbox_new(struct lab *lab)
{
	lua_State *L = lua_newstate(allocate, lab);

	if (!L)
		return NULL;
	*(struct lab **)lua_getextraspace(L) = lab;
	lua_pushcfunction(L, fill);
	if (lua_pcall(L, 0, 0, 0) == LUA_OK)
		return L;
	fprintf(stderr, "burble: %s\n", lua_tostring(L, -1));
	lua_close(L);
	return NULL;
}
