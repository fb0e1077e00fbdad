/* dhcp.c - parse, emit and print of DHCP; see dhcp.h. */
#include "wire/dhcp.h"

#include "wire/text.h"

enum { /* offsets */
	AT_XID = 4,
	AT_SECS = 8,
	AT_FLAGS = 10,
	AT_CIADDR = 12,
	AT_YIADDR = 16,
	AT_CHADDR = 28,
	AT_SNAME = 44,
	AT_FILE = 108,
	AT_COOKIE = 236,
	AT_OPTIONS = 240,
};

enum {
	COOKIE = 0x63825363,
	FLAG_BROADCAST = 0x8000,
	HTYPE_ETHERNET = 1,
	OPT_PAD = 0,
	OPT_END = 255,
	OVERLOAD_FILE = 1, /* bits of option 52 */
	OVERLOAD_SNAME = 2,
	ROUTE_LEN_MAX = 9,                           /* of a classless route */
	VALUE_MAX = DHCP_ROUTES_MAX * ROUTE_LEN_MAX, /* bytes of a value that are kept */
};

/* The options that are read. */
enum option {
	MASK,
	ROUTER,
	MTU,
	REQUESTED,
	LEASE,
	OVERLOAD,
	TYPE,
	SERVER,
	ASKED,
	MAX_SIZE,
	T1,
	T2,
	CLIENT_ID,
	ROUTES,
	OPTIONS
};

/* RFC 2132: a value has `least` bytes; of a list a multiple of them; of bytes as many or more. */
static const struct option_row {
	uint8_t code, least;
	enum {
		ONE,
		LIST,
		BYTES
	} form;
} rows[] = {
	[MASK] = {1, 4, ONE},
	[ROUTER] = {3, 4, LIST},
	[MTU] = {26, 2, ONE},
	[REQUESTED] = {50, 4, ONE},
	[LEASE] = {51, 4, ONE},
	[OVERLOAD] = {52, 1, ONE},
	[TYPE] = {53, 1, ONE},
	[SERVER] = {54, 4, ONE},
	[ASKED] = {55, 1, BYTES},
	[MAX_SIZE] = {57, 2, ONE},
	[T1] = {58, 4, ONE},
	[T2] = {59, 4, ONE},
	[CLIENT_ID] = {61, 2, BYTES},
	[ROUTES] = {121, 5, BYTES},
};

_Static_assert(ARRAY_SIZE(rows) == OPTIONS, "every option has a row");

/* Parameters that a client asks for (option 55): those that struct dhcp can hold, the classless
 * routes before the router (RFC 3442). */
static const uint8_t asked[] = {1, 121, 3, 26, 51, 54, 58, 59};

bool dhcp_view(struct dhcp_view *v, const uint8_t *p, size_t len)
{
	*v = (struct dhcp_view){p, (uint32_t)len};
	return len >= AT_OPTIONS;
}

/* ---- reading ---- */

/* A value, joined from its pieces; bytes beyond VALUE_MAX are only counted. */
struct value {
	uint32_t len;
	uint8_t b[VALUE_MAX];
};

struct options {
	struct value of[OPTIONS];
};

static void join(struct options *o, uint8_t code, const uint8_t *p, uint32_t len)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		struct value *v = &o->of[i];

		if (rows[i].code != code)
			continue;
		if (v->len < VALUE_MAX)
			memcpy(v->b + v->len, p, u32_min(len, VALUE_MAX - v->len));
		v->len += len;
	}
}

/* Reads the options of one field. False if one lies beyond it. */
static bool read_field(struct options *o, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint8_t code = p[i++];

		if (code == OPT_PAD)
			continue;
		if (code == OPT_END)
			return true;
		if (i == len || p[i] > len - i - 1)
			return false;
		join(o, code, p + i + 1, p[i]);
		i += 1 + (size_t)p[i];
	}
	return true;
}

static bool read_fields(struct options *o, struct dhcp_view v)
{
	uint8_t overload;

	if (!read_field(o, v.p + AT_OPTIONS, v.len - AT_OPTIONS))
		return false;
	overload = o->of[OVERLOAD].b[0];
	if (overload & OVERLOAD_FILE && !read_field(o, v.p + AT_FILE, AT_COOKIE - AT_FILE))
		return false;
	return !(overload & OVERLOAD_SNAME) || read_field(o, v.p + AT_SNAME, AT_FILE - AT_SNAME);
}

