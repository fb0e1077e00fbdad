/*
 * message_api.c - system calls with several buffers and with control messages.
 *
 *     s:writev { "head", "body" }            s:readv(4, 100)   { "head", "body" }
 *     s:sendmsg({ data = "x", address = "10.0.0.2", port = 53,
 *             control = { { level = "SOL_IP", type = "IP_TTL", value = 3 } } }, flag...)
 *     s:recvmsg(100, flag...)   { data = "x", address =, port =, flags = "MSG_TRUNC",
 *             control = { { level = "SOL_IP", type = "IP_TTL", value = 3, data = "\3\0\0\0" } } }
 */
#include "lab/scenario/message_api.h"

#include "lab/pkt/symbols.h"
#include "lab/scenario/line_api.h"
#include "lab/scenario/socket_api.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

enum {
	BUFFERS = 1024, /* of one call: UIO_MAXIOV */
	CONTROL = 4096, /* bytes of control messages */
};

/* The arguments of a call, on the stack of its task. */
struct message {
	struct msghdr head;
	_Alignas(struct cmsghdr) char control[CONTROL];
	struct iovec part[];
};

static struct message *new_message(lua_State *L, size_t parts)
{
	size_t n = sizeof(struct message) + parts * sizeof(struct iovec);
	struct message *m = lua_newuserdatauv(L, n, 0);

	memset(m, 0, n);
	m->head.msg_iov = m->part;
	m->head.msg_iovlen = parts;
	return m;
}

/* A message whose buffers are the strings of the table at index, or one string. */
static struct message *message_of(lua_State *L, int index)
{
	struct message *m;
	lua_Integer n;

	index = lua_absindex(L, index);
	if (!lua_istable(L, index)) {
		luaL_checkstring(L, index);
		m = new_message(L, 1);
		m->part[0].iov_base = (void *)lua_tolstring(L, index, &m->part[0].iov_len);
		return m;
	}
	n = luaL_len(L, index);
	if (n < 0 || n > BUFFERS)
		luaL_error(L, "at most %d buffers", BUFFERS);
	m = new_message(L, (size_t)n);
	for (lua_Integer i = 0; i < n; i++) {
		/* the table keeps the string */
		if (lua_geti(L, index, i + 1) != LUA_TSTRING)
			luaL_error(L, "a buffer is a string");
		m->part[i].iov_base = (void *)lua_tolstring(L, -1, &m->part[i].iov_len);
		lua_pop(L, 1);
	}
	return m;
}

/* A message with a buffer for each size from this argument on, or for the single size. */
static struct message *room_for(lua_State *L, int from, int to)
{
	size_t total = 0;
	struct message *m = new_message(L, (size_t)(to - from + 1));
	char *room;

	for (int i = from; i <= to; i++) {
		lua_Integer n = luaL_checkinteger(L, i);

		luaL_argcheck(L, n >= 0 && n <= LAB_RECV_MAX, i, "0 to 16 MiB");
		m->part[i - from].iov_len = (size_t)n;
		total += (size_t)n;
	}
	if (total > LAB_RECV_MAX)
		luaL_error(L, "more than 16 MiB of buffers");
	lab_check_no_lines(L);
	room = lua_newuserdatauv(L, total + 1, 0);
	for (int i = 0; i <= to - from; i++) {
		m->part[i].iov_base = room;
		room += m->part[i].iov_len;
	}
	return m;
}

/* --- writev, readv ---------------------------------------------------------------------------- */

static int64_t try_writev(struct call *c)
{
	return c->sys->writev(c->b, c->fd, c->msg->msg_iov, (int)c->msg->msg_iovlen, &c->call);
}

/* s:writev(strings): the number of bytes. */
static int do_writev(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	struct message *m;
	struct call *c;

	luaL_checktype(L, 2, LUA_TTABLE);
	m = message_of(L, 2);
	c = call_new(L, s->host, "writev(%d, %zu)", s->fd, m->head.msg_iovlen);
	c->fd = s->fd;
	c->msg = &m->head;
	c->attempt = try_writev;
	return call_begin(L, c);
}

static int64_t try_readv(struct call *c)
{
	return c->sys->readv(c->b, c->fd, c->msg->msg_iov, (int)c->msg->msg_iovlen, &c->call);
}

/* The buffers, as far as they were filled. */
static int push_parts(lua_State *L, struct call *c, int64_t n)
{
	lua_newtable(L);
	for (size_t i = 0; i < c->msg->msg_iovlen && n > 0; i++) {
		size_t len = size_min(c->msg->msg_iov[i].iov_len, (size_t)n);

		lua_pushlstring(L, c->msg->msg_iov[i].iov_base, len);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
		n -= (int64_t)len;
	}
	return 1;
}

