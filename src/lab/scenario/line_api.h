/* line_api.h - lines of a stream. */
#ifndef LAB_SCENARIO_LINE_API_H
#define LAB_SCENARIO_LINE_API_H

#include "lab/scenario/lab.h"

/* s:line(): waits for the next line; without CR LF, or nil and the error, "EOF" at the end of the
 * stream. */
int lab_line(lua_State *L);

/* s:read_message(): the same, with the line parsed as an IRC message. */
int lab_read_message(lua_State *L);

/* A Lua error if line() has read ahead: recv() would miss those bytes. */
void lab_check_no_lines(lua_State *L);

#endif
