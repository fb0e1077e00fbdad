/*
 * socket_api.c - the system calls of a scenario. A successful call returns the result of the system
 * call, in Lua's types; a failed one nil and the name of the error.
 *
 *     s = host:socket("tcp")   s:bind(addr, port)   s:listen(n)   c, from = s:accept()
 *     s:connect(addr, port)    s:send(data, flag...)   data = s:recv(n, flag...)   s:shutdown("wr")
 */
#include "lab/scenario/socket_api.h"

#include "lab/pkt/symbols.h"
#include "lab/scenario/call.h"
#include "lab/scenario/host_api.h"
#include "lab/scenario/line_api.h"
#include "lab/scenario/option_api.h"
#include "lab/scenario/units.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

enum {
	ETH0 = 2, /* the index of a host's first interface */
};

struct lab_socket *lab_socket_at(lua_State *L, int index)
{
	struct lab_socket *s = luaL_checkudata(L, index, "socket");

	if (s->life != s->host->life || s->fd < 0)
		luaL_error(L, "a socket of %s that has been closed", s->host->name);
	return s;
}

struct lab_socket *lab_check_socket(lua_State *L)
{
	return lab_socket_at(L, 1);
}

int64_t lab_symbol(lua_State *L, int index)
{
	int64_t value;

	if (lua_type(L, index) == LUA_TNUMBER)
		return luaL_checkinteger(L, index);
	if (!symbol_value(luaL_checkstring(L, index), false, &value))
		luaL_error(L, "'%s' is not a name from Linux's headers", lua_tostring(L, index));
	return value;
}

int lab_flags(lua_State *L, int index)
{
	int flags = 0;

	for (; index <= lua_gettop(L); index++)
		flags |= (int)lab_symbol(L, index);
	return flags;
}

static void push_socket(lua_State *L, struct lab_host *h, int fd, int domain)
{
	struct lab_socket *s = lua_newuserdatauv(L, sizeof(*s), 1); /* lines */

	*s = (struct lab_socket){h, h->life, fd, domain};
	lab_opened(h, fd);
	luaL_setmetatable(L, "socket");
}

/* --- addresses -------------------------------------------------------------------------------- */

/* The interface index for the "%eth0" at the end of an IPv6 address, which is cut off; 0: none.
 * Interfaces count from eth0 in the order of their links; lo is 1. */
static uint32_t take_scope(lua_State *L, char *text)
{
	char *name = strchr(text, '%');
	unsigned n;

	if (!name)
		return 0;
	if (sscanf(name, "%%eth%u", &n) != 1 || n >= HOST_INTERFACES)
		luaL_error(L, "'%s' has no interface: write \"fe80::1%%eth0\"", text);
	*name = '\0';
	return n + ETH0;
}

static void check_address4(lua_State *L, struct call *c, const char *text, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&c->addr;

	*in = (struct sockaddr_in){AF_INET, htons(port), {0}, {0}};
	c->addr_len = sizeof(*in);
	if (inet_pton(AF_INET, text, &in->sin_addr) != 1)
		luaL_error(L, "'%s' is not an IPv4 address", text);
}

void lab_check_address(lua_State *L, struct call *c, int index, int domain)
{
	const char *text = luaL_checkstring(L, index);
	lua_Integer port = luaL_checkinteger(L, index + 1);
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&c->addr;
	char mapped[64];

	luaL_argcheck(L, port >= 0 && port <= 65535, index + 1, "a port is from 0 to 65535");
	c->addr = (struct sockaddr_storage){0};
	if (domain == AF_INET) {
		check_address4(L, c, text, (uint16_t)port);
		return;
	}
	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	in6->sin6_scope_id = take_scope(L, mapped);
	c->addr_len = sizeof(*in6);
	if (inet_pton(AF_INET6, mapped, &in6->sin6_addr) != 1)
		luaL_error(L, "'%s' is not an address", text);
}

