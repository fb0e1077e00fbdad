/* message_api.h - several buffers and control messages: readv, writev, sendmsg, recvmsg. */
#ifndef LAB_SCENARIO_MESSAGE_API_H
#define LAB_SCENARIO_MESSAGE_API_H

#include "lab/scenario/lab.h"

/* Adds these four to the methods of sockets. */
void lab_open_message(lua_State *L);

#endif
