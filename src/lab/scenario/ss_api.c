/*
 * ss_api.c - the TCP sockets of a host, as ss -tanop lists them, and their memory.
 *
 *     for _, s in ipairs(server:ss { state = "SYN-RECV", port = 80 }) do print(s.peer, s.timer) end
 */
#include "lab/scenario/ss_api.h"

#include "lab/scenario/host_api.h"
#include "observe/sock_row.h"
#include "socket/instance.h"
#include "stack/tcp/tcp.h"

struct listing {
	lua_State *L;
	nsec_t now;
	const char *state; /* NULL: all */
	lua_Integer port;  /* the local port; 0: all */
	lua_Integer rows;
};

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, name);
}

static void push_row(lua_State *L, const struct tcp_row *row, nsec_t now)
{
	static const char *const timers[] = {"", "on", "keepalive", "timewait", "persist"};
	char text[IP_ADDR_TEXT_MAX];

	lua_newtable(L);
	set_text(L, "state", sock_state_name(row->state));
	set_text(L, "local", ip_addr_text(text, &row->local.addr));
	set_integer(L, "port", row->local.port);
	set_text(L, "peer", ip_addr_text(text, &row->peer.addr));
	set_integer(L, "peer_port", row->peer.port);
	set_integer(L, "recv_q", row->rqueue);
	set_integer(L, "send_q", row->wqueue);
	set_integer(L, "retrans", row->retrans);
	set_text(L, "timer", timers[row->timer]);
	if (row->timer != 0 && row->expires != NSEC_MAX) {
		lua_pushnumber(L, (double)(row->expires - now) / 1e9);
		lua_setfield(L, -2, "expires");
	}
}

static void add_row(const struct tcp_row *row, void *arg)
{
	struct listing *l = arg;

	if (l->state && strcmp(l->state, sock_state_name(row->state)) != 0)
		return;
	if (l->port != 0 && l->port != row->local.port)
		return;
	push_row(l->L, row, l->now);
	lua_rawseti(l->L, -2, ++l->rows);
}

static void check_state(lua_State *L, const char *state)
{
	if (!sock_state_find(state))
		luaL_error(L,
			"ss has no state '%s': write \"ESTAB\", \"SYN-RECV\", \"TIME-WAIT\" ...",
			state);
}

/* host:ss([{ state = "SYN-RECV", port = 80 }]): rows in no particular order. */
int lab_ss(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	struct listing l = {.L = L, .now = h->lab->world.now};
	struct machine *m = host_machine(h->host);

	lab_instance(L, h);
	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		lua_getfield(L, 2, "state");
		lua_getfield(L, 2, "port");
		l.state = luaL_optstring(L, -2, NULL);
		l.port = luaL_optinteger(L, -1, 0);
		if (l.state)
			check_state(L, l.state);
	}
	lua_newtable(L);
	m->ops->each(m, add_row, &l);
	return 1;
}

/* host:memory(): bytes of the records of its connections, without queued data. */
int lab_memory(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	struct tcp_memory m;

	lab_not_real(L, h, "memory()");
	tcp_memory(burble_stack(lab_instance(L, h)), &m);
	lua_pushinteger(
		L, (lua_Integer)(m.awake_bytes + m.idle_bytes + m.table_bytes + m.port_bytes));
	return 1;
}
