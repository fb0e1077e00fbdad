/*
 * chat_api.c - the chat server as a program of a host of a scenario.
 *
 *     c = host:chat { port = 6667, limits = { sendq = "64K" }, commit = "5ms", disk = "16M" }
 *     c:stop()   c:counter "sendq-exceeded"   c:running()
 */
#include "lab/scenario/chat_api.h"

#include "lab/scenario/host_api.h"
#include "lab/scenario/task.h"
#include "lab/scenario/units.h"

enum {
	SETTINGS_MAX = 256,
	DISK_MAX = 1 << 30, /* bytes */
};

/* The program of the host behind a chat object. */
static struct chat_program *check_chat(lua_State *L)
{
	return (*(struct lab_host **)luaL_checkudata(L, 1, "chat"))->chat;
}

/* The strings of the list at index, which stay owned by the list. */
static size_t settings_at(lua_State *L, int index, const char **settings)
{
	size_t n = lua_rawlen(L, index);

	luaL_argcheck(L, n <= SETTINGS_MAX, index, "too many settings");
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, index, (lua_Integer)i + 1);
		settings[i] = luaL_checkstring(L, -1);
		lua_pop(L, 1);
	}
	return n;
}

/* host:start_chat({ "section.key=value", ... }, commit, disk) */
static int start_chat(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1), **at;
	const char *settings[SETTINGS_MAX];
	char error[CHAT_ERROR_MAX];
	struct chat_options o = {.settings = settings, .directory = h->lab->options->data};

	task_may_act(L);
	lab_not_real(L, h, "the chat server");
	o.count = settings_at(L, 2, settings);
	o.commit = lab_time(L, 3);
	o.disk = lab_size(L, 4);
	luaL_argcheck(L, o.disk <= DISK_MAX, 4, "a disk has at most 1 GiB");
	if (!h->chat)
		h->chat = chat_program_new(h->host, &h->clock);
	if (!chat_program_start(h->chat, &o, error))
		return luaL_error(L, "%s", error);
	at = lua_newuserdatauv(L, sizeof(struct lab_host *), 0);
	*at = h;
	luaL_setmetatable(L, "chat");
	return 1;
}

static int stop(lua_State *L)
{
	task_may_act(L);
	chat_program_stop(check_chat(L));
	return 0;
}

static int running(lua_State *L)
{
	lua_pushboolean(L, chat_program_runs(check_chat(L)));
	return 1;
}

static int counter(lua_State *L)
{
	const char *name = luaL_checkstring(L, 2);
	int64_t n = chat_program_counter(check_chat(L), name);

	if (n < 0)
		return luaL_error(L, "no server is running, or it has no counter '%s'", name);
	lua_pushinteger(L, n);
	return 1;
}

static int to_string(lua_State *L)
{
	lua_pushfstring(
		L, "chat on %s", (*(struct lab_host **)luaL_checkudata(L, 1, "chat"))->name);
	return 1;
}

void lab_open_chat(lua_State *L)
{
	static const luaL_Reg methods[] = {{"stop", stop}, {"running", running},
		{"counter", counter}, {"__tostring", to_string}, {NULL, NULL}};

	luaL_newmetatable(L, "chat");
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_getmetatable(L, "host");
	lua_pushcfunction(L, start_chat);
	lua_setfield(L, -2, "start_chat");
	lua_pop(L, 1);
}