int lab_push_address(lua_State *L, const struct sockaddr_storage *a)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)a;
	char text[INET6_ADDRSTRLEN] = "";

	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	if (a->ss_family == AF_INET6 && in6->sin6_scope_id >= ETH0)
		lua_pushfstring(L, "%s%%eth%d", text, (int)in6->sin6_scope_id - ETH0);
	else
		lua_pushstring(L, text);
	lua_pushinteger(L, ntohs(a->ss_family == AF_INET ? in->sin_port : in6->sin6_port));
	return 2;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* host:socket([kind [, version]]): "tcp" or "udp"; 4 or 6. */
static int new_socket(lua_State *L)
{
	static const char *const kinds[] = {"tcp", "udp", NULL};
	struct lab_host *h = lab_check_host(L, 1);
	int type = luaL_checkoption(L, 2, "tcp", kinds) == 0 ? SOCK_STREAM : SOCK_DGRAM;
	int domain = luaL_optinteger(L, 3, 4) == 6 ? AF_INET6 : AF_INET;
	int fd = h->sys->socket(lab_instance(L, h), domain, type, 0);

	if (fd < 0)
		return lab_push_error(L, -fd);
	push_socket(L, h, fd, domain);
	return 1;
}

int lab_push_true(lua_State *L, struct call *c, int64_t result)
{
	lua_pushboolean(L, true);
	return 1;
}

static int64_t try_bind(struct call *c)
{
	return c->sys->bind(c->b, c->fd, (struct sockaddr *)&c->addr, c->addr_len);
}

static int do_bind(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	struct call *c = call_new(L, s->host, "bind(%d, %s:%d)", s->fd, luaL_checkstring(L, 2),
		(int)luaL_checkinteger(L, 3));

	c->fd = s->fd;
	c->attempt = try_bind;
	c->push = lab_push_true;
	lab_check_address(L, c, 2, s->domain);
	return call_begin(L, c);
}

static int64_t try_listen(struct call *c)
{
	return c->sys->listen(c->b, c->fd, c->max);
}

static int do_listen(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int backlog = (int)luaL_optinteger(L, 2, 4096);
	struct call *c = call_new(L, s->host, "listen(%d, %d)", s->fd, backlog);

	c->fd = s->fd;
	c->max = backlog;
	c->attempt = try_listen;
	c->push = lab_push_true;
	return call_begin(L, c);
}

static int64_t try_connect(struct call *c)
{
	return c->sys->connect(c->b, c->fd, (struct sockaddr *)&c->addr, c->addr_len, &c->call);
}

static int do_connect(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	struct call *c = call_new(L, s->host, "connect(%d, %s:%d)", s->fd, luaL_checkstring(L, 2),
		(int)luaL_checkinteger(L, 3));

	c->fd = s->fd;
	c->attempt = try_connect;
	c->push = lab_push_true;
	lab_check_address(L, c, 2, s->domain);
	return call_begin(L, c);
}

static int64_t try_accept(struct call *c)
{
	struct burble_addr peer = {(struct sockaddr *)&c->addr, &c->addr_len};

	c->addr_len = sizeof(c->addr);
	return c->sys->accept4(c->b, c->fd, peer, c->flags, &c->call);
}

static int push_accepted(lua_State *L, struct call *c, int64_t fd)
{
	push_socket(L, c->host, (int)fd, c->addr.ss_family);
	return 1 + lab_push_address(L, &c->addr);
}

static int do_accept(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int flags = lab_flags(L, 2);
	struct call *c = call_new(L, s->host, "accept(%d)", s->fd);

	c->fd = s->fd;
	c->flags = flags;
	c->attempt = try_accept;
	c->push = push_accepted;
	return call_begin(L, c);
}

/* --- data ------------------------------------------------------------------------------------- */

const char *lab_shown(char *out, const char *data, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < LAB_SHOWN; i++)
		out[i] = data[i] >= ' ' && data[i] <= '~' && data[i] != '"' ? data[i] : '.';
	snprintf(out + i, 4, "%s", n > LAB_SHOWN ? "..." : "");
	return out;
}

