/* socket_api.h - declarations shared by the files about sockets. */
#ifndef LAB_SCENARIO_SOCKET_API_H
#define LAB_SCENARIO_SOCKET_API_H

#include "lab/scenario/call.h"

enum {
	LAB_RECV_MAX = 1 << 24, /* bytes of one recv() */
	LAB_SHOWN = 16,         /* bytes of data shown in the record */
};

/* A socket as a Lua object. */
struct lab_socket {
	struct lab_host *host;
	uint32_t life; /* of the host at creation */
	int fd, domain;
};

/* The first argument; a Lua error if it is closed, or was created before its host's last reboot. */
struct lab_socket *lab_check_socket(lua_State *L);

/* The same for the argument at index. */
struct lab_socket *lab_socket_at(lua_State *L, int index);

/* A number, or the value of a Linux constant by name; else a Lua error. */
int64_t lab_symbol(lua_State *L, int index);

/* The flags from this argument on, by name or number, or-ed. */
int lab_flags(lua_State *L, int index);

/* Sets the address of c from address and port at index; an IPv4 address on an IPv6 socket is
 * mapped. */
void lab_check_address(lua_State *L, struct call *c, int index, int domain);

/* Pushes address and port; returns 2. */
int lab_push_address(lua_State *L, const struct sockaddr_storage *a);

/* Writes the first bytes of data to out (LAB_SHOWN + 4 bytes), unprintable ones as dots. Returns
 * out. */
const char *lab_shown(char *out, const char *data, size_t n);

/* Pushes true: the result of a call that returns 0. */
int lab_push_true(lua_State *L, struct call *c, int64_t result);

/* Registers the methods of sockets, and host:socket(). */
void lab_open_socket(lua_State *L);

#endif
