/*
 * middlebox_api.c - middleboxes that change segments:
 *
 *     box = middlebox { "firewall", mss = 1200, wscale = 2, timestamps = false, [34] = false }
 *     box = synproxy { "guard", mss = 1460, wscale = 7, sack_ok = true, timestamps = true }
 *     link { client, "10.0.0.1/24", box, "outside" }   link { box, "inside", server, "10.0.0.2/24"
 * }
 */
#include "lab/scenario/middlebox_api.h"

#include "lab/scenario/box_api.h"
#include "lab/world/middlebox.h"
#include "lab/world/synproxy.h"
#include "wire/tcp_opt.h"

/* --- options ---------------------------------------------------------------------------------- */

/* The kind of the option in the key at index, by name or number. */
static uint8_t option_kind(lua_State *L, int index)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} names[] = {{"mss", TCP_OPT_MSS}, {"wscale", TCP_OPT_WSCALE}, {"sack_ok", TCP_OPT_SACK_OK},
		{"sack", TCP_OPT_SACK}, {"timestamps", TCP_OPT_TS}, {"md5", TCP_OPT_MD5},
		{"user_timeout", TCP_OPT_UTO}, {"ao", TCP_OPT_AO}, {"fastopen", TCP_OPT_FASTOPEN}};
	lua_Integer kind;

	if (lua_type(L, index) == LUA_TSTRING)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (strcmp(lua_tostring(L, index), names[i].name) == 0)
				return names[i].kind;
	if (!lua_isinteger(L, index))
		luaL_error(L, "'%s' is not a TCP option", luaL_tolstring(L, index, NULL));
	kind = lua_tointeger(L, index);
	if (kind < TCP_OPT_MSS || kind > 255)
		luaL_error(L, "an option that can be changed has a kind from 2 to 255");
	return (uint8_t)kind;
}

/* The action for an option: the value at the top of the stack. */
static void read_action(lua_State *L, struct middlebox_config *c, uint8_t kind)
{
	if (lua_isboolean(L, -1)) {
		c->action[kind] = lua_toboolean(L, -1) ? OPTION_PASS : OPTION_STRIP;
		return;
	}
	if (kind != TCP_OPT_MSS && kind != TCP_OPT_WSCALE)
		luaL_error(L, "option %d can only be stripped: false", kind);
	c->action[kind] = kind == TCP_OPT_MSS ? OPTION_LIMIT : OPTION_SET;
	c->value[kind] = (uint16_t)luaL_checkinteger(L, -1);
}

static struct port middlebox_side(struct lab_box *b, int side, struct port out)
{
	return middlebox_port(b->middlebox, side, out);
}

/* middlebox { [name,] option = false, mss = LIMIT, wscale = VALUE } */
static int new_middlebox(lua_State *L)
{
	const char *name = lab_box_name(L, "middlebox");
	struct middlebox_config c = {0};
	struct lab_box *b;

	lua_pushnil(L);
	while (lua_next(L, 1) != 0) {
		if (!(lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1))
			read_action(L, &c, option_kind(L, lua_gettop(L) - 1));
		lua_pop(L, 1);
	}
	b = lab_new_box(L, "middlebox");
	b->middlebox = middlebox_new(&lab_of(L)->world, name, &c);
	b->node = middlebox_port(b->middlebox, 0, (struct port){0}).node;
	b->join = middlebox_side;
	return 1;
}

/* middlebox:changed() */
static int changed(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "middlebox");

	lua_pushinteger(L, (lua_Integer)middlebox_changed(b->middlebox));
	return 1;
}

/* --- SYN proxy -------------------------------------------------------------------------------- */

static struct port synproxy_side(struct lab_box *b, int side, struct port out)
{
	return synproxy_port(b->synproxy, side, out);
}

static bool field(lua_State *L, const char *name)
{
	return lua_getfield(L, 1, name) != LUA_TNIL;
}

/* synproxy { [name,] mss =, wscale =, sack_ok =, timestamps =, timeouts as for a NAT } */
static int new_synproxy(lua_State *L)
{
	const char *name = lab_box_name(L, "synproxy");
	struct synproxy_config c = {.mss = 1460, .wscale = 7, .has_wscale = true};
	struct lab_box *b;

	lab_read_conntrack(L, &c.conntrack);
	if (field(L, "mss"))
		c.mss = (uint16_t)luaL_checkinteger(L, -1);
	if (field(L, "wscale"))
		c.wscale = (uint8_t)luaL_checkinteger(L, -1);
	luaL_argcheck(L, c.wscale <= TCP_WSCALE_MAX, 1, "a window scale is from 0 to 14");
	c.sack = !field(L, "sack_ok") || lua_toboolean(L, -1);
	c.timestamps = !field(L, "timestamps") || lua_toboolean(L, -1);
	b = lab_new_box(L, "synproxy");
	b->synproxy = synproxy_new(&lab_of(L)->world, name, &c);
	b->node = synproxy_port(b->synproxy, 0, (struct port){0}).node;
	b->join = synproxy_side;
	return 1;
}

/* synproxy:counted(): a table with the names of /proc/net/stat/synproxy. */
static int counted(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "synproxy");
	const struct synproxy_stats *s = synproxy_counted(b->synproxy);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {{"syn_received", s->syn_received}, {"cookie_valid", s->cookie_valid},
		{"cookie_invalid", s->cookie_invalid}, {"cookie_retrans", s->cookie_retrans}};

	lua_newtable(L);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		lua_pushinteger(L, (lua_Integer)rows[i].value);
		lua_setfield(L, -2, rows[i].name);
	}
	return 1;
}

/* synproxy:connections() */
static int connections(lua_State *L)
{
	struct lab_box *b = luaL_checkudata(L, 1, "synproxy");

	lua_pushinteger(L, synproxy_connections(b->synproxy));
	return 1;
}

void lab_open_middlebox(lua_State *L)
{
	static const luaL_Reg middleboxes[] = {{"changed", changed}, {NULL, NULL}},
			      proxies[] = {{"counted", counted}, {"connections", connections},
				      {NULL, NULL}};

	lab_add_kind(L, "middlebox", middleboxes, new_middlebox);
	lab_add_kind(L, "synproxy", proxies, new_synproxy);
}