/* s:readv(size...): the strings; none at the end of the stream. */
static int do_readv(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	struct message *m;
	struct call *c;

	luaL_checkinteger(L, 2);
	luaL_argcheck(L, lua_gettop(L) <= BUFFERS + 1, 2, "at most 1,024 buffers");
	m = room_for(L, 2, lua_gettop(L));
	c = call_new(L, s->host, "readv(%d, %zu)", s->fd, m->head.msg_iovlen);
	c->fd = s->fd;
	c->msg = &m->head;
	c->attempt = try_readv;
	c->push = push_parts;
	return call_begin(L, c);
}

/* --- control messages ------------------------------------------------------------------------- */

struct control_name {
	int level, type;
	const char *level_name, *type_name;
};

#define NAMES(level, type)                                                                         \
	{                                                                                          \
		level, type, #level, #type                                                         \
	}

static const struct control_name names[] = {NAMES(SOL_IP, IP_TTL), NAMES(SOL_IP, IP_TOS),
	NAMES(SOL_IP, IP_PKTINFO), NAMES(SOL_IP, IP_RECVERR), NAMES(SOL_IPV6, IPV6_HOPLIMIT),
	NAMES(SOL_IPV6, IPV6_TCLASS), NAMES(SOL_IPV6, IPV6_PKTINFO), NAMES(SOL_IPV6, IPV6_RECVERR),
	NAMES(SOL_TCP, TCP_CM_INQ), NAMES(SOL_SOCKET, SO_TIMESTAMP),
	NAMES(SOL_SOCKET, SO_TIMESTAMPNS), NAMES(SOL_SOCKET, SO_TIMESTAMPING)};

/* A number, or the value of a symbolic name, of the field of the table at the top. */
static int number_field(lua_State *L, const char *name)
{
	int value;

	lua_getfield(L, -1, name);
	value = (int)lab_symbol(L, lua_gettop(L));
	lua_pop(L, 1);
	return value;
}

/* Appends the control message of the table at the top: its data, or its value as an int. */
static void add_control(lua_State *L, struct message *m)
{
	int level = number_field(L, "level"), type = number_field(L, "type"), value;
	size_t n, used = m->head.msg_controllen;
	const char *data;
	struct cmsghdr *c = (struct cmsghdr *)(m->control + used);

	if (lua_getfield(L, -1, "data") == LUA_TSTRING) {
		data = lua_tolstring(L, -1, &n);
	} else {
		lua_getfield(L, -2, "value");
		value = (int)luaL_checkinteger(L, -1);
		lua_pop(L, 1);
		data = (const char *)&value;
		n = sizeof(value);
	}
	if (CMSG_SPACE(n) > CONTROL - used)
		luaL_error(L, "more than %d bytes of control messages", CONTROL);
	*c = (struct cmsghdr){.cmsg_len = CMSG_LEN(n), .cmsg_level = level, .cmsg_type = type};
	memcpy(CMSG_DATA(c), data, n);
	m->head.msg_controllen += CMSG_SPACE(n);
	lua_pop(L, 1);
}

static void add_controls(lua_State *L, int list, struct message *m)
{
	luaL_checktype(L, list, LUA_TTABLE);
	m->head.msg_control = m->control;
	for (lua_Integer i = 1; lua_geti(L, list, i) != LUA_TNIL; i++) {
		luaL_checktype(L, -1, LUA_TTABLE);
		add_control(L, m);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

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

/* The contents of IP_RECVERR and IPV6_RECVERR: errno by name, and the fields without their prefix.
 * */
static void set_error(lua_State *L, const struct cmsghdr *c)
{
	struct sock_extended_err ee;

	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	set_text(L, "errno", ee.ee_errno ? symbol_errno((int)ee.ee_errno) : "");
	set_integer(L, "origin", ee.ee_origin);
	set_integer(L, "icmp_type", ee.ee_type);
	set_integer(L, "icmp_code", ee.ee_code);
	set_integer(L, "info", ee.ee_info);
	set_integer(L, "value", ee.ee_data);
}

static const struct control_name *name_of(const struct cmsghdr *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].level == c->cmsg_level && names[i].type == c->cmsg_type)
			return &names[i];
	return NULL;
}

