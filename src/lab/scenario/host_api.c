/* host_api.c - hosts of a scenario: host() and its methods. */
#include "lab/scenario/host_api.h"

#include "lab/pkt/sut.h"
#include "lab/pkt/symbols.h"
#include "lab/scenario/ss_api.h"
#include "lab/scenario/task.h"
#include "lab/world/need.h"

#include <errno.h>

/* The initial wall clock of hosts: 2026-01-01 00:00:00 UTC. */
#define CLOCK_START 1767225600.0

struct lab_host *lab_check_host(lua_State *L, int index)
{
	return *(struct lab_host **)luaL_checkudata(L, index, "host");
}

struct burble *lab_instance(lua_State *L, struct lab_host *h)
{
	task_may_act(L);
	if (!host_is_on(h->host))
		luaL_error(L, "%s is off", h->name);
	return host_instance(h->host);
}

void lab_opened(struct lab_host *h, int fd)
{
	struct machine *m = host_machine(h->host);

	m->ops->opened(m, fd);
}

void lab_closed(struct lab_host *h, int fd)
{
	struct machine *m = host_machine(h->host);

	m->ops->closed(m, fd);
}

void lab_not_real(lua_State *L, const struct lab_host *h, const char *what)
{
	if (host_machine(h->host)->ops->real)
		luaL_error(L, "%s: not on a real kernel (--real %s)", what, h->name);
}

int lab_push_error(lua_State *L, int err)
{
	lua_pushnil(L);
	lua_pushstring(L, symbol_errno(err));
	return 2;
}

/* 0, or a Lua error: configuration that fails is an error of the scenario. */
static int must(lua_State *L, int err, const char *what, const char *why)
{
	if (err < 0)
		luaL_error(L, "%s: %s", what, why ? why : symbol_errno(-err));
	return 0;
}

/* The host named by --real is a kernel. */
static struct host *make_host(struct lab *lab, const char *name)
{
	const struct scenario_real *r = lab->options->real;
	unsigned nth = 1;

	for (const struct lab_host *h = lab->hosts; h; h = h->next)
		nth += strcmp(h->name, name) == 0;
	if (!r || strcmp(name, r->host) != 0 || nth != r->nth)
		return host_new(&lab->world, name);
	return host_new_with(&lab->world, name, r->make, r->ctx);
}

static int new_host(lua_State *L)
{
	struct lab *lab = lab_of(L);
	const char *name = luaL_checkstring(L, 1);
	struct lab_host *h, **at = lua_newuserdatauv(L, sizeof(struct lab_host *), 0);

	if (lab->only_describe)
		return luaL_error(L, "described");
	luaL_argcheck(L, strlen(name) < 32, 1, "a name has at most 31 bytes");
	h = need(calloc(1, sizeof(*h)));
	h->host = make_host(lab, name);
	h->sys = host_machine(h->host)->ops->real ? pkt_kernel_ops.sockets
						  : pkt_instance_ops.sockets;
	h->name = host_node(h->host)->name;
	h->lab = lab;
	h->clock = CLOCK_START;
	h->next = lab->hosts;
	lab->hosts = h;
	*at = h;
	luaL_setmetatable(L, "host");
	return 1;
}

/* host:run(function) */
static int run(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	task_new(L, 0, h->lab->world.now, h);
	return 0;
}

/* host:route(prefix, gateway [, interface]) */
static int route(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	const char *prefix = luaL_checkstring(L, 2);
	int err;

	task_may_act(L);
	err = host_route(
		h->host, (int)luaL_optinteger(L, 4, 1) - 1, prefix, luaL_optstring(L, 3, NULL));
	return must(L, err, prefix, NULL);
}

static void note_address(struct lab_host *h, const char *what, const char *a)
{
	char words[96];

	snprintf(words, sizeof(words), "%s %s", what, a);
	node_record(host_node(h->host), (struct trace_event){.kind = TRACE_NOTE, .text = words});
}

/* host:address(address [, interface]); host:no_address(...) */
static int address(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	const char *a = luaL_checkstring(L, 2);

	task_may_act(L);
	must(L, host_addr(h->host, (int)luaL_optinteger(L, 3, 1) - 1, a), a, NULL);
	note_address(h, "has address", a);
	return 0;
}

