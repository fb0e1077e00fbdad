/*
 * link_api.c - links of a scenario:
 *
 *     wire = link { a, "10.0.0.1/24", b, "10.0.0.2/24", delay = "20ms", loss = 0.01 }
 *     wire:set { loss = "5%" }   wire:set({ rate = "1mbit" }, a)   wire:cut()   wire:heal()
 *     wire:filter(function(p) if p.flags == "S." then return "drop" end end)
 */
#include "lab/scenario/link_api.h"

#include "lab/scenario/box_api.h"
#include "lab/scenario/host_api.h"
#include "lab/scenario/packet_api.h"
#include "lab/scenario/task.h"
#include "lab/scenario/units.h"
#include "lab/world/need.h"
#include "wire/checksum.h"

enum {
	MTU = 1500, /* default of hosts' interfaces */
};

struct lab_link {
	struct link *link;
	struct lab *lab;
	struct lab_host *host[2];
	bool down;
	int filter; /* reference of a Lua function, or LUA_NOREF */
	struct flows flows;
	uint64_t count; /* packets seen by the filter */
};

static struct lab_link *check_link(lua_State *L)
{
	return luaL_checkudata(L, 1, "link");
}

/* --- configuration ---------------------------------------------------------------------------- */

static bool has(lua_State *L, int table, const char *name)
{
	lua_getfield(L, table, name);
	if (!lua_isnil(L, -1))
		return true;
	lua_pop(L, 1);
	return false;
}

static void get_time(lua_State *L, int table, const char *name, nsec_t *to)
{
	if (!has(L, table, name))
		return;
	*to = lab_time(L, lua_gettop(L));
	lua_pop(L, 1);
}

static void get_share(lua_State *L, int table, const char *name, double *to)
{
	if (!has(L, table, name))
		return;
	*to = lab_share(L, lua_gettop(L));
	lua_pop(L, 1);
}

static void get_number(lua_State *L, int table, const char *name, uint32_t *to)
{
	if (!has(L, table, name))
		return;
	*to = (uint32_t)luaL_checkinteger(L, -1);
	lua_pop(L, 1);
}

