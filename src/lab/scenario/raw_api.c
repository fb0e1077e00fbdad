/*
 * raw_api.c - peers without a stack, whose segments are built by the scenario:
 *
 *     mallory = raw "mallory"            net:join(mallory, "10.0.0.9")
 *     mallory:send { from = "10.0.0.2", to = "10.0.0.1", sport = 5000, dport = 80, flags = "R",
 *                    seq = 4711 }
 *     p = mallory:recv(timeout)          as passed to a filter; or nil, "timeout"
 */
#include "lab/scenario/raw_api.h"

#include "lab/scenario/box_api.h"
#include "lab/scenario/packet_api.h"
#include "lab/scenario/task.h"
#include "lab/scenario/units.h"
#include "lab/world/need.h"
#include "lab/world/raw.h"

/* State of a peer; owned by the run, since the world calls it. */
struct lab_raw {
	struct lab *lab;
	struct raw *raw;
	struct task *reader; /* waiting in recv(); NULL: none */
	struct flows flows;
};

static struct lab_raw *check_raw(lua_State *L)
{
	return ((struct lab_box *)luaL_checkudata(L, 1, "raw"))->raw;
}

static void arrived(void *ctx)
{
	struct lab_raw *r = ctx;

	if (r->reader)
		task_ready(r->lab, r->reader);
}

static struct port join(struct lab_box *b, int side, struct port out)
{
	return raw_join(b->raw->raw, out);
}

/* raw(name) */
static int new_raw(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct lab_box *b = lab_new_box(L, "raw");
	struct lab_raw *r = lua_newuserdatauv(L, sizeof(*r), 0);

	*r = (struct lab_raw){.lab = lab_of(L)};
	r->raw = raw_new(&r->lab->world, name, arrived, r);
	b->raw = r;
	b->node = raw_node(r->raw);
	b->join = join;
	luaL_ref(L, LUA_REGISTRYINDEX); /* the world calls it: keep it alive */
	return 1;
}

/* raw:send(segment) */
static int send_segment(lua_State *L)
{
	raw_send(check_raw(L)->raw, lab_check_packet(L, 2));
	return 0;
}

static int received(lua_State *L, int status, lua_KContext ctx)
{
	struct lab_raw *r = (struct lab_raw *)ctx;
	struct packet *p = raw_take(r->raw);

	if (r->reader)
		r->reader->noted = NULL;
	r->reader = NULL;
	if (!p) {
		lua_pushnil(L);
		lua_pushliteral(L, "timeout");
		return 2;
	}
	lab_push_packet(L, &r->flows, p);
	free(p);
	return 1;
}

/* raw:recv([timeout]) */
static int recv_packet(lua_State *L)
{
	struct lab_raw *r = check_raw(L);
	nsec_t wait = lua_isnoneornil(L, 2) ? NSEC_MAX : lab_time(L, 2), now = r->lab->world.now;

	task_may_act(L);
	if (raw_waiting(r->raw) > 0 || wait == 0)
		return received(L, LUA_OK, (lua_KContext)r);
	if (r->reader)
		return luaL_error(L, "another program is already waiting for packets of %s",
			raw_node(r->raw)->name);
	r->reader = r->lab->current;
	r->reader->noted = &r->reader;
	task_wait(r->lab, wait < NSEC_MAX ? now + wait : NSEC_MAX);
	return lua_yieldk(L, 0, (lua_KContext)r, received);
}

void lab_open_raw(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{"send", send_segment}, {"recv", recv_packet}, {NULL, NULL}};

	lab_add_kind(L, "raw", methods, new_raw);
}