static int64_t try_send(struct call *c)
{
	return c->sys->send(c->b, c->fd, c->data, c->flags, &c->call);
}

static int do_send(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	size_t n;
	const char *data = luaL_checklstring(L, 2, &n);
	int flags = lab_flags(L, 3);
	char words[LAB_SHOWN + 4];
	struct call *c =
		call_new(L, s->host, "send(%d, \"%s\", %zu)", s->fd, lab_shown(words, data, n), n);

	c->fd = s->fd;
	c->data = (struct iovec){(void *)data, n};
	c->flags = flags;
	c->attempt = try_send;
	return call_begin(L, c);
}

static int64_t try_sendto(struct call *c)
{
	struct msghdr m = {.msg_name = &c->addr,
		.msg_namelen = c->addr_len,
		.msg_iov = &c->data,
		.msg_iovlen = 1};

	return c->sys->sendmsg(c->b, c->fd, &m, c->flags, &c->call);
}

/* s:sendto(data, addr, port, flag...) */
static int do_sendto(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	size_t n;
	const char *data = luaL_checklstring(L, 2, &n);
	int flags = lab_flags(L, 5);
	char words[LAB_SHOWN + 4];
	struct call *c = call_new(L, s->host, "sendto(%d, \"%s\", %zu, %s:%d)", s->fd,
		lab_shown(words, data, n), n, luaL_checkstring(L, 3), (int)luaL_checkinteger(L, 4));

	c->fd = s->fd;
	c->data = (struct iovec){(void *)data, n};
	c->flags = flags;
	c->attempt = try_sendto;
	lab_check_address(L, c, 3, s->domain);
	return call_begin(L, c);
}

static int64_t try_recv(struct call *c)
{
	struct msghdr m = {.msg_name = &c->addr,
		.msg_namelen = sizeof(c->addr),
		.msg_iov = &c->data,
		.msg_iovlen = 1};
	int64_t n = c->sys->recvmsg(c->b, c->fd, &m, c->flags, &c->call);

	c->addr_len = m.msg_namelen;
	return n;
}

static int push_received(lua_State *L, struct call *c, int64_t n)
{
	lua_pushlstring(L, c->data.iov_base, size_min((size_t)n, c->data.iov_len)); /* MSG_TRUNC */
	return c->addr_len > 0 ? 1 + lab_push_address(L, &c->addr) : 1;
}

/* s:recv(n, flag...): the data, "" at the end of the stream; for a datagram also its address. */
static int do_recv(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	lua_Integer n = luaL_checkinteger(L, 2);
	int flags = lab_flags(L, 3);
	struct call *c;
	void *room;

	luaL_argcheck(L, n >= 0 && n <= LAB_RECV_MAX, 2, "0 to 16 MiB");
	lab_check_no_lines(L);
	room = lua_newuserdatauv(L, (size_t)n + 1, 0);
	c = call_new(L, s->host, "recv(%d, %d)", s->fd, (int)n);
	c->fd = s->fd;
	c->data = (struct iovec){room, (size_t)n};
	c->flags = flags;
	c->attempt = try_recv;
	c->push = push_received;
	return call_begin(L, c);
}

/* --- ending ----------------------------------------------------------------------------------- */

static int64_t try_shutdown(struct call *c)
{
	return c->sys->shutdown(c->b, c->fd, c->flags);
}

static int do_shutdown(lua_State *L)
{
	static const char *const ways[] = {"rd", "wr", "rdwr", NULL};
	struct lab_socket *s = lab_check_socket(L);
	int how = luaL_checkoption(L, 2, "rdwr", ways);
	struct call *c = call_new(L, s->host, "shutdown(%d, %s)", s->fd, ways[how]);

	c->fd = s->fd;
	c->flags = how;
	c->attempt = try_shutdown;
	c->push = lab_push_true;
	return call_begin(L, c);
}

static int64_t try_close(struct call *c)
{
	return c->sys->close(c->b, c->fd, &c->call);
}