/* gemodel = {p, r, h, k}: as netem's, with 1-h and 1-k given as h and k. */
static void get_gemodel(lua_State *L, int table, struct link_config *c)
{
	double *to[] = {&c->ge_p, &c->ge_r, &c->ge_h, &c->ge_k};

	if (!has(L, table, "gemodel"))
		return;
	luaL_checktype(L, -1, LUA_TTABLE);
	c->ge_h = 0;
	c->ge_k = 1;
	for (int i = 0; i < 4; i++) {
		if (lua_geti(L, -1, i + 1) != LUA_TNIL)
			*to[i] = lab_share(L, lua_gettop(L));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* A misspelt name must be an error. */
static void check_names(lua_State *L, int table)
{
	static const char *const names[] = {"delay", "jitter", "rate", "mtu", "loss", "duplicate",
		"corrupt", "reorder", "gemodel", "limit", "limit_bytes", "codel", "target",
		"interval", "swallows", NULL};

	lua_pushnil(L);
	while (lua_next(L, table) != 0) {
		bool known = lua_type(L, -2) != LUA_TSTRING;

		for (int i = 0; !known && names[i]; i++)
			known = strcmp(names[i], lua_tostring(L, -2)) == 0;
		if (!known)
			luaL_error(L, "a link has no parameter '%s'", lua_tostring(L, -2));
		lua_pop(L, 1);
	}
}

/* Changes c according to the table. */
static void read_config(lua_State *L, int table, struct link_config *c)
{
	luaL_checktype(L, table, LUA_TTABLE);
	check_names(L, table);
	get_time(L, table, "delay", &c->delay);
	get_time(L, table, "jitter", &c->jitter);
	get_time(L, table, "target", &c->queue.target);
	get_time(L, table, "interval", &c->queue.interval);
	get_share(L, table, "loss", &c->loss);
	get_share(L, table, "duplicate", &c->duplicate);
	get_share(L, table, "corrupt", &c->corrupt);
	get_share(L, table, "reorder", &c->reorder);
	get_number(L, table, "swallows", &c->swallows);
	get_number(L, table, "limit", &c->queue.limit);
	get_number(L, table, "limit_bytes", &c->queue.limit_bytes);
	get_gemodel(L, table, c);
	if (has(L, table, "rate")) {
		c->rate = lab_rate(L, lua_gettop(L));
		lua_pop(L, 1);
	}
	if (has(L, table, "codel")) {
		c->queue.codel = lua_toboolean(L, -1);
		lua_pop(L, 1);
	}
}

/* --- creation --------------------------------------------------------------------------------- */

/* Joins one side of the link to the object in element `at` of the table, with the details in the
 * next element. */
static void join(lua_State *L, struct lab_link *l, int side, uint32_t mtu)
{
	int at = 2 * side + 1;

	lua_geti(L, 1, at);
	lua_geti(L, 1, at + 1);
	l->host[side] = luaL_testudata(L, -2, "host") ? lab_check_host(L, -2) : NULL;
	link_join(l->link, side, lab_join(L, link_port(l->link, side), mtu));
	lua_pop(L, 2);
}

static int new_link(lua_State *L)
{
	struct lab *lab = lab_of(L);
	struct link_config c = {0};
	struct lab_link *l;
	uint32_t mtu = MTU;
	char name[80];

	if (lab->only_describe)
		return luaL_error(L, "described");
	read_config(L, 1, &c);
	get_number(L, 1, "mtu", &mtu);
	lua_geti(L, 1, 1);
	lua_geti(L, 1, 3);
	snprintf(name, sizeof(name), "%s-%s", lab_name(L, -2), lab_name(L, -1));
	lua_pop(L, 2);
	l = lua_newuserdatauv(L, sizeof(*l), 0);
	*l = (struct lab_link){.lab = lab, .filter = LUA_NOREF};
	luaL_setmetatable(L, "link");
	l->link = link_new(&lab->world, name, &c);
	join(L, l, 0, mtu);
	join(L, l, 1, mtu);
	/* the world calls the filter: keep the link alive */
	lua_pushvalue(L, -1);
	luaL_ref(L, LUA_REGISTRYINDEX);
	return 1;
}

/* --- changes ---------------------------------------------------------------------------------- */

static void note(struct lab_link *l, const char *what)
{
	node_record(
		link_port(l->link, 0).node, (struct trace_event){.kind = TRACE_NOTE, .text = what});
}

/* The sides that an operation applies to: the one entered by the host at index, or both. */
static void sides(lua_State *L, const struct lab_link *l, int index, bool side[2])
{
	side[0] = side[1] = true;
	if (lua_isnoneornil(L, index))
		return;
	for (int i = 0; i < 2; i++)
		side[i] = lab_check_host(L, index) == l->host[i];
	if (!side[0] && !side[1])
		luaL_error(
			L, "%s is not at either end of this link", lab_check_host(L, index)->name);
}

/* link:set(table [, from]) */
static int set(lua_State *L)
{
	struct lab_link *l = check_link(L);
	bool side[2];

	sides(L, l, 3, side);
	for (int i = 0; i < 2; i++) {
		struct link_config c = *link_get(l->link, i);

		if (!side[i])
			continue;
		read_config(L, 2, &c);
		link_set(l->link, i, &c);
	}
	return 0;
}

static void set_down(lua_State *L, bool down)
{
	struct lab_link *l = check_link(L);
	bool side[2];

	sides(L, l, 2, side);
	for (int i = 0; i < 2; i++) {
		struct link_config c = *link_get(l->link, i);

		if (!side[i])
			continue;
		c.down = down;
		link_set(l->link, i, &c);
	}
	note(l, down ? "the cable is cut" : "the cable is back");
}

/* link:cut([from]), link:heal([from]) */
static int cut(lua_State *L)
{
	set_down(L, true);
	return 0;
}

static int heal(lua_State *L)
{
	set_down(L, false);
	return 0;
}

/* link:waiting(from): packets and bytes. */
static int waiting(lua_State *L)
{
	struct lab_link *l = check_link(L);
	uint32_t packets, bytes;

	link_waiting(l->link, lab_check_host(L, 2) == l->host[1], &packets, &bytes);
	lua_pushinteger(L, packets);
	lua_pushinteger(L, bytes);
	return 2;
}

/* --- filters ---------------------------------------------------------------------------------- */

/* The action of a congested router on p (RFC 3168 section 5): marks it if it is ECN-capable, else
 * drops it. */
static enum link_verdict mark(struct packet *p)
{
	uint16_t before = get_be16(p->bytes);

	if (lab_ecn(p) == 0)
		return LINK_DROP;
	if (p->bytes[0] >> 4 == 4) {
		p->bytes[1] |= LAB_ECN_BITS;
		put_be16(p->bytes + 10,
			csum_update16(get_be16(p->bytes + 10), before, get_be16(p->bytes)));
	} else {
		p->bytes[1] |= LAB_ECN_BITS << 4;
	}
	return LINK_PASS;
}

/* One packet passing the filter. */
struct filtering {
	struct lab_link *link;
	int side;
	struct packet *packet;
	enum link_verdict verdict;
};

/* The filter's return value, at the top; a Lua error for an unknown word. */
static enum link_verdict verdict_of(lua_State *L, const struct filtering *f)
{
	const char *word = lua_isnil(L, -1) ? "pass" : luaL_tolstring(L, -1, NULL);
	lua_Debug d;

	if (strcmp(word, "pass") == 0)
		return LINK_PASS;
	if (strcmp(word, "drop") == 0)
		return LINK_DROP;
	if (strcmp(word, "duplicate") == 0)
		return LINK_DUPLICATE;
	if (strcmp(word, "mark") == 0)
		return mark(f->packet);
	lua_rawgeti(L, LUA_REGISTRYINDEX, f->link->filter);
	lua_getinfo(L, ">S", &d);
	return luaL_error(L,
		"%s:%d: a filter returns nothing, \"drop\", \"duplicate\" or \"mark\", "
		"not '%s'",
		d.short_src, d.linedefined, word);
}

/* Calls the filter; the argument is a struct filtering. */
static int apply_filter(lua_State *L)
{
	struct filtering *f = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, f->link->filter);
	lab_push_packet(L, &f->link->flows, f->packet);
	lua_pushinteger(L, (lua_Integer)f->link->count);
	lua_setfield(L, -2, "n");
	lua_pushstring(L, f->link->host[f->side] ? f->link->host[f->side]->name : "");
	lua_setfield(L, -2, "from");
	lua_call(L, 1, 1);
	f->verdict = verdict_of(L, f);
	return 0;
}

static enum link_verdict run_filter(void *ctx, struct link *link, int side, struct packet *p)
{
	struct lab_link *l = ctx;
	lua_State *L = l->lab->lua;
	struct filtering f = {l, side, p, LINK_PASS};

	bool within =
		l->lab->filtering; /* another filter, triggered while it processed this packet */

	l->count++;
	l->lab->filtering = true;
	task_bound(L);
	lua_pushcfunction(L, apply_filter);
	lua_pushlightuserdata(L, &f);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		task_broken(l->lab, L);
		lua_pop(L, 1);
	}
	l->lab->filtering = within;
	return f.verdict;
}

