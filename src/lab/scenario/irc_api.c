/*
 * irc_api.c - a line of IRC as a Lua value: a message read by a client (Modern IRC, "Messages";
 * IRCv3 message-tags).
 *
 *     @msgid=a;time=b :nick!user@host PRIVMSG #c :the rest
 */
#include "lab/scenario/irc_api.h"

#include <string.h>

struct text {
	const char *at, *end;
};

/* The next word; also skips the spaces after it. */
static struct text take_word(struct text *t)
{
	struct text word = {t->at, memchr(t->at, ' ', (size_t)(t->end - t->at))};

	if (!word.end)
		word.end = t->end;
	for (t->at = word.end; t->at < t->end && *t->at == ' ';)
		t->at++;
	return word;
}

static bool begins_with(const struct text *t, char c)
{
	return t->at < t->end && *t->at == c;
}

static void push_text(lua_State *L, struct text t)
{
	lua_pushlstring(L, t.at, (size_t)(t.end - t.at));
}

/* Sets a field of the table on top: the next word without its first `skip` bytes. */
static void set_word(lua_State *L, struct text *t, size_t skip, const char *field)
{
	struct text word = take_word(t);

	word.at += skip;
	push_text(L, word);
	lua_setfield(L, -2, field);
}

void lab_push_message(lua_State *L, const char *line, size_t len)
{
	struct text t = {line, line + len};
	lua_Integer n = 0;

	lua_createtable(L, 4, 3);
	if (begins_with(&t, '@'))
		set_word(L, &t, 1, "tags");
	if (begins_with(&t, ':'))
		set_word(L, &t, 1, "source");
	set_word(L, &t, 0, "command");
	while (t.at < t.end) {
		struct text param = {t.at + 1, t.end}; /* the rest of the line */

		if (begins_with(&t, ':'))
			t.at = t.end;
		else
			param = take_word(&t);
		push_text(L, param);
		lua_rawseti(L, -2, ++n);
	}
	luaL_setmetatable(L, "message");
}

/* The value of a tag, unescaped. */
static void push_value(lua_State *L, const char *at, const char *end)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (; at < end; at++) {
		char c = *at;

		if (c == '\\' && ++at == end)
			break;
		if (c == '\\')
			c = *at == ':'   ? ';'
			    : *at == 's' ? ' '
			    : *at == 'r' ? '\r'
			    : *at == 'n' ? '\n'
					 : *at;
		luaL_addchar(&b, c);
	}
	luaL_pushresult(&b);
}

/* m:tag(name): its value, "" if it has none; nil: no such tag. */
static int tag(lua_State *L)
{
	size_t len;
	const char *name = luaL_checklstring(L, 2, &len), *at, *end;

	if (lua_getfield(L, 1, "tags") != LUA_TSTRING)
		return 0;
	for (at = lua_tostring(L, -1); *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ';');
		if (strncmp(at, name, len) != 0 || (at[len] != '=' && at + len != end))
			continue;
		at += len + (at[len] == '=');
		if (memchr(at, '\\', (size_t)(end - at)))
			push_value(L, at, end);
		else
			lua_pushlstring(L, at, (size_t)(end - at));
		return 1;
	}
	return 0;
}

void lab_open_irc(lua_State *L)
{
	luaL_newmetatable(L, "message");
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, tag);
	lua_setfield(L, -2, "tag");
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
