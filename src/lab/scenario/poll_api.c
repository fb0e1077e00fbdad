/*
 * poll_api.c - waiting for readiness.
 *
 *     s:ready()                                          "in out"
 *     s:poll("POLLIN", 10)                               "in", or nil and "timeout"
 *     host:poll({ { a, "POLLIN" }, { b, "POLLOUT" } })   { { socket = a, events = "in" } }
 *
 *     set = host:epoll_create()
 *     set:ctl("EPOLL_CTL_ADD", s, "EPOLLIN", "EPOLLET")
 *     set:wait(10, timeout)                              { { socket = s, events = "in hup" } }
 */
#include "lab/scenario/poll_api.h"

#include "lab/scenario/host_api.h"
#include "lab/scenario/socket_api.h"
#include "lab/scenario/units.h"

#include <poll.h>

enum {
	EVENTS_MAX = 4096, /* of one epoll_wait(), sockets of one poll() */
};

/* An epoll set. Its user value is a table from descriptor to socket. */
struct lab_epoll {
	struct lab_host *host;
	uint32_t life;
	int fd;
};

/* --- events ----------------------------------------------------------------------------------- */

/* Pushes "in out err hup rdhup pri"; the bits of poll and epoll are the same. */
static void push_events(lua_State *L, uint32_t events)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {{POLLIN, "in"}, {POLLPRI, "pri"}, {POLLOUT, "out"}, {POLLERR, "err"},
		{POLLHUP, "hup"}, {POLLRDHUP, "rdhup"}, {POLLNVAL, "nval"}};
	luaL_Buffer buffer;
	bool first = true;

	luaL_buffinit(L, &buffer);
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		if (!(events & bits[i].bit))
			continue;
		if (!first)
			luaL_addchar(&buffer, ' ');
		first = false;
		luaL_addstring(&buffer, bits[i].name);
	}
	luaL_pushresult(&buffer);
}

