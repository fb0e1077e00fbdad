/*
 * packet_api.c - packets as tables, both ways:
 *
 *     { flags = "P.", seq = 1, ack = 1, payload = 5, data = "hello", sport = 5000, ... }
 *     { from = "10.0.0.9", to = "10.0.0.1", sport = 5000, dport = 80, flags = "S", seq = 1000,
 *       mss = 1460, data = "..." }
 *
 * Sequence numbers are relative to the SYN if that was seen; seq_raw and ack_raw are the wire's,
 * and so are those of a segment to be sent.
 */
#include "lab/scenario/packet_api.h"

#include "lab/world/segment.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

/* --- reading ---------------------------------------------------------------------------------- */

/* The ISN of the direction of a segment, or of the other one; NULL: its SYN was not seen. */
static struct isn *find_isn(
	struct flows *f, const struct ip_pair *a, const struct tcp_seg *s, bool other)
{
	const struct ip_addr *src = other ? &a->dst : &a->src, *dst = other ? &a->src : &a->dst;
	uint16_t sport = other ? s->dport : s->sport, dport = other ? s->sport : s->dport;

	for (int i = 0; i < LAB_FLOWS; i++) {
		struct isn *n = &f->isn[i];

		if (n->known && n->sport == sport && n->dport == dport &&
			ip_addr_eq(&n->addr.src, src) && ip_addr_eq(&n->addr.dst, dst))
			return n;
	}
	return NULL;
}

/* Learns the ISN of a direction from a SYN; the oldest entry is replaced. */
static void learn_isn(struct flows *f, const struct ip_pair *a, const struct tcp_seg *s)
{
	struct isn *n = find_isn(f, a, s, false);

	if (!n)
		n = &f->isn[f->next++ % LAB_FLOWS];
	*n = (struct isn){*a, s->sport, s->dport, s->seq, true};
}

static void set_number(lua_State *L, const char *name, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, name);
}

/* The options of a SYN, and timestamps. */
static void add_options(lua_State *L, const struct tcp_seg *s)
{
	struct tcp_opts o;

	tcp_opts_parse(&o, s->opt, s->opt_len, s->flags & SEG_SYN);
	if (o.has & TCP_HAS_MSS)
		set_number(L, "mss", o.mss);
	if (o.has & TCP_HAS_WSCALE)
		set_number(L, "wscale", o.wscale);
	if (o.has & TCP_HAS_SACK_OK)
		set_number(L, "sack_ok", 1);
	if (o.has & TCP_HAS_TS) {
		set_number(L, "tsval", o.tsval);
		set_number(L, "tsecr", o.tsecr);
	}
}

static void add_tcp(lua_State *L, struct flows *f, const struct ip_pair *a, const struct tcp_seg *s)
{
	char flags[12];
	const struct isn *n;

	lua_pushstring(L, tcp_flags_text(flags, s->flags));
	lua_setfield(L, -2, "flags");
	set_number(L, "sport", s->sport);
	set_number(L, "dport", s->dport);
	set_number(L, "win", s->win);
	set_number(L, "payload", s->len);
	lua_pushlstring(L, (const char *)s->data, s->len);
	lua_setfield(L, -2, "data");
	set_number(L, "seq_raw", s->seq.v);
	if (s->flags & SEG_ACK)
		set_number(L, "ack_raw", s->ack.v);
	if (s->flags & SEG_URG)
		set_number(L, "urg", s->urg);
	add_options(L, s);
	if (s->flags & SEG_SYN)
		learn_isn(f, a, s);
	n = find_isn(f, a, s, false);
	if (n)
		set_number(L, "seq", seq_diff(s->seq, n->isn));
	n = find_isn(f, a, s, true);
	if (n && (s->flags & SEG_ACK))
		set_number(L, "ack", seq_diff(s->ack, n->isn));
}

uint8_t lab_ecn(const struct packet *p)
{
	return p->bytes[0] >> 4 == 4 ? p->bytes[1] & LAB_ECN_BITS : p->bytes[1] >> 4 & LAB_ECN_BITS;
}