/* Pushes the table of a control message: level, type, data, and value if it is a number. */
static void push_control(lua_State *L, const struct cmsghdr *c)
{
	const struct control_name *n = name_of(c);
	size_t len = c->cmsg_len - CMSG_LEN(0);
	int value;

	lua_newtable(L);
	lua_pushlstring(L, (const char *)CMSG_DATA(c), len);
	lua_setfield(L, -2, "data");
	if (n) {
		set_text(L, "level", n->level_name);
		set_text(L, "type", n->type_name);
	} else {
		set_integer(L, "level", c->cmsg_level);
		set_integer(L, "type", c->cmsg_type);
	}
	if (n && (n->type == IP_RECVERR || n->type == IPV6_RECVERR) && n->level != SOL_SOCKET &&
		len >= sizeof(struct sock_extended_err)) {
		set_error(L, c);
	} else if (len == sizeof(value)) {
		memcpy(&value, CMSG_DATA(c), sizeof(value));
		set_integer(L, "value", value);
	} else if (len == 1) {
		set_integer(L, "value", *CMSG_DATA(c));
	}
}

/* --- sendmsg, recvmsg ------------------------------------------------------------------------- */

static int64_t try_sendmsg(struct call *c)
{
	return c->sys->sendmsg(c->b, c->fd, c->msg, c->flags, &c->call);
}

/* s:sendmsg({ data =, address =, port =, control = }, flag...): the number of bytes. */
static int do_sendmsg(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int flags = lab_flags(L, 3);
	struct message *m;
	struct call *c;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_getfield(L, 2, "data");
	m = message_of(L, -1);
	if (lua_getfield(L, 2, "control") != LUA_TNIL)
		add_controls(L, lua_gettop(L), m);
	c = call_new(L, s->host, "sendmsg(%d, %zu)", s->fd, m->head.msg_iovlen);
	if (lua_getfield(L, 2, "address") != LUA_TNIL) {
		lua_getfield(L, 2, "port");
		lab_check_address(L, c, lua_gettop(L) - 1, s->domain);
		m->head.msg_name = &c->addr;
		m->head.msg_namelen = c->addr_len;
	}
	c->fd = s->fd;
	c->flags = flags;
	c->msg = &m->head;
	c->attempt = try_sendmsg;
	return call_begin(L, c);
}

static int64_t try_recvmsg(struct call *c)
{
	c->msg->msg_name = &c->addr;
	c->msg->msg_namelen = sizeof(c->addr);
	c->msg->msg_controllen = CONTROL;
	return c->sys->recvmsg(c->b, c->fd, c->msg, c->flags, &c->call);
}

static void push_flags(lua_State *L, int flags)
{
	static const struct {
		int bit;
		const char *name;
	} bits[] = {{MSG_TRUNC, "MSG_TRUNC "}, {MSG_CTRUNC, "MSG_CTRUNC "}, {MSG_OOB, "MSG_OOB "},
		{MSG_ERRQUEUE, "MSG_ERRQUEUE "}};
	char words[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (flags & bits[i].bit)
			strcat(words, bits[i].name);
	lua_pushlstring(L, words, strlen(words) - (words[0] != '\0'));
}

static int push_message(lua_State *L, struct call *c, int64_t n)
{
	lua_Integer i = 0;

	lua_newtable(L);
	lua_pushlstring(
		L, c->msg->msg_iov->iov_base, size_min((size_t)n, c->msg->msg_iov->iov_len));
	lua_setfield(L, -2, "data");
	push_flags(L, c->msg->msg_flags);
	lua_setfield(L, -2, "flags");
	if (c->msg->msg_namelen > 0) {
		lab_push_address(L, &c->addr);
		lua_setfield(L, -3, "port");
		lua_setfield(L, -2, "address");
	}
	lua_newtable(L);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(c->msg); h; h = CMSG_NXTHDR(c->msg, h)) {
		push_control(L, h);
		lua_rawseti(L, -2, ++i);
	}
	lua_setfield(L, -2, "control");
	return 1;
}

/* s:recvmsg(n, flag...) */
static int do_recvmsg(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int flags = lab_flags(L, 3);
	struct message *m = room_for(L, 2, 2);
	struct call *c = call_new(L, s->host, "recvmsg(%d, %zu)", s->fd, m->part[0].iov_len);

	m->head.msg_control = m->control;
	c->fd = s->fd;
	c->flags = flags;
	c->msg = &m->head;
	c->attempt = try_recvmsg;
	c->push = push_message;
	return call_begin(L, c);
}

void lab_open_message(lua_State *L)
{
	static const luaL_Reg methods[] = {{"readv", do_readv}, {"writev", do_writev},
		{"sendmsg", do_sendmsg}, {"recvmsg", do_recvmsg}, {NULL, NULL}};

	luaL_getmetatable(L, "socket");
	luaL_setfuncs(L, methods, 0);
	lua_pop(L, 1);
}
