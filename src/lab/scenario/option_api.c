/* option_api.c - socket options and ioctl of a scenario, by their Linux names. */
#include "lab/scenario/option_api.h"

#include "lab/pkt/symbols.h"
#include "lab/scenario/host_api.h"
#include "lab/scenario/socket_api.h"
#include "lab/scenario/units.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

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

/* The value of setsockopt at index: a number, a boolean, a string (TCP_CONGESTION), a number of
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
	int err = burble_setsockopt(lab_instance(L, s->host), s->fd, level_of(name), (int)option,
		v.iov_base, (socklen_t)v.iov_len);

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

static void push_tcp_info(lua_State *L, const struct tcp_info *i)
{
	lua_newtable(L);
	set_field(L, "state", i->tcpi_state);
	set_field(L, "ca_state", i->tcpi_ca_state);
	set_field(L, "retransmits", i->tcpi_retransmits);
	set_field(L, "probes", i->tcpi_probes);
	set_field(L, "backoff", i->tcpi_backoff);
	set_field(L, "rto", i->tcpi_rto);
	set_field(L, "rtt", i->tcpi_rtt);
	set_field(L, "rttvar", i->tcpi_rttvar);
	set_field(L, "snd_mss", i->tcpi_snd_mss);
	set_field(L, "rcv_mss", i->tcpi_rcv_mss);
	set_field(L, "unacked", i->tcpi_unacked);
	set_field(L, "lost", i->tcpi_lost);
	set_field(L, "retrans", i->tcpi_retrans);
	set_field(L, "pmtu", i->tcpi_pmtu);
	set_field(L, "snd_ssthresh", i->tcpi_snd_ssthresh);
	set_field(L, "snd_cwnd", i->tcpi_snd_cwnd);
	set_field(L, "reordering", i->tcpi_reordering);
	set_field(L, "rcv_space", i->tcpi_rcv_space);
	set_field(L, "total_retrans", i->tcpi_total_retrans);
}

/* s:getsockopt(name): a number, a string, or the table of TCP_INFO. */
int lab_getsockopt(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	const char *name = luaL_checkstring(L, 2);
	int option = (int)lab_symbol(L, 2);
	union {
		int number;
		char text[16];
		struct tcp_info info;
	} v = {0};
	socklen_t len = option == TCP_INFO && level_of(name) == IPPROTO_TCP ? sizeof(v.info) : 16;
	int err = burble_getsockopt(
		lab_instance(L, s->host), s->fd, level_of(name), option, &v, &len);

	if (err < 0)
		return lab_push_error(L, -err);
	if (strcmp(name, "TCP_INFO") == 0)
		push_tcp_info(L, &v.info);
	else if (strcmp(name, "TCP_CONGESTION") == 0)
		lua_pushlstring(L, v.text, strnlen(v.text, len));
	else if (strcmp(name, "SO_ERROR") == 0)
		lua_pushstring(L, v.number ? symbol_errno(v.number) : "");
	else
		lua_pushinteger(L, v.number);
	return 1;
}

/* s:ioctl(name): FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK. */
int lab_ioctl(lua_State *L)
{
	struct lab_socket *s = lab_check_socket(L);
	int value = 0, err;

	err = burble_ioctl(
		lab_instance(L, s->host), s->fd, (unsigned long)lab_symbol(L, 2), &value);
	if (err < 0)
		return lab_push_error(L, -err);
	lua_pushinteger(L, value);
	return 1;
}
