/* units.c - times, rates and shares as a scenario writes them: numbers, or strings with a unit. */
#include "lab/scenario/units.h"

#include <stdlib.h>

struct unit {
	const char *name;
	double factor;
};

static const struct unit times[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60},
	{"min", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0}};
static const struct unit rates[] = {
	{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {NULL, 0}};
static const struct unit sizes[] = {{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
static const struct unit shares[] = {{"%", 0.01}, {NULL, 0}};

static double with_unit(lua_State *L, int index, const struct unit *u, const char *what)
{
	const char *s;
	char *end;
	double n;

	if (lua_type(L, index) == LUA_TNUMBER)
		return lua_tonumber(L, index);
	s = luaL_checkstring(L, index);
	n = strtod(s, &end);
	while (*end == ' ')
		end++;
	for (; end > s && u->name; u++)
		if (strcmp(end, u->name) == 0)
			return n * u->factor;
	return luaL_error(L, "'%s' is not a %s", s, what);
}

nsec_t lab_time(lua_State *L, int index)
{
	double s = with_unit(L, index, times, "time: write a number of seconds, or \"20ms\"");

	if (!(s >= 0 && s < 200 * 86400.0))
		luaL_error(L, "a time is from 0 to 200 days");
	return (nsec_t)(s * 1e9 + 0.5);
}

uint64_t lab_rate(lua_State *L, int index)
{
	double r = with_unit(L, index, rates, "rate: write bits per second, or \"10mbit\"");

	if (!(r >= 0 && r < 1e15))
		luaL_error(L, "a rate is from 0 to 1e15 bits per second");
	return (uint64_t)r;
}

uint64_t lab_size(lua_State *L, int index)
{
	double n = with_unit(L, index, sizes, "size: write a number of bytes, or \"64K\"");

	if (!(n >= 0 && n < 1e15))
		luaL_error(L, "a size is from 0 to 1e15 bytes");
	return (uint64_t)n;
}

double lab_share(lua_State *L, int index)
{
	double p = with_unit(L, index, shares, "share: write a number from 0 to 1, or \"5%\"");

	if (!(p >= 0 && p <= 1))
		luaL_error(L, "a share is from 0 to 1");
	return p;
}