/* Appends { socket = the value at the top, events = } to the list below it; pops the socket. */
static void add_event(lua_State *L, uint32_t events)
{
	lua_createtable(L, 0, 2);
	lua_insert(L, -2);
	lua_setfield(L, -2, "socket");
	push_events(L, events);
	lua_setfield(L, -2, "events");
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static nsec_t timeout_at(lua_State *L, int index)
{
	return lua_isnoneornil(L, index) ? -1 : lab_time(L, index);
}

/* --- poll ------------------------------------------------------------------------------------- */

/* s:ready(): the current readiness. */
static int ready(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	struct pollfd p = {s->fd, POLLIN | POLLPRI | POLLOUT | POLLRDHUP, 0};
	struct burble_call now = burble_call_start();

	now.timeout = 0;
	s->host->sys->poll(lab_instance(L, s->host), &p, 1, &now);
	push_events(L, (uint32_t)(unsigned short)p.revents);
	return 1;
}

static int64_t try_poll(struct call *c)
{
	return c->sys->poll(c->b, c->poll, c->polls, &c->call);
}

static struct call *begin_poll(lua_State *L, struct lab_host *h, struct pollfd *p, nfds_t n)
{
	struct call *c = call_new(L, h, "poll(%zu)", (size_t)n);

	c->poll = p;
	c->polls = n;
	c->attempt = try_poll;
	return c;
}

static int push_polled(lua_State *L, struct call *c, int64_t n)
{
	if (n > 0) {
		push_events(L, (uint32_t)c->poll->revents);
		return 1;
	}
	lua_pushnil(L);
	lua_pushliteral(L, "timeout");
	return 2;
}

/* s:poll(events [, timeout]): the readiness as from s:ready(); or nil, "timeout". */
static int poll_one(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int events = (int)lab_symbol(L, 2);
	nsec_t timeout = timeout_at(L, 3);
	struct pollfd *p = lua_newuserdatauv(L, sizeof(*p), 0);
	struct call *c = begin_poll(L, s->host, p, 1);

	*p = (struct pollfd){s->fd, (short)events, 0};
	c->call.timeout = timeout;
	c->push = push_polled;
	return call_begin(L, c);
}

/* The sockets of the list that c was made with, at 2, that are ready. */
static int push_ready(lua_State *L, struct call *c, int64_t n)
{
	lua_newtable(L);
	for (nfds_t i = 0; i < c->polls; i++) {
		if (c->poll[i].revents == 0)
			continue;
		lua_geti(L, 2, (lua_Integer)i + 1);
		lua_geti(L, -1, 1);
		lua_remove(L, -2);
		add_event(L, (uint32_t)(unsigned short)c->poll[i].revents);
	}
	return 1;
}

/* One row of host:poll()'s list, at the top. */
static struct pollfd pollfd_of(lua_State *L, const struct lab_host *h)
{
	struct pollfd p = {0};
	struct lab_socket *s;

	luaL_checktype(L, -1, LUA_TTABLE);
	lua_geti(L, -1, 1);
	s = lab_socket_at(L, lua_gettop(L));
	if (s->host != h)
		luaL_error(L, "a socket of %s", s->host->name);
	p.fd = s->fd;
	lua_pop(L, 1);
	for (lua_Integer i = 2; lua_geti(L, -1, i) != LUA_TNIL; i++) {
		p.events |= (short)lab_symbol(L, lua_gettop(L));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return p;
}

/* host:poll({ { socket, event... }, ... } [, timeout]) */
static int poll_many(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	nsec_t timeout = timeout_at(L, 3);
	struct pollfd *p;
	struct call *c;
	lua_Integer n;

	luaL_checktype(L, 2, LUA_TTABLE);
	n = luaL_len(L, 2);
	luaL_argcheck(L, n <= EVENTS_MAX, 2, "at most 4,096 sockets");
	p = lua_newuserdatauv(L, (size_t)(n + 1) * sizeof(*p), 0);
	for (lua_Integer i = 0; i < n; i++) {
		lua_geti(L, 2, i + 1);
		p[i] = pollfd_of(L, h);
		lua_pop(L, 1);
	}
	c = begin_poll(L, h, p, (nfds_t)n);
	c->call.timeout = timeout;
	c->push = push_ready;
	return call_begin(L, c);
}

/* --- epoll ------------------------------------------------------------------------------------ */

static struct lab_epoll *epoll_at(lua_State *L, int index)
{
	struct lab_epoll *e = luaL_checkudata(L, index, "epoll");

	if (e->life != e->host->life || e->fd < 0)
		luaL_error(L, "an epoll set of %s that has been closed", e->host->name);
	return e;
}

/* host:epoll_create() */
static int create(lua_State *L)
{
	struct lab_host *h = lab_check_host(L, 1);
	int fd = h->sys->epoll_create1(lab_instance(L, h), 0);
	struct lab_epoll *e;

	if (fd < 0)
		return lab_push_error(L, -fd);
	e = lua_newuserdatauv(L, sizeof(*e), 1);
	*e = (struct lab_epoll){h, h->life, fd};
	lab_opened(h, fd);
	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	luaL_setmetatable(L, "epoll");
	return 1;
}

static int64_t try_ctl(struct call *c)
{
	return c->sys->epoll_ctl(c->b, c->fd, c->max, c->flags, c->events);
}

/* set:ctl(operation, socket or set, event...) */
static int ctl(lua_State *L)
{
	struct lab_epoll *e = epoll_at(L, 1), *inner = luaL_testudata(L, 3, "epoll");
	int operation = (int)lab_symbol(L, 2);
	int fd = inner ? epoll_at(L, 3)->fd : lab_socket_at(L, 3)->fd;
	uint32_t events = (uint32_t)lab_flags(L, 4);
	struct epoll_event *event = lua_newuserdatauv(L, sizeof(*event), 0);
	struct call *c = call_new(
		L, e->host, "epoll_ctl(%d, %s, %d)", e->fd, luaL_tolstring(L, 2, NULL), fd);

	*event = (struct epoll_event){.events = events, .data.fd = fd};
	lua_getiuservalue(L, 1, 1);
	lua_pushvalue(L, 3);
	lua_rawseti(L, -2, fd);
	lua_pop(L, 1);
	c->fd = e->fd;
	c->max = operation;
	c->flags = fd;
	c->events = event;
	c->attempt = try_ctl;
	c->push = lab_push_true;
	return call_begin(L, c);
}

static int64_t try_wait(struct call *c)
{
	return c->sys->epoll_wait(c->b, c->fd, c->events, c->max, &c->call);
}

static int push_waited(lua_State *L, struct call *c, int64_t n)
{
	lua_newtable(L);
	lua_getiuservalue(L, 1, 1);
	for (int64_t i = 0; i < n; i++) {
		lua_pushvalue(L, -2);
		lua_rawgeti(L, -2, c->events[i].data.fd);
		add_event(L, c->events[i].events);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return 1;
}

/* set:wait([max [, timeout]]): an empty list on timeout. */
static int wait_events(lua_State *L)
{
	struct lab_epoll *e = epoll_at(L, 1);
	lua_Integer max = luaL_optinteger(L, 2, 64);
	nsec_t timeout = timeout_at(L, 3);
	struct epoll_event *events;
	struct call *c;

	luaL_argcheck(L, max > 0 && max <= EVENTS_MAX, 2, "1 to 4,096 events");
	events = lua_newuserdatauv(L, (size_t)max * sizeof(*events), 0);
	c = call_new(L, e->host, "epoll_wait(%d, %d)", e->fd, (int)max);
	c->fd = e->fd;
	c->max = (int)max;
	c->events = events;
	c->call.timeout = timeout;
	c->attempt = try_wait;
	c->push = push_waited;
	return call_begin(L, c);
}

/* set:close() */
static int close_set(lua_State *L)
{
	struct lab_epoll *e = epoll_at(L, 1);
	int err = e->host->sys->close(lab_instance(L, e->host), e->fd, NULL);

	lab_closed(e->host, e->fd);
	e->fd = -1;
	if (err < 0)
		return lab_push_error(L, -err);
	lua_pushboolean(L, true);
	return 1;
}

static int to_string(lua_State *L)
{
	struct lab_epoll *e = luaL_checkudata(L, 1, "epoll");

	lua_pushfstring(L, "epoll %d of %s", e->fd, e->host->name);
	return 1;
}

/* --- registering ------------------------------------------------------------------------------ */

static void add_methods(lua_State *L, const char *kind, const luaL_Reg *methods)
{
	luaL_getmetatable(L, kind);
	luaL_setfuncs(L, methods, 0);
	lua_pop(L, 1);
}

void lab_open_poll(lua_State *L)
{
	static const luaL_Reg sockets[] = {{"ready", ready}, {"poll", poll_one}, {NULL, NULL}},
			      hosts[] = {{"poll", poll_many}, {"epoll_create", create},
				      {NULL, NULL}},
			      sets[] = {{"ctl", ctl}, {"wait", wait_events}, {"close", close_set},
				      {"__tostring", to_string}, {NULL, NULL}};

	add_methods(L, "socket", sockets);
	add_methods(L, "host", hosts);
	luaL_newmetatable(L, "epoll");
	lua_pop(L, 1);
	add_methods(L, "epoll", sets);
	luaL_getmetatable(L, "epoll");
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
