/* socket_api.h - what the files about sockets share. */
#ifndef LAB_SCENARIO_SOCKET_API_H
#define LAB_SCENARIO_SOCKET_API_H

#include "lab/scenario/lab.h"

/* A socket as the scenario has it. */
struct lab_socket {
	struct lab_host *host;
	uint32_t life; /* of the host, when it was made */
	int fd, domain;
};

/* The first argument; a Lua error if it is closed, or of a former life of its host. */
struct lab_socket *lab_check_socket(lua_State *L);

/* A number, or the value of a name of Linux; else a Lua error. */
int64_t lab_symbol(lua_State *L, int index);

/* Registers the methods of sockets, and host:socket(). */
void lab_open_socket(lua_State *L);

#endif
