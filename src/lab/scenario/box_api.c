/*
 * box_api.c - LANs, NATs and flooders of a scenario:
 *
 *     net = lan "office"                     net:join(host, "10.0.0.1/16", { delay = "1ms" })
 *     box = nat { "router", public = "192.0.2.1", established = "2h" }
 *     link { box, "outside", server, "192.0.2.2/24" }
 *     attacker = flooder { "attacker" }      link { attacker, "", server, "10.0.0.1/24" }
 *     attacker:start { to = "10.0.0.1", port = 80, flags = "S", rate = 1000, from = "203.0.113.0" }
 */
#include "lab/scenario/box_api.h"

#include "lab/scenario/host_api.h"
#include "lab/scenario/packet_api.h"
#include "lab/scenario/units.h"
#include "lab/world/flood.h"
#include "lab/world/lan.h"
#include "lab/world/nat.h"

#include <string.h>

struct lab_box *lab_new_box(lua_State *L, const char *kind)
{
	struct lab_box *b;

	if (lab_of(L)->only_describe)
		luaL_error(L, "described");
	b = lua_newuserdatauv(L, sizeof(*b), 0);
	*b = (struct lab_box){0};
	luaL_setmetatable(L, kind);
	return b;
}

const char *lab_name(lua_State *L, int index)
{
	static const char *const boxes[] = {
		"lan", "nat", "flooder", "middlebox", "synproxy", "raw"};

	for (size_t i = 0; i < ARRAY_SIZE(boxes); i++)
		if (luaL_testudata(L, index, boxes[i]))
			return ((struct lab_box *)lua_touserdata(L, index))->node->name;
	return lab_check_host(L, index)->name;
}

/* --- joining ---------------------------------------------------------------------------------- */

/* Calls each() with every string at the top: one, or a table of them. */
static void each_text(
	lua_State *L, void (*each)(lua_State *L, const char *text, void *arg), void *arg)
{
	if (!lua_istable(L, -1)) {
		each(L, luaL_checkstring(L, -1), arg);
		return;
	}
	for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
		each(L, luaL_checkstring(L, -1), arg);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

struct interface_of {
	struct lab_host *host;
	int port;
};

static void add_address(lua_State *L, const char *text, void *arg)
{
	struct interface_of *i = arg;

	if (host_addr(i->host->host, i->port, text) < 0)
		luaL_error(L, "%s: no address for %s: write \"10.0.0.1/24\"", text, i->host->name);
}

static struct port join_host(lua_State *L, struct port out, uint32_t mtu)
{
	struct interface_of i = {.host = lab_check_host(L, -2)};
	struct port port = host_interface(i.host->host, out, mtu);

	i.port = port.port;
	each_text(L, add_address, &i);
	return port;
}

static struct port join_side(lua_State *L, struct lab_box *b, struct port out)
{
	const char *side = luaL_checkstring(L, -1);

	if (strcmp(side, "inside") != 0 && strcmp(side, "outside") != 0)
		luaL_error(L, "%s has an \"inside\" and an \"outside\"", b->node->name);
	return b->join(b, side[0] == 'o', out);
}

struct port_of {
	struct lan *lan;
	int port;
};

static void learn(lua_State *L, const char *text, void *arg)
{
	struct port_of *p = arg;
	struct ip_addr a;
	unsigned bits;

	if (strcmp(text, "default") == 0)
		lan_default(p->lan, p->port);
	else if (ip_prefix_parse(&a, &bits, text))
		lan_learn(p->lan, p->port, &a);
	else
		luaL_error(L, "'%s' is not an address", text);
}

static struct port join_lan(lua_State *L, struct lab_box *b, struct port out)
{
	struct port port = lan_port(b->lan, out);
	struct port_of p = {b->lan, port.port};

	each_text(L, learn, &p);
	return port;
}

struct port lab_join(lua_State *L, struct port out, uint32_t mtu)
{
	struct lab_box *b;

	if ((b = luaL_testudata(L, -2, "lan")))
		return join_lan(L, b, out);
	if ((b = luaL_testudata(L, -2, "nat")) || (b = luaL_testudata(L, -2, "middlebox")) ||
		(b = luaL_testudata(L, -2, "synproxy")))
		return join_side(L, b, out);
	if ((b = luaL_testudata(L, -2, "flooder")))
		return flood_join(b->flood, out);
	if ((b = luaL_testudata(L, -2, "raw")))
		return b->join(b, 0, out);
	return join_host(L, out, mtu);
}

/* --- creation --------------------------------------------------------------------------------- */

static int new_lan(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct lab_box *b = lab_new_box(L, "lan");

	b->lan = lan_new(&lab_of(L)->world, name);
	b->node = lan_node(b->lan);
	return 1;
}

const char *lab_box_name(lua_State *L, const char *otherwise)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	return lua_geti(L, 1, 1) == LUA_TNIL ? otherwise : luaL_checkstring(L, -1);
}

static void get_timeout(lua_State *L, const char *name, nsec_t *to)
{
	if (lua_getfield(L, 1, name) != LUA_TNIL)
		*to = lab_time(L, lua_gettop(L));
	lua_pop(L, 1);
}

