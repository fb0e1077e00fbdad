/* chat_api.h - the chat server on hosts of a scenario. */
#ifndef LAB_SCENARIO_CHAT_API_H
#define LAB_SCENARIO_CHAT_API_H

#include "lab/scenario/lab.h"

/* Registers chat's methods, and host:start_chat(), used by prelude.lua's host:chat(). */
void lab_open_chat(lua_State *L);

#endif