static int no_address(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	const char *a = luaL_checkstring(L, 2);

	task_may_act(L);
	must(L, host_addr_del(h->host, (int)luaL_optinteger(L, 3, 1) - 1, a), a, NULL);
	note_address(h, "has no longer address", a);
	return 0;
}

/* host:clock(): CLOCK_REALTIME of its programs, seconds since 1970. */
static int wall_clock(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	nsec_t since = h->lab->world.now - WORLD_START;

	lua_pushnumber(L, h->clock + (double)since / 1e9);
	return 1;
}

/* host:set_clock(seconds since 1970) */
static int set_clock(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	double to = luaL_checknumber(L, 2);

	lab_not_real(L, h, "set_clock()");
	luaL_argcheck(L, to >= 0 && to < 1e11, 2, "a clock is set to seconds since 1970");
	h->clock = to - (double)(h->lab->world.now - WORLD_START) / 1e9;
	node_record(host_node(h->host),
		(struct trace_event){.kind = TRACE_NOTE, .text = "the clock is set"});
	return 0;
}

/* host:sysctl(name [, value]) */
static int do_sysctl(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	const char *name = luaL_checkstring(L, 2), *why = NULL;
	char value[256];
	int err;

	task_may_act(L);
	if (lua_isnoneornil(L, 3)) {
		lab_instance(L, h);
		must(L, host_sysctl_get(h->host, name, value, sizeof(value)), name, NULL);
		if (lua_stringtonumber(L, value) == 0)
			lua_pushstring(L, value);
		return 1;
	}
	err = host_sysctl(h->host, name, luaL_checkstring(L, 3), &why);
	return must(L, err, name, why);
}

/* host:counter(name) */
static int counter(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	const char *name = luaL_checkstring(L, 2);
	struct machine *m = host_machine(h->host);
	uint64_t count[MIB_COUNT] = {0};
	enum mib which = mib_find(name);

	lab_instance(L, h);
	must(L, which == MIB_COUNT ? -ENOENT : 0, name, "no such counter");
	m->ops->counters(m, count);
	lua_pushinteger(L, (lua_Integer)count[which]);
	return 1;
}

/* Tasks on the host are ended before the host is. */
static int fault(lua_State *L, void (*how)(struct host *h))
{
	struct lab_host *h = lab_check_host(L, 1);

	task_may_act(L);
	task_kill_all(h->lab, h);
	if (h->chat)
		chat_program_kill(h->chat);
	h->life++;
	how(h->host);
	return 0;
}

static int power_off(lua_State *L)
{
	fault(L, host_power_off);
	chat_program_power_loss(lab_check_host(L, 1)->chat);
	return 0;
}

static int reboot(lua_State *L)
{
	fault(L, host_reboot);
	chat_program_power_loss(lab_check_host(L, 1)->chat);
	return 0;
}

static int crash(lua_State *L)
{
	return fault(L, host_crash);
}

static void freeze_calls(struct lab_host *h, bool frozen)
{
	struct machine *m = host_machine(h->host);

	if (host_is_on(h->host))
		m->ops->freeze(m, frozen);
}

static int freeze(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);

	h->frozen = true;
	freeze_calls(h, true);
	chat_program_freeze(h->chat, true);
	return 0;
}

static int thaw(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);

	freeze_calls(h, false);
	task_thaw(h->lab, h);
	chat_program_freeze(h->chat, false);
	return 0;
}

static int to_string(lua_State *L)
{
	lua_pushfstring(L, "host %s", lab_check_host(L, 1)->name);
	return 1;
}

void lab_open_host(lua_State *L)
{
	static const luaL_Reg methods[] = {{"run", run}, {"route", route}, {"address", address},
		{"no_address", no_address}, {"clock", wall_clock}, {"set_clock", set_clock},
		{"sysctl", do_sysctl}, {"counter", counter}, {"power_off", power_off},
		{"reboot", reboot}, {"crash", crash}, {"freeze", freeze}, {"thaw", thaw},
		{"ss", lab_ss}, {"memory", lab_memory}, {"__tostring", to_string}, {NULL, NULL}};

	luaL_newmetatable(L, "host");
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	lua_pushcfunction(L, new_host);
	lua_setglobal(L, "host");
}
