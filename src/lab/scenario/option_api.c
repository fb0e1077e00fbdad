/* option_api.c - socket options and ioctl of a scenario, by their Linux names. */
#include "lab/scenario/option_api.h"

#include "base/bytes.h"
#include "lab/pkt/symbols.h"
#include "lab/scenario/host_api.h"
#include "lab/scenario/socket_api.h"
#include "lab/scenario/units.h"

#include <linux/tcp.h>
#include <netinet/in.h>

enum {
	OPTION_MAX = 512, /* bytes of a value */
};

/* The level of an option, by its prefix. */
static int level_of(const char *name)
{
	static const struct {
		const char *prefix;
		int level;
	} levels[] = {{"SO_", SOL_SOCKET}, {"TCP_", IPPROTO_TCP}, {"IPV6_", IPPROTO_IPV6},
		{"IP_", IPPROTO_IP}, {"UDP_", IPPROTO_UDP}};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strncmp(name, levels[i].prefix, strlen(levels[i].prefix)) == 0)
			return levels[i].level;
	return -1;
}

/* The value for setsockopt at index: a number, a boolean, a string (TCP_CONGESTION), a number of
 * seconds (SO_RCVTIMEO, SO_SNDTIMEO), or {on, seconds} (SO_LINGER). */
static struct iovec option_value(lua_State *L, int index, const char *name, void *room)
{
	size_t n;

	if (strcmp(name, "SO_RCVTIMEO") == 0 || strcmp(name, "SO_SNDTIMEO") == 0) {
		nsec_t t = lab_time(L, index);

		*(struct timeval *)room = (struct timeval){t / NSEC_SEC, t % NSEC_SEC / 1000};
		return (struct iovec){room, sizeof(struct timeval)};
	}
	if (lua_istable(L, index)) {
		lua_geti(L, index, 1);
		lua_geti(L, index, 2);
		*(struct linger *)room = (struct linger){
			(int)luaL_checkinteger(L, -2), (int)luaL_checkinteger(L, -1)};
		return (struct iovec){room, sizeof(struct linger)};
	}
	if (lua_type(L, index) == LUA_TSTRING) {
		const char *text = lua_tolstring(L, index, &n);

		return (struct iovec){(void *)text, n};
	}
	*(int *)room = lua_isboolean(L, index) ? lua_toboolean(L, index)
					       : (int)luaL_checkinteger(L, index);
	return (struct iovec){room, sizeof(int)};
}

/* s:setsockopt(name, value) */
int lab_setsockopt(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	const char *name = luaL_checkstring(L, 2);
	int64_t option = lab_symbol(L, 2);
	char room[64];
	struct iovec v = option_value(L, 3, name, room);
	int err = s->host->sys->setsockopt(
		lab_instance(L, s->host), s->fd, level_of(name), (int)option, v);

	host_wake(s->host->host);
	if (err < 0)
		return lab_push_error(L, -err);
	lua_pushboolean(L, true);
	return 1;
}

static void set_field(lua_State *L, const char *name, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, name);
}

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct tcp_info, tcpi_##name),                                     \
			sizeof(((struct tcp_info *)0)->tcpi_##name)                                \
	}