void lab_read_conntrack(lua_State *L, struct conntrack_config *c)
{
	static const struct {
		const char *name;
		enum conntrack_state state;
	} timeouts[] = {{"syn_sent", CT_SYN_SENT}, {"syn_recv", CT_SYN_RECV},
		{"established", CT_ESTABLISHED}, {"fin_wait", CT_FIN_WAIT},
		{"close_wait", CT_CLOSE_WAIT}, {"last_ack", CT_LAST_ACK},
		{"time_wait", CT_TIME_WAIT}, {"close", CT_CLOSE}, {"udp", CT_UDP},
		{"udp_stream", CT_UDP_STREAM}};

	*c = conntrack_defaults();
	for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++)
		get_timeout(L, timeouts[i].name, &c->timeout[timeouts[i].state]);
	get_timeout(L, "timeout_max_retrans", &c->timeout_max_retrans);
	if (lua_getfield(L, 1, "loose") != LUA_TNIL)
		c->loose = lua_toboolean(L, -1);
	if (lua_getfield(L, 1, "max") != LUA_TNIL)
		c->max = (uint32_t)luaL_checkinteger(L, -1);
	if (lua_getfield(L, 1, "max_retrans") != LUA_TNIL)
		c->max_retrans = (uint32_t)luaL_checkinteger(L, -1);
	lua_pop(L, 3);
}

static struct port nat_side(struct lab_box *b, int side, struct port out)
{
	return nat_port(b->nat, side, out);
}

/* nat { [name,] [public = ADDRESS,] [reset = true,] timeouts by name, loose, max }: without a
 * public address it is a firewall. */
static int new_nat(lua_State *L)
{
	const char *name = lab_box_name(L, "nat");
	struct nat_config c = {.public = IP_ADDR_ANY6};
	struct lab_box *b;

	lab_read_conntrack(L, &c.conntrack);
	if (lua_getfield(L, 1, "public") != LUA_TNIL &&
		!ip_addr_parse(&c.public, luaL_checkstring(L, -1)))
		return luaL_error(L, "'%s' is not an address", lua_tostring(L, -1));
	lua_getfield(L, 1, "reset");
	c.reset = lua_toboolean(L, -1);
	b = lab_new_box(L, "nat");
	b->nat = nat_new(&lab_of(L)->world, name, &c);
	b->join = nat_side;
	b->node = nat_port(b->nat, 0, (struct port){0}).node;
	return 1;
}

/* nat:forget(), nat:connections() */
static int forget(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "nat");

	nat_forget(b->nat);
	node_record(b->node, (struct trace_event){.kind = TRACE_NOTE,
				     .text = "the box forgets its connections"});
	return 0;
}

static int connections(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "nat");

	lua_pushinteger(L, nat_connections(b->nat));
	return 1;
}

/* --- floods ----------------------------------------------------------------------------------- */

static struct ip_addr get_addr(lua_State *L, const char *name)
{
	struct ip_addr a;

	lua_getfield(L, 1, name);
	if (!ip_addr_parse(&a, luaL_checkstring(L, -1)))
		luaL_error(L, "%s: '%s' is not an address", name, lua_tostring(L, -1));
	lua_pop(L, 1);
	return a;
}

static lua_Integer get_integer(lua_State *L, const char *name, lua_Integer otherwise)
{
	lua_Integer n = otherwise;

	if (lua_getfield(L, 1, name) != LUA_TNIL)
		n = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	return n;
}

/* flooder { [name] }: idle until flooder:start(). */
static int new_flooder(lua_State *L)
{
	const char *name = lab_box_name(L, "flooder");
	struct lab_box *b = lab_new_box(L, "flooder");

	b->flood = flood_new(&lab_of(L)->world, name);
	b->node = flood_join(b->flood, (struct port){0}).node;
	return 1;
}

/* flooder:start { to =, from =, sources =, port =, source_port =, flags =, rate =, count = } */
static int start(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "flooder");
	struct flood_config c = {0};

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_remove(L, 1);
	c.target = get_addr(L, "to");
	c.source = get_addr(L, "from");
	c.port = (uint16_t)get_integer(L, "port", 80);
	c.source_port = (uint16_t)get_integer(L, "source_port", 0);
	c.sources = (uint32_t)get_integer(L, "sources", 1);
	c.count = (uint64_t)get_integer(L, "count", 0);
	c.flags = SEG_SYN;
	if (lua_getfield(L, 1, "flags") != LUA_TNIL)
		c.flags = lab_check_flags(L, lua_gettop(L));
	lua_getfield(L, 1, "rate");
	c.rate = luaL_checknumber(L, -1);
	flood_set(b->flood, &c);
	return 0;
}

static int stop(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "flooder");
	static const struct flood_config none;

	flood_set(b->flood, &none);
	return 0;
}

static int sent(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "flooder");

	lua_pushinteger(L, (lua_Integer)flood_sent(b->flood));
	return 1;
}

/* --- registering ------------------------------------------------------------------------------ */

static int to_string(lua_State *L)
{
	lua_pushstring(L, lab_name(L, 1));
	return 1;
}

void lab_add_kind(lua_State *L, const char *kind, const luaL_Reg *methods, lua_CFunction make)
{
	luaL_newmetatable(L, kind);
	luaL_setfuncs(L, methods, 0);
	lua_pushcfunction(L, to_string);
	lua_setfield(L, -2, "__tostring");
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	lua_pushcfunction(L, make);
	lua_setglobal(L, kind);
}

void lab_open_box(lua_State *L)
{
	static const luaL_Reg none[] = {{NULL, NULL}},
			      nats[] = {{"forget", forget}, {"connections", connections},
				      {NULL, NULL}},
			      flooders[] = {{"start", start}, {"stop", stop}, {"sent", sent},
				      {NULL, NULL}};

	lab_add_kind(L, "lan", none, new_lan);
	lab_add_kind(L, "nat", nats, new_nat);
	lab_add_kind(L, "flooder", flooders, new_flooder);
}
