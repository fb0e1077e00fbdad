/*
 * icmp.c - names of ICMP types and codes, see icmp.h.
 */
#include "lab/pkt/icmp.h"

#include "wire/icmp.h"

#include <stdlib.h>

struct name {
	const char *name;
	int v4, v6;   /* -1: none */
	int of4, of6; /* type of a code */
};

static const struct name types[] = {
	{"echo_reply", ICMP4_ECHO_REPLY, ICMP6_ECHO_REPLY, 0, 0},
	{"unreachable", ICMP4_UNREACHABLE, ICMP6_UNREACHABLE, 0, 0},
	{"source_quench", ICMP4_SOURCE_QUENCH, -1, 0, 0},
	{"redirect", ICMP4_REDIRECT, -1, 0, 0},
	{"echo_request", ICMP4_ECHO, ICMP6_ECHO, 0, 0},
	{"time_exceeded", ICMP4_TIME_EXCEEDED, ICMP6_TIME_EXCEEDED, 0, 0},
	{"parameter_problem", ICMP4_PARAM_PROBLEM, ICMP6_PARAM_PROBLEM, 0, 0},
	{"timestamp_request", ICMP4_TIMESTAMP, -1, 0, 0},
	{"timestamp_reply", ICMP4_TIMESTAMP_REPLY, -1, 0, 0},
	{"information_request", 15, -1, 0, 0},
	{"information_reply", 16, -1, 0, 0},
	{"address_mask_request", 17, -1, 0, 0},
	{"address_mask_reply", 18, -1, 0, 0},
	{"packet_too_big", -1, ICMP6_PACKET_TOO_BIG, 0, 0},
};

static const struct name codes[] = {
	{"net_unreachable", ICMP4_NET_UNREACHABLE, -1, 3, 0},
	{"host_unreachable", ICMP4_HOST_UNREACHABLE, -1, 3, 0},
	{"protocol_unreachable", ICMP4_PROTO_UNREACHABLE, -1, 3, 0},
	{"port_unreachable", ICMP4_PORT_UNREACHABLE, ICMP6_PORT_UNREACHABLE, 3, 1},
	{"frag_needed", ICMP4_FRAG_NEEDED, -1, 3, 0},
	{"source_route_failed", ICMP4_SOURCE_ROUTE_FAILED, -1, 3, 0},
	{"net_unknown", ICMP4_NET_UNKNOWN, -1, 3, 0},
	{"host_unknown", ICMP4_HOST_UNKNOWN, -1, 3, 0},
	{"source_host_isolated", ICMP4_HOST_ISOLATED, -1, 3, 0},
	{"net_prohibited", ICMP4_NET_PROHIBITED, -1, 3, 0},
	{"host_prohibited", ICMP4_HOST_PROHIBITED, -1, 3, 0},
	{"net_unreachable_for_tos", ICMP4_NET_TOS, -1, 3, 0},
	{"host_unreachable_for_tos", ICMP4_HOST_TOS, -1, 3, 0},
	{"packet_filtered", ICMP4_PACKET_FILTERED, -1, 3, 0},
	{"precedence_violation", ICMP4_PRECEDENCE, -1, 3, 0},
	{"precedence_cutoff", ICMP4_PRECEDENCE_CUTOFF, -1, 3, 0},
	{"no_route", -1, ICMP6_NO_ROUTE, 0, 1},
	{"admin_prohibited", -1, ICMP6_ADMIN_PROHIBITED, 0, 1},
	{"not_neighbour", -1, ICMP6_NOT_NEIGHBOUR, 0, 1},
	{"address_unreachable", -1, ICMP6_ADDR_UNREACHABLE, 0, 1},
	{"ttl_exceeded", ICMP_TTL_EXCEEDED, ICMP_TTL_EXCEEDED, 11, 3},
	{"reassembly_exceeded", ICMP_REASM_EXCEEDED, ICMP_REASM_EXCEEDED, 11, 3},
};

/* N of "type_N" or "code_N", or -1. */
static int numbered(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);
	char *stop;
	long v;

	if (strncmp(name, prefix, n) != 0)
		return -1;
	v = strtol(name + n, &stop, 10);
	return *stop == '\0' && stop > name + n && v >= 0 && v <= 255 ? (int)v : -1;
}

static const struct name *find(const struct name *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

bool icmp_type_known(const char *name)
{
	return numbered(name, "type_") >= 0 || find(types, ARRAY_SIZE(types), name);
}

bool icmp_code_known(const char *name)
{
	return numbered(name, "code_") >= 0 || find(codes, ARRAY_SIZE(codes), name);
}

int icmp_type_number(const char *name, bool v6)
{
	const struct name *t = find(types, ARRAY_SIZE(types), name);

	if (!t)
		return numbered(name, "type_");
	return v6 ? t->v6 : t->v4;
}

int icmp_code_number(const char *name, int type, bool v6)
{
	const struct name *c = name ? find(codes, ARRAY_SIZE(codes), name) : NULL;

	if (!name)
		return 0;
	if (!c)
		return numbered(name, "code_");
	if ((v6 ? c->of6 : c->of4) != type)
		return -1;
	return v6 ? c->v6 : c->v4;
}

const char *icmp_type_name(int type, bool v6)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((v6 ? types[i].v6 : types[i].v4) == type)
			return types[i].name;
	return NULL;
}

const char *icmp_code_name(int code, int type, bool v6)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if ((v6 ? codes[i].of6 : codes[i].of4) == type &&
			(v6 ? codes[i].v6 : codes[i].v4) == code)
			return codes[i].name;
	return NULL;
}
