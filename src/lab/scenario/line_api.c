/*
 * line_api.c - lines of a stream: s:line(). An incomplete line waits in a buffer, a Lua value that
 * belongs to the socket.
 */
#include "lab/scenario/line_api.h"

#include "lab/scenario/call.h"
#include "lab/scenario/irc_api.h"
#include "lab/scenario/socket_api.h"

#include <string.h>

enum {
	ROOM_FIRST = 2048,
	ROOM_MAX = 1 << 20, /* bytes of a line; a longer one is an error of the scenario */
};

struct lines {
	size_t begin, end, room; /* of bytes */
	char bytes[];
};

/* The buffer of the socket at index 1, NULL if it has none yet; pushes it. */
static struct lines *push_lines(lua_State *L)
{
	lua_getiuservalue(L, 1, 1);
	return lua_touserdata(L, -1);
}

/* Pushes the buffer, with its data moved to the beginning and room for more. */
static struct lines *push_room(lua_State *L)
{
	struct lines *old = push_lines(L), *new;
	size_t kept = old ? old->end - old->begin : 0, room;

	if (old && kept < old->room) {
		memmove(old->bytes, old->bytes + old->begin, kept);
		old->begin = 0;
		old->end = kept;
		return old;
	}
	room = old ? 2 * old->room : ROOM_FIRST;
	if (room > ROOM_MAX)
		luaL_error(L, "a line of more than %d bytes", ROOM_MAX);
	new = lua_newuserdatauv(L, sizeof(*new) + room, 0);
	*new = (struct lines){0, kept, room};
	if (old)
		memcpy(new->bytes, old->bytes + old->begin, kept);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, 1);
	return new;
}

typedef void (*push_line)(lua_State *L, const char *line, size_t len);

static void push_text(lua_State *L, const char *line, size_t len)
{
	lua_pushlstring(L, line, len);
}

/* Pushes the next line, if a whole one is available. */
static bool take_line(lua_State *L, push_line push)
{
	struct lines *l = push_lines(L);
	const char *begin, *end;
	size_t n;

	if (!l)
		return false;
	begin = l->bytes + l->begin;
	end = memchr(begin, '\n', l->end - l->begin);
	if (!end)
		return false;
	l->begin += (size_t)(end - begin) + 1;
	n = (size_t)(end - begin);
	push(L, begin, n > 0 && begin[n - 1] == '\r' ? n - 1 : n);
	return true;
}

static int64_t try_recv(struct call *c)
{
	return c->sys->recv(c->b, c->fd, c->data, 0, &c->call);
}

static int next_line(lua_State *L, push_line push);

/* Neither the end nor an error: the buffer has more data. */
static bool filled(lua_State *L, int64_t n)
{
	if (n == 0) {
		lua_pushnil(L);
		lua_pushliteral(L, "EOF");
		return false;
	}
	push_lines(L)->end += (size_t)n;
	return true;
}

static int push_next_line(lua_State *L, struct call *c, int64_t n)
{
	return filled(L, n) ? next_line(L, push_text) : 2;
}

static int push_next_message(lua_State *L, struct call *c, int64_t n)
{
	return filled(L, n) ? next_line(L, lab_push_message) : 2;
}

static int next_line(lua_State *L, push_line push)
{
	struct lab_socket *s = lab_check_socket(L);
	struct lines *l;
	struct call *c;

	lua_settop(L, 1);
	if (take_line(L, push))
		return 1;
	lua_settop(L, 1);
	l = push_room(L);
	c = call_new(L, s->host, "recv(%d, %zu)", s->fd, l->room - l->end);
	c->fd = s->fd;
	c->data = (struct iovec){l->bytes + l->end, l->room - l->end};
	c->attempt = try_recv;
	c->push = push == push_text ? push_next_line : push_next_message;
	return call_begin(L, c);
}

int lab_line(lua_State *L)
{
	return next_line(L, push_text);
}

int lab_read_message(lua_State *L)
{
	return next_line(L, lab_push_message);
}

void lab_check_no_lines(lua_State *L)
{
	struct lines *l = push_lines(L);

	if (l && l->begin < l->end)
		luaL_error(L, "recv() after line(): %d bytes are in line()'s buffer",
			(int)(l->end - l->begin));
	lua_pop(L, 1);
}
