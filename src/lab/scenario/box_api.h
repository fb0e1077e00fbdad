/* box_api.h - what a link can end at: a host, a LAN, a side of a NAT, a flooder. */
#ifndef LAB_SCENARIO_BOX_API_H
#define LAB_SCENARIO_BOX_API_H

#include "lab/scenario/lab.h"

/*
 * Joins what is second from the top of the stack of L to a link that packets go into by `out`; the
 * top says how: addresses of a host ("10.0.0.1/24", or a table of them), a side of a NAT ("inside",
 * "outside"), addresses behind a port of a LAN (or "default": all others). Returns its
 * port. mtu is that of a host's interface.
 */
struct port lab_join(lua_State *L, struct port out, uint32_t mtu);

/* The name of what is at index. */
const char *lab_name(lua_State *L, int index);

/* Registers lan(), nat() and flooder() and their methods. */
void lab_open_box(lua_State *L);

#endif
