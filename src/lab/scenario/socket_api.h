/* socket_api.h - declarations shared by the files about sockets. */
#ifndef LAB_SCENARIO_SOCKET_API_H
#define LAB_SCENARIO_SOCKET_API_H

#include "lab/scenario/call.h"

enum {
	LAB_RECV_MAX = 1 << 24, /* bytes of one recv() */
	LAB_SHOWN = 16,         /* bytes of data in the record */
};

/* A socket as the scenario has it. */
struct lab_socket {
	struct lab_host *host;
	uint32_t life; /* of the host, when it was made */
	int fd, domain;
};

/* The first argument; a Lua error if it is closed, or of a former life of its host. */
struct lab_socket *lab_check_socket(lua_State *L);

/* Likewise what is at index. */
struct lab_socket *lab_socket_at(lua_State *L, int index);

/* A number, or the value of a name of Linux; else a Lua error. */
int64_t lab_symbol(lua_State *L, int index);

/* The flags from this argument on, by name or as numbers, or-ed. */
int lab_flags(lua_State *L, int index);

/* Fills in the address of c: address and port at index; an IPv4 address on an IPv6 socket is
 * mapped. */
void lab_check_address(lua_State *L, struct call *c, int index, int domain);

/* Pushes address and port; returns 2. */
int lab_push_address(lua_State *L, const struct sockaddr_storage *a);

/* Writes the first bytes of data to out, of LAB_SHOWN + 4 bytes; what is not printable is a dot.
 * Returns out. */
const char *lab_shown(char *out, const char *data, size_t n);

/* Pushes true: the result of a call that returns 0. */
int lab_push_true(lua_State *L, struct call *c, int64_t result);

/* Registers the methods of sockets, and host:socket(). */
void lab_open_socket(lua_State *L);

#endif