static bool lengths_ok(const struct options *o)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		uint32_t len = o->of[i].len, least = rows[i].least;

		if (len == 0)
			continue;
		if (len < least || (rows[i].form == ONE && len != least) ||
			(rows[i].form == LIST && len % least != 0))
			return false;
	}
	return true;
}

static struct ip_addr address(const uint8_t *p)
{
	return ip_addr_from_v4(get_be32(p));
}

/* The leading ones of a mask. False: it has others, or none. */
static bool mask_bits(const struct value *v, uint8_t *bits)
{
	uint32_t mask = get_be32(v->b);

	if (v->len == 0)
		return true;
	if (mask == 0 || (~mask & (~mask + 1)) != 0)
		return false;
	*bits = (uint8_t)__builtin_popcount(mask);
	return true;
}

/* RFC 3442: the length of the prefix, as many bytes of it as it needs, and the router. Bits after
 * the prefix are ignored. False: a length above 32, or a route is cut short. */
static bool read_routes(const struct value *v, struct dhcp *out)
{
	uint32_t at = 0;

	while (at < v->len && out->route_count < DHCP_ROUTES_MAX) {
		struct dhcp_route *r = &out->route[out->route_count++];
		uint8_t bits = v->b[at++], dst[4] = {0};
		uint32_t bytes = (bits + 7u) / 8;

		if (bits > 32 || bytes + 4 > v->len - at)
			return false;
		memcpy(dst, v->b + at, bytes);
		r->bits = bits;
		r->dst = ip_addr_from_v4(
			bits == 0 ? 0 : get_be32(dst) & (UINT32_MAX << (32 - bits)));
		r->router = address(v->b + at + bytes);
		at += bytes + 4;
	}
	return true;
}

static enum drop read_options(struct dhcp *out, struct dhcp_view v)
{
	struct options o = {0};

	if (!read_fields(&o, v) || !lengths_ok(&o) || !mask_bits(&o.of[MASK], &out->bits) ||
		!read_routes(&o.of[ROUTES], out))
		return DROP_OPTION;
	out->type = o.of[TYPE].b[0];
	out->asks = o.of[ASKED].len > 0;
	out->router = address(o.of[ROUTER].b);
	out->requested = address(o.of[REQUESTED].b);
	out->server = address(o.of[SERVER].b);
	out->mtu = get_be16(o.of[MTU].b);
	out->max_size = get_be16(o.of[MAX_SIZE].b);
	out->lease_s = get_be32(o.of[LEASE].b);
	out->t1_s = get_be32(o.of[T1].b);
	out->t2_s = get_be32(o.of[T2].b);
	out->id_len = (uint8_t)u32_min(o.of[CLIENT_ID].len, DHCP_ID_MAX);
	memcpy(out->id, o.of[CLIENT_ID].b, out->id_len);
	return out->type >= DHCP_DISCOVER && out->type < DHCP_TYPES ? DROP_NONE : DROP_TYPE;
}

enum drop dhcp_parse(struct dhcp *out, struct dhcp_view v)
{
	memset(out, 0, sizeof(*out));
	out->op = v.p[0];
	if (out->op != DHCP_OP_REQUEST && out->op != DHCP_OP_REPLY)
		return DROP_OPCODE;
	if (v.p[1] != HTYPE_ETHERNET || v.p[2] != ETH_ADDR_LEN)
		return DROP_HARDWARE;
	if (get_be32(v.p + AT_COOKIE) != COOKIE)
		return DROP_TYPE;
	out->xid = get_be32(v.p + AT_XID);
	out->secs = get_be16(v.p + AT_SECS);
	out->broadcast = (get_be16(v.p + AT_FLAGS) & FLAG_BROADCAST) != 0;
	out->ciaddr = address(v.p + AT_CIADDR);
	out->yiaddr = address(v.p + AT_YIADDR);
	memcpy(out->chaddr.b, v.p + AT_CHADDR, ETH_ADDR_LEN);
	return read_options(out, v);
}

