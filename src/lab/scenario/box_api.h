/* box_api.h - endpoints of a link: a host, a LAN, a flooder, a side of a middlebox. */
#ifndef LAB_SCENARIO_BOX_API_H
#define LAB_SCENARIO_BOX_API_H

#include "lab/scenario/lab.h"
#include "lab/world/conntrack.h"

/* A box as a Lua object. */
struct lab_box {
	union {
		struct lan *lan;
		struct nat *nat;
		struct flood *flood;
		struct middlebox *middlebox;
		struct synproxy *synproxy;
		struct lab_raw *raw;
	};
	struct node *node;
	/* For a box with two sides: joins the inside (0) or the outside (1); for a raw peer: joins
	 * it. */
	struct port (*join)(struct lab_box *b, int side, struct port out);
};

/* Joins the object second from the top of the stack of L to a link that packets enter through
 * `out`; the top has the details: addresses of a host ("10.0.0.1/24", or a table of them), a side
 * of a box ("inside", "outside"), addresses behind a port of a LAN (or "default": all others).
 * Returns its port. mtu is that of a host's interface. */
struct port lab_join(lua_State *L, struct port out, uint32_t mtu);

/* The name of the object at index. */
const char *lab_name(lua_State *L, int index);

/* Pushes a new box of a kind, to be filled in. */
struct lab_box *lab_new_box(lua_State *L, const char *kind);

/* The name in the first element of the table at 1, which stays on the stack. */
const char *lab_box_name(lua_State *L, const char *otherwise);

/* Reads the fields of the table at 1 with the names of nf_conntrack_tcp_timeout_... and
 * nf_conntrack_udp_timeout; the defaults are Linux's. */
void lab_read_conntrack(lua_State *L, struct conntrack_config *c);

/* Registers a kind of box: its methods, and the global function that creates one. */
void lab_add_kind(lua_State *L, const char *kind, const luaL_Reg *methods, lua_CFunction make);

/* Registers lan(), nat() and flooder() and their methods. */
void lab_open_box(lua_State *L);

#endif