void lab_push_packet(lua_State *L, struct flows *f, const struct packet *p)
{
	static const char *const ecn[] = {"not-ect", "ect1", "ect0", "ce"};
	struct ipv4_view v4;
	struct ipv6_view v6;
	struct ipv4 h4;
	struct ipv6 h6;
	struct tcp_view t;
	struct tcp_seg seg;
	const uint8_t *data = NULL;
	struct ip_pair addr;
	size_t len = 0;
	char text[IP_ADDR_TEXT_MAX];

	lua_newtable(L);
	set_number(L, "len", p->len);
	lua_pushstring(L, ecn[lab_ecn(p)]);
	lua_setfield(L, -2, "ecn");
	if (ipv4_view(&v4, p->bytes, p->len) && ipv4_parse(&h4, v4) == DROP_NONE) {
		data = h4.proto == IP_PROTO_TCP ? h4.data : NULL;
		len = h4.len;
		addr = h4.addr;
	} else if (ipv6_view(&v6, p->bytes, p->len) && ipv6_parse(&h6, v6) == DROP_NONE) {
		data = h6.next == IP_PROTO_TCP ? h6.data : NULL;
		len = h6.len;
		addr = h6.addr;
	} else {
		return;
	}
	lua_pushstring(L, ip_addr_text(text, &addr.src));
	lua_setfield(L, -2, "src");
	lua_pushstring(L, ip_addr_text(text, &addr.dst));
	lua_setfield(L, -2, "dst");
	if (data && tcp_view(&t, data, len) && tcp_parse(&seg, t, NULL) == DROP_NONE)
		add_tcp(L, f, &addr, &seg);
}

/* --- creation --------------------------------------------------------------------------------- */

enum {
	WINDOW = 65535, /* default */
};

/* A misspelt name must be an error. */
static void check_names(lua_State *L, int table)
{
	static const char *const names[] = {"from", "to", "sport", "dport", "flags", "seq", "ack",
		"win", "urg", "mss", "wscale", "sack_ok", "tsval", "tsecr", "sack", "options",
		"data", "bad_checksum", NULL};

	for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
		bool known = false;

		for (int i = 0; lua_type(L, -2) == LUA_TSTRING && names[i]; i++)
			known |= strcmp(names[i], lua_tostring(L, -2)) == 0;
		if (!known)
			luaL_error(L, "a segment has no field '%s'", luaL_tolstring(L, -2, NULL));
	}
}

/* A number from 0 to max in the table; `otherwise` if absent. */
static uint32_t get_number(
	lua_State *L, int table, const char *name, uint32_t max, uint32_t otherwise)
{
	lua_Integer n = otherwise;

	if (lua_getfield(L, table, name) != LUA_TNIL)
		n = luaL_checkinteger(L, -1);
	if (n < 0 || n > max)
		luaL_error(L, "%s: a number from 0 to %d", name, (lua_Integer)max);
	lua_pop(L, 1);
	return (uint32_t)n;
}

static bool has(lua_State *L, int table, const char *name)
{
	bool is = lua_getfield(L, table, name) != LUA_TNIL && lua_toboolean(L, -1);

	lua_pop(L, 1);
	return is;
}

static struct ip_addr get_address(lua_State *L, int table, const char *name)
{
	struct ip_addr a;

	lua_getfield(L, table, name);
	if (!ip_addr_parse(&a, luaL_checkstring(L, -1)))
		luaL_error(L, "%s: '%s' is not an address", name, lua_tostring(L, -1));
	lua_pop(L, 1);
	return a;
}

uint16_t lab_check_flags(lua_State *L, int index)
{
	static const char letters[] = "FSRP.UEW";
	uint16_t flags = 0;

	for (const char *s = luaL_checkstring(L, index); *s; s++) {
		const char *at = strchr(letters, *s == 'A' ? '.' : *s);

		if (!at)
			luaL_error(L, "flags: '%c' is not one of %s", *s, letters);
		flags |= (uint16_t)(1 << (at - letters));
	}
	return flags;
}

/* sack = { { left, right }, ... } */
static void get_sack(lua_State *L, int table, struct tcp_opts *o)
{
	if (lua_getfield(L, table, "sack") != LUA_TNIL) {
		luaL_checktype(L, -1, LUA_TTABLE);
		if (luaL_len(L, -1) < 1 || luaL_len(L, -1) > TCP_SACK_MAX)
			luaL_error(L, "sack: one to %d blocks", TCP_SACK_MAX);
		o->has |= TCP_HAS_SACK;
		for (; o->sack_count < luaL_len(L, -1); o->sack_count++) {
			lua_geti(L, -1, o->sack_count + 1);
			luaL_checktype(L, -1, LUA_TTABLE);
			lua_geti(L, -1, 1);
			lua_geti(L, -2, 2);
			o->sack[o->sack_count] =
				(struct tcp_sack){seq_of((uint32_t)luaL_checkinteger(L, -2)),
					seq_of((uint32_t)luaL_checkinteger(L, -1))};
			lua_pop(L, 3);
		}
	}
	lua_pop(L, 1);
}