/* ---- writing ---- */

/* The options at p, or nowhere if p is NULL: then they are only measured. */
struct writer {
	uint8_t *p;
	size_t len;
};

static void put(struct writer *w, enum option which, const void *value, size_t len)
{
	assert(len <= UINT8_MAX);
	if (w->p != NULL) {
		w->p[w->len] = rows[which].code;
		w->p[w->len + 1] = (uint8_t)len;
		memcpy(w->p + w->len + 2, value, len);
	}
	w->len += 2 + len;
}

static void put_number(struct writer *w, enum option which, uint32_t value)
{
	uint8_t b[4];
	size_t len = rows[which].least;

	put_be32(b, value);
	if (value != 0)
		put(w, which, b + sizeof(b) - len, len);
}

static void put_routes(struct writer *w, const struct dhcp *d)
{
	uint8_t b[VALUE_MAX];
	size_t n = 0;

	assert(d->route_count <= DHCP_ROUTES_MAX);
	for (uint8_t i = 0; i < d->route_count; i++) {
		const struct dhcp_route *r = &d->route[i];

		assert(r->bits <= 32);
		b[n++] = r->bits;
		put_be32(b + n, ip_addr_v4(&r->dst));
		n += (r->bits + 7u) / 8;
		put_be32(b + n, ip_addr_v4(&r->router));
		n += 4;
	}
	if (n > 0)
		put(w, ROUTES, b, n);
}

static void put_options(struct writer *w, const struct dhcp *d)
{
	put_number(w, TYPE, d->type);
	if (d->id_len > 0)
		put(w, CLIENT_ID, d->id, d->id_len);
	put_number(w, REQUESTED, ip_addr_v4(&d->requested));
	put_number(w, SERVER, ip_addr_v4(&d->server));
	put_number(w, LEASE, d->lease_s);
	put_number(w, T1, d->t1_s);
	put_number(w, T2, d->t2_s);
	put_number(w, MASK, d->bits == 0 ? 0 : UINT32_MAX << (32 - d->bits));
	put_routes(w, d);
	put_number(w, ROUTER, ip_addr_v4(&d->router));
	put_number(w, MTU, d->mtu);
	put_number(w, MAX_SIZE, d->max_size);
	if (d->asks)
		put(w, ASKED, asked, sizeof(asked));
}

size_t dhcp_emit_len(const struct dhcp *d)
{
	struct writer w = {NULL, 0};

	put_options(&w, d);
	return size_max(AT_OPTIONS + w.len + 1, DHCP_LEN_MIN);
}

void dhcp_emit(const struct dhcp *d, uint8_t *p)
{
	struct writer w = {p + AT_OPTIONS, 0};

	assert(d->id_len <= DHCP_ID_MAX && d->bits <= 32);
	memset(p, 0, dhcp_emit_len(d));
	p[0] = d->op;
	p[1] = HTYPE_ETHERNET;
	p[2] = ETH_ADDR_LEN;
	put_be32(p + AT_XID, d->xid);
	put_be16(p + AT_SECS, d->secs);
	put_be16(p + AT_FLAGS, d->broadcast ? FLAG_BROADCAST : 0);
	put_be32(p + AT_CIADDR, ip_addr_v4(&d->ciaddr));
	put_be32(p + AT_YIADDR, ip_addr_v4(&d->yiaddr));
	memcpy(p + AT_CHADDR, d->chaddr.b, ETH_ADDR_LEN);
	put_be32(p + AT_COOKIE, COOKIE);
	put_options(&w, d);
	p[AT_OPTIONS + w.len] = OPT_END;
}

int dhcp_print(char *out, size_t n, const struct dhcp *d, size_t len)
{
	struct text t = text_in(out, n);
	char from[ETH_ADDR_TEXT_MAX];

	text_add(&t, "BOOTP/DHCP, ");
	if (d->op == DHCP_OP_REQUEST)
		text_add(&t, "Request from %s", eth_addr_text(from, &d->chaddr));
	else
		text_add(&t, "Reply");
	text_add(&t, ", length %zu", len);
	return (int)t.len;
}