/* The fields of struct tcp_info without their prefix. */
static void push_tcp_info(lua_State *L, const struct tcp_info *info)
{
	static const struct {
		const char *name;
		size_t at, len;
	} fields[] = {FIELD(state), FIELD(ca_state), FIELD(retransmits), FIELD(probes),
		FIELD(backoff), FIELD(options), FIELD(rto), FIELD(ato), FIELD(snd_mss),
		FIELD(rcv_mss), FIELD(unacked), FIELD(sacked), FIELD(lost), FIELD(retrans),
		FIELD(last_data_sent), FIELD(last_data_recv), FIELD(last_ack_recv), FIELD(pmtu),
		FIELD(rcv_ssthresh), FIELD(rtt), FIELD(rttvar), FIELD(snd_ssthresh),
		FIELD(snd_cwnd), FIELD(advmss), FIELD(reordering), FIELD(rcv_rtt), FIELD(rcv_space),
		FIELD(total_retrans), FIELD(pacing_rate), FIELD(bytes_acked), FIELD(bytes_received),
		FIELD(segs_out), FIELD(segs_in), FIELD(notsent_bytes), FIELD(min_rtt),
		FIELD(data_segs_in), FIELD(data_segs_out), FIELD(delivery_rate), FIELD(busy_time),
		FIELD(rwnd_limited), FIELD(sndbuf_limited), FIELD(delivered), FIELD(delivered_ce),
		FIELD(bytes_sent), FIELD(bytes_retrans), FIELD(dsack_dups), FIELD(reord_seen),
		FIELD(rcv_ooopack), FIELD(snd_wnd)};

	lua_newtable(L);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		uint64_t value = 0;

		memcpy(low_bytes(&value, fields[i].len), (const char *)info + fields[i].at,
			fields[i].len);
		set_field(L, fields[i].name, (lua_Integer)value);
	}
	set_field(L, "snd_wscale", info->tcpi_snd_wscale);
	set_field(L, "rcv_wscale", info->tcpi_rcv_wscale);
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* Pushes the n bytes of a value in the form that setsockopt accepts: a number, {on, seconds}, a
 * time, a string, or the bytes of a structure. */
static void push_value(lua_State *L, const char *name, const void *value, size_t n)
{
	static const char *const texts[] = {"TCP_CONGESTION", "SO_BINDTODEVICE", NULL};
	static const char *const times[] = {"SO_RCVTIMEO", "SO_SNDTIMEO", NULL};
	const struct timeval *t = value;
	const struct linger *l = value;
	uint64_t number = 0;

	if (is_one_of(name, texts)) {
		lua_pushlstring(L, value, strnlen(value, n));
	} else if (is_one_of(name, times)) {
		lua_pushnumber(L, (double)t->tv_sec + (double)t->tv_usec / 1e6);
	} else if (strcmp(name, "SO_LINGER") == 0) {
		lua_createtable(L, 2, 0);
		lua_pushinteger(L, l->l_onoff);
		lua_rawseti(L, -2, 1);
		lua_pushinteger(L, l->l_linger);
		lua_rawseti(L, -2, 2);
	} else if (n <= sizeof(int)) {
		memcpy(low_bytes(&number, n), value, n);
		lua_pushinteger(L, (int)number);
	} else {
		lua_pushlstring(L, value, n);
	}
}

/* s:getsockopt(name): in the form for setsockopt; SO_ERROR as the name of the error, TCP_INFO as a
 * table. */
int lab_getsockopt(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	const char *name = luaL_checkstring(L, 2);
	int option = (int)lab_symbol(L, 2);
	union {
		int number;
		struct tcp_info info;
		char bytes[OPTION_MAX];
	} v = {0};
	struct iovec value = {&v, sizeof(v)};
	int err = s->host->sys->getsockopt(
		lab_instance(L, s->host), s->fd, level_of(name), option, &value);

	if (err < 0)
		return lab_push_error(L, -err);
	if (strcmp(name, "TCP_INFO") == 0)
		push_tcp_info(L, &v.info);
	else if (strcmp(name, "SO_ERROR") == 0)
		lua_pushstring(L, v.number ? symbol_errno(v.number) : "");
	else
		push_value(L, name, &v, value.iov_len);
	return 1;
}

/* s:ioctl(name [, value]): the value. */
int lab_ioctl(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int value = (int)luaL_optinteger(L, 3, 0), err;

	err = s->host->sys->ioctl(
		lab_instance(L, s->host), s->fd, (unsigned long)lab_symbol(L, 2), &value);
	if (err < 0)
		return lab_push_error(L, -err);
	lua_pushinteger(L, value);
	return 1;
}