/* The maximum length of the options. */
static int options_room(const struct tcp_opts *o)
{
	int n = o->has & TCP_HAS_MSS ? 4 : 0;

	n += o->has & TCP_HAS_WSCALE ? 4 : 0;
	n += o->has & TCP_HAS_TS ? TCP_OPT_TS_ALIGNED : o->has & TCP_HAS_SACK_OK ? 4 : 0;
	return n + (o->has & TCP_HAS_SACK ? 4 + 8 * o->sack_count : 0);
}

/* Writes the options in the table to room (TCP_OPTS_MAX bytes); returns their length. */
static uint16_t get_options(lua_State *L, int table, uint8_t *room)
{
	struct tcp_opts o = {0};
	size_t n;
	const char *raw;

	if (lua_getfield(L, table, "options") != LUA_TNIL) {
		raw = luaL_checklstring(L, -1, &n);
		if (n > TCP_OPTS_MAX)
			luaL_error(L, "options: at most %d bytes", TCP_OPTS_MAX);
		memset(room, 0, TCP_OPTS_MAX);
		memcpy(room, raw, n);
		lua_pop(L, 1);
		return (uint16_t)((n + 3) / 4 * 4);
	}
	lua_pop(L, 1);
	o.mss = (uint16_t)get_number(L, table, "mss", 65535, 0);
	o.wscale = (uint8_t)get_number(L, table, "wscale", 255, 0);
	o.tsval = get_number(L, table, "tsval", UINT32_MAX, 0);
	o.tsecr = get_number(L, table, "tsecr", UINT32_MAX, 0);
	o.has |= has(L, table, "mss") ? TCP_HAS_MSS : 0;
	o.has |= has(L, table, "wscale") ? TCP_HAS_WSCALE : 0;
	o.has |= has(L, table, "sack_ok") ? TCP_HAS_SACK_OK : 0;
	o.has |= has(L, table, "tsval") ? TCP_HAS_TS : 0;
	get_sack(L, table, &o);
	if (options_room(&o) > TCP_OPTS_MAX)
		luaL_error(L, "more than %d bytes of options", TCP_OPTS_MAX);
	return (uint16_t)tcp_opts_emit(&o, room);
}

struct packet *lab_check_packet(lua_State *L, int index)
{
	uint8_t room[TCP_OPTS_MAX];
	struct tcp_seg s = {.opt = room};
	struct ip_pair a;
	struct packet *p;
	size_t n;

	luaL_checktype(L, index, LUA_TTABLE);
	check_names(L, index);
	a = (struct ip_pair){get_address(L, index, "from"), get_address(L, index, "to")};
	if (ip_addr_is_v4(&a.src) != ip_addr_is_v4(&a.dst))
		luaL_error(L, "from and to are of different IP versions");
	s.sport = (uint16_t)get_number(L, index, "sport", 65535, 0);
	s.dport = (uint16_t)get_number(L, index, "dport", 65535, 0);
	s.seq = seq_of(get_number(L, index, "seq", UINT32_MAX, 0));
	s.ack = seq_of(get_number(L, index, "ack", UINT32_MAX, 0));
	s.win = (uint16_t)get_number(L, index, "win", 65535, WINDOW);
	s.urg = (uint16_t)get_number(L, index, "urg", 65535, 0);
	lua_getfield(L, index, "flags");
	s.flags = lab_check_flags(L, lua_gettop(L));
	s.opt_len = get_options(L, index, room);
	lua_getfield(L, index, "data");
	s.data = (const uint8_t *)luaL_optlstring(L, -1, "", &n);
	if (n + IPV6_HDR_LEN + TCP_HDR_MAX > PACKET_MAX)
		luaL_error(L, "data: longer than a packet");
	s.len = (uint32_t)n;
	p = segment_packet(&lab_of(L)->world, &a, &s);
	if (has(L, index, "bad_checksum"))
		p->bytes[p->len - n - s.opt_len - 4] ^= 1;
	lua_pop(L, 2);
	return p;
}
