/* irc_api.h - a line of IRC as a Lua value. */
#ifndef LAB_SCENARIO_IRC_API_H
#define LAB_SCENARIO_IRC_API_H

#include "lab/scenario/lab.h"

/* Pushes a message: m.command, m.source, its parameters m[1], m[2] ..., and m:tag(name). */
void lab_push_message(lua_State *L, const char *line, size_t len);

/* Registers the methods of messages. */
void lab_open_irc(lua_State *L);

#endif