/* " with SO_LINGER 5 s" of a socket whose close() waits, or aborts. */
static const char *lingering(struct lab_socket *s, char text[32])
{
	struct host *h = s->host->host;
	struct linger l = {0};
	struct iovec v = {&l, sizeof(l)};

	text[0] = '\0';
	if (host_is_on(h) &&
		s->host->sys->getsockopt(host_instance(h), s->fd, SOL_SOCKET, SO_LINGER, &v) == 0 &&
		l.l_onoff)
		snprintf(text, 32, " with SO_LINGER %d s", l.l_linger);
	return text;
}

static int do_close(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	char text[32];
	struct call *c = call_new(L, s->host, "close(%d)%s", s->fd, lingering(s, text));

	c->fd = s->fd;
	lab_closed(s->host, s->fd);
	s->fd = -1;
	c->attempt = try_close;
	c->push = lab_push_true;
	return call_begin(L, c);
}

/* --- options and status ----------------------------------------------------------------------- */

static int name_of(
	lua_State *L, int (*get)(struct burble *b, int fd, struct sockaddr *addr, socklen_t *len))
{
	struct lab_socket *s = lab_check_socket(L);
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int err = get(lab_instance(L, s->host), s->fd, (struct sockaddr *)&a, &len);

	return err < 0 ? lab_push_error(L, -err) : lab_push_address(L, &a);
}

static int getsockname_of(lua_State *L)
{
	return name_of(L, lab_check_socket(L)->host->sys->getsockname);
}

static int getpeername_of(lua_State *L)
{
	return name_of(L, lab_check_socket(L)->host->sys->getpeername);
}

/* s:nonblock(on) */
static int nonblock(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);

	s->host->sys->fcntl(
		lab_instance(L, s->host), s->fd, F_SETFL, lua_toboolean(L, 2) ? O_NONBLOCK : 0);
	return 0;
}

/* s:dup(): another descriptor of the same socket. */
static int do_dup(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int fd = s->host->sys->fcntl(lab_instance(L, s->host), s->fd, F_DUPFD, 0);

	if (fd < 0)
		return lab_push_error(L, -fd);
	push_socket(L, s->host, fd, s->domain);
	return 1;
}

/* s:fcntl(command [, argument]) */
static int do_fcntl(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int command = (int)lab_symbol(L, 2);
	int arg = lua_isnoneornil(L, 3) ? 0 : (int)lab_symbol(L, 3);
	int result = s->host->sys->fcntl(lab_instance(L, s->host), s->fd, command, arg);

	if (result < 0)
		return lab_push_error(L, -result);
	lua_pushinteger(L, result);
	return 1;
}

/* s:watch(): records its TCP_INFO from now on. */
static int watch(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);

	if (!host_watch(s->host->host, s->fd))
		return luaL_error(L, "at most %d sockets per host can be watched", HOST_WATCHES);
	return 0;
}

static int to_string(lua_State *L)
{
	struct lab_socket *s = luaL_checkudata(L, 1, "socket");

	lua_pushfstring(L, "socket %d of %s", s->fd, s->host->name);
	return 1;
}

void lab_open_socket(lua_State *L)
{
	static const luaL_Reg methods[] = {{"bind", do_bind}, {"listen", do_listen},
		{"connect", do_connect}, {"accept", do_accept}, {"send", do_send},
		{"sendto", do_sendto}, {"recv", do_recv}, {"line", lab_line},
		{"read_message", lab_read_message}, {"shutdown", do_shutdown}, {"close", do_close},
		{"setsockopt", lab_setsockopt}, {"getsockopt", lab_getsockopt},
		{"ioctl", lab_ioctl}, {"getsockname", getsockname_of},
		{"getpeername", getpeername_of}, {"nonblock", nonblock}, {"dup", do_dup},
		{"fcntl", do_fcntl}, {"watch", watch}, {"__tostring", to_string}, {NULL, NULL}};

	luaL_newmetatable(L, "socket");
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_getmetatable(L, "host");
	lua_pushcfunction(L, new_socket);
	lua_setfield(L, -2, "socket");
	lua_pop(L, 1);
}