/* link:filter(function), link:filter(nil) */
static int filter(lua_State *L)
{
	struct lab_link *l = check_link(L);

	luaL_unref(L, LUA_REGISTRYINDEX, l->filter);
	l->filter = LUA_NOREF;
	l->count = 0;
	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TFUNCTION);
		lua_settop(L, 2);
		l->filter = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	link_set_filter(l->link, l->filter == LUA_NOREF ? NULL : run_filter, l);
	return 0;
}

/* link:inject(segment, from): as if sent by the host at that end. */
static int inject(lua_State *L)
{
	struct lab_link *l = check_link(L);
	bool side[2];

	lab_check_host(L, 3);
	sides(L, l, 3, side);
	node_forward(link_port(l->link, side[1]), lab_check_packet(L, 2));
	return 0;
}

static int to_string(lua_State *L)
{
	struct lab_link *l = check_link(L);

	lua_pushfstring(L, "link %s", link_port(l->link, 0).node->name);
	return 1;
}

void lab_open_link(lua_State *L)
{
	static const luaL_Reg methods[] = {{"set", set}, {"cut", cut}, {"heal", heal},
		{"filter", filter}, {"inject", inject}, {"waiting", waiting},
		{"__tostring", to_string}, {NULL, NULL}};

	luaL_newmetatable(L, "link");
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	lua_pushcfunction(L, new_link);
	lua_setglobal(L, "link");
}
