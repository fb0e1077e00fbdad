/* tcp_opt.c - TCP option parser and writer. */
#include "wire/tcp_opt.h"

bool tcp_opt_next(struct tcp_opt *o, const uint8_t **p, size_t *len)
{
	if (*len == 0)
		return false;
	const uint8_t *at = *p;
	size_t take = 1;

	*o = (struct tcp_opt){.kind = at[0], .data = at + 1};
	if (o->kind != TCP_OPT_EOL && o->kind != TCP_OPT_NOP) {
		if (*len < 2 || at[1] < 2 || at[1] > *len)
			return false;
		take = at[1];
		o->len = (uint8_t)(take - 2);
		o->data = at + 2;
	}
	*p = at + take;
	*len -= take;
	return true;
}

size_t tcp_opt_put(const struct tcp_opt *o, uint8_t *p)
{
	p[0] = o->kind;
	if (o->kind == TCP_OPT_EOL || o->kind == TCP_OPT_NOP)
		return 1;
	assert(o->len <= TCP_OPTS_MAX - 2);
	p[1] = (uint8_t)(o->len + 2);
	if (o->len > 0)
		memcpy(p + 2, o->data, o->len);
	return (size_t)o->len + 2;
}

/* ---- reading: one function per kind; the caller has checked the length against the table below
 * ---- / */

static void take_mss(struct tcp_opts *out, const struct tcp_opt *o)
{
	uint16_t mss = get_be16(o->data);

	if (mss == 0) /* Linux: as if absent */
		return;
	out->mss = mss;
	out->has |= TCP_HAS_MSS;
}

static void take_wscale(struct tcp_opts *out, const struct tcp_opt *o)
{
	out->wscale = o->data[0] < TCP_WSCALE_MAX ? o->data[0] : TCP_WSCALE_MAX;
	out->has |= TCP_HAS_WSCALE;
}

static void take_sack_ok(struct tcp_opts *out, const struct tcp_opt *o)
{
	out->has |= TCP_HAS_SACK_OK;
}

static void take_sack(struct tcp_opts *out, const struct tcp_opt *o)
{
	if (o->len == 0 || o->len % 8 != 0)
		return;
	out->sack_count = (uint8_t)(o->len / 8);
	for (int i = 0; i < out->sack_count; i++) {
		out->sack[i].left = seq_of(get_be32(o->data + 8 * i));
		out->sack[i].right = seq_of(get_be32(o->data + 8 * i + 4));
	}
	out->has |= TCP_HAS_SACK;
}

static void take_ts(struct tcp_opts *out, const struct tcp_opt *o)
{
	out->tsval = get_be32(o->data);
	out->tsecr = get_be32(o->data + 4);
	out->has |= TCP_HAS_TS;
}

static void take_uto(struct tcp_opts *out, const struct tcp_opt *o)
{
	uint16_t v = get_be16(o->data);

	out->uto = v & 0x7fff;
	out->uto_minutes = v >> 15;
	out->has |= TCP_HAS_UTO;
}

static void take_md5(struct tcp_opts *out, const struct tcp_opt *o)
{
	out->md5 = o->data;
	out->has |= TCP_HAS_MD5;
}

static void take_ao(struct tcp_opts *out, const struct tcp_opt *o)
{
	if (o->len < 3)
		return;
	out->ao_keyid = o->data[0];
	out->ao_rnext = o->data[1];
	out->ao_len = (uint8_t)(o->len - 2);
	out->ao = o->data + 2;
	out->has |= TCP_HAS_AO;
}

/* RFC 7413 section 4.1.1: empty (a request), or 4 to 16 bytes and even; else as if absent. */
static void take_cookie(struct tcp_opts *out, const uint8_t *cookie, uint8_t len, bool exp)
{
	if (len % 2 != 0 || len > TCP_COOKIE_MAX || (len > 0 && len < TCP_COOKIE_MIN))
		return;
	out->cookie = cookie;
	out->cookie_len = len;
	out->cookie_exp = exp;
	out->has |= TCP_HAS_FASTOPEN;
}

static void take_fastopen(struct tcp_opts *out, const struct tcp_opt *o)
{
	take_cookie(out, o->data, o->len, false);
}

static void take_experiment(struct tcp_opts *out, const struct tcp_opt *o)
{
	if (o->len >= 2 && get_be16(o->data) == TCP_OPT_FASTOPEN_MAGIC)
		take_cookie(out, o->data + 2, (uint8_t)(o->len - 2), true);
}

static void take_accecn(struct tcp_opts *out, const struct tcp_opt *o)
{
	out->accecn = o->data;
	out->accecn_len = (uint8_t)(size_min(o->len, TCP_ACCECN_MAX) / 3 * 3);
	out->accecn_order1 = o->kind == TCP_OPT_ACCECN1;
	out->has |= TCP_HAS_ACCECN;
}

enum {
	TCP_OPTS_SYN = 20, /* bytes of the usual options of a SYN */
	ANY_LEN = 0xff,
	MD5_TOTAL = 2 + TCP_MD5_LEN,
};

static const struct reader {
	uint8_t kind, len; /* bytes of data, or ANY_LEN: take() checks */
	bool syn_only;
	void (*take)(struct tcp_opts *out, const struct tcp_opt *o);
} readers[] = {
	{TCP_OPT_MSS, 2, true, take_mss},
	{TCP_OPT_WSCALE, 1, true, take_wscale},
	{TCP_OPT_SACK_OK, 0, true, take_sack_ok},
	{TCP_OPT_SACK, ANY_LEN, false, take_sack},
	{TCP_OPT_TS, 8, false, take_ts},
	{TCP_OPT_MD5, TCP_MD5_LEN, false, take_md5},
	{TCP_OPT_UTO, 2, false, take_uto},
	{TCP_OPT_AO, ANY_LEN, false, take_ao},
	{TCP_OPT_FASTOPEN, ANY_LEN, true, take_fastopen},
	{TCP_OPT_EXPERIMENT, ANY_LEN, true, take_experiment},
	{TCP_OPT_ACCECN0, ANY_LEN, false, take_accecn},
	{TCP_OPT_ACCECN1, ANY_LEN, false, take_accecn},
};

static void take(struct tcp_opts *out, const struct tcp_opt *o, bool syn)
{
	if (o->kind == TCP_OPT_NOP)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		const struct reader *r = &readers[i];

		if (r->kind != o->kind)
			continue;
		if ((r->len == ANY_LEN || r->len == o->len) && (syn || !r->syn_only))
			r->take(out, o);
		return;
	}
}

/* Linux searches for a signature as long as there is room for one, then requires it to be whole,
 * single, and preceded by nothing malformed. */
static bool bad_auth(const struct tcp_opts *out, const struct tcp_opt *o, size_t left)
{
	bool twice = out->has & (TCP_HAS_MD5 | TCP_HAS_AO);

	if (o->kind == TCP_OPT_AO)
		return twice || o->len < 3;
	return o->kind == TCP_OPT_MD5 && left >= MD5_TOTAL && (twice || o->len != TCP_MD5_LEN);
}

/* The options of nearly every SYN, in the order in which Linux and put_syn() write them: read in
 * one step. MSS, SACK permitted, timestamps, NOP, window scale. */
static bool take_syn(struct tcp_opts *out, const uint8_t *p, size_t len)
{
	if (len != TCP_OPTS_SYN || get_be16(p) != 0x0204 || get_be32(p + 4) != 0x0402080a ||
		get_be32(p + 16) >> 8 != 0x010303)
		return false;
	out->has = TCP_HAS_SACK_OK;
	take_mss(out, &(struct tcp_opt){.data = p + 2});
	take_ts(out, &(struct tcp_opt){.data = p + 8});
	take_wscale(out, &(struct tcp_opt){.data = p + 19});
	return true;
}

void tcp_opts_parse(struct tcp_opts *out, const uint8_t *p, size_t len, bool syn)
{
	struct tcp_opt o;

	assert(len <= TCP_OPTS_MAX);
	out->has = 0;
	out->sack_count = 0;
	if (tcp_opts_only_ts(p, len, &out->tsval, &out->tsecr)) {
		out->has = TCP_HAS_TS;
		return;
	}
	if (syn && take_syn(out, p, len))
		return;
	for (size_t left = len; tcp_opt_next(&o, &p, &len); left = len) {
		if (o.kind == TCP_OPT_EOL)
			return;
		if (bad_auth(out, &o, left))
			out->has |= TCP_HAS_BAD_AUTH;
		take(out, &o, syn);
	}
	if (len > 0)
		out->has |= TCP_HAS_BAD_LEN | (len >= MD5_TOTAL ? TCP_HAS_BAD_AUTH : 0);
}

/* ---- writing: one function per option, each a multiple of four bytes ---- */

static uint8_t *pad(uint8_t *p, size_t n)
{
	memset(p, TCP_OPT_NOP, n);
	return p + n;
}

static uint8_t *head(uint8_t *p, uint8_t kind, size_t data_len)
{
	p[0] = kind;
	p[1] = (uint8_t)(data_len + 2);
	return p + 2;
}

static uint8_t *bytes(uint8_t *p, const uint8_t *from, size_t n)
{
	if (n > 0)
		memcpy(p, from, n);
	return p + n;
}

/* Pads an option of n bytes with NOPs to a multiple of four. */
static uint8_t *align(uint8_t *p, size_t n)
{
	return pad(p, (4 - n % 4) % 4);
}

static uint8_t *put_md5(const struct tcp_opts *o, uint8_t *p)
{
	return bytes(head(pad(p, 2), TCP_OPT_MD5, TCP_MD5_LEN), o->md5, TCP_MD5_LEN);
}

static uint8_t *put_ao(const struct tcp_opts *o, uint8_t *p)
{
	p = head(p, TCP_OPT_AO, 2 + (size_t)o->ao_len);
	*p++ = o->ao_keyid;
	*p++ = o->ao_rnext;
	if (o->ao)
		memcpy(p, o->ao, o->ao_len);
	else
		memset(p, 0, o->ao_len);
	return align(p + o->ao_len, o->ao_len);
}

static uint8_t *put_mss(const struct tcp_opts *o, uint8_t *p)
{
	p = head(p, TCP_OPT_MSS, 2);
	put_be16(p, o->mss);
	return p + 2;
}

/* Timestamps and SACK-permitted share the word that each fills with NOPs when it is alone. */
static uint8_t *put_ts_sack_ok(const struct tcp_opts *o, uint8_t *p)
{
	p = o->has & TCP_HAS_SACK_OK && o->has & TCP_HAS_TS ? p : pad(p, 2);
	if (o->has & TCP_HAS_SACK_OK)
		p = head(p, TCP_OPT_SACK_OK, 0);
	if (!(o->has & TCP_HAS_TS))
		return p;
	p = head(p, TCP_OPT_TS, 8);
	put_be32(p, o->tsval);
	put_be32(p + 4, o->tsecr);
	return p + 8;
}

static uint8_t *put_accecn(const struct tcp_opts *o, uint8_t *p)
{
	p = head(p, o->accecn_order1 ? TCP_OPT_ACCECN1 : TCP_OPT_ACCECN0, o->accecn_len);
	return align(bytes(p, o->accecn, o->accecn_len), 2 + (size_t)o->accecn_len);
}

static uint8_t *put_wscale(const struct tcp_opts *o, uint8_t *p)
{
	p = head(pad(p, 1), TCP_OPT_WSCALE, 1);
	*p = o->wscale;
	return p + 1;
}

static uint8_t *put_uto(const struct tcp_opts *o, uint8_t *p)
{
	p = head(p, TCP_OPT_UTO, 2);
	put_be16(p, (uint16_t)((o->uto & 0x7fff) | o->uto_minutes << 15));
	return p + 2;
}

static uint8_t *put_sack(const struct tcp_opts *o, uint8_t *p)
{
	assert(o->sack_count <= TCP_SACK_MAX);
	p = head(pad(p, 2), TCP_OPT_SACK, 8 * (size_t)o->sack_count);
	for (int i = 0; i < o->sack_count; i++, p += 8) {
		put_be32(p, o->sack[i].left.v);
		put_be32(p + 4, o->sack[i].right.v);
	}
	return p;
}

static uint8_t *put_fastopen(const struct tcp_opts *o, uint8_t *p)
{
	size_t magic = o->cookie_exp ? 2 : 0;

	assert(o->cookie_len <= TCP_COOKIE_MAX);
	p = head(p, o->cookie_exp ? TCP_OPT_EXPERIMENT : TCP_OPT_FASTOPEN, magic + o->cookie_len);
	if (o->cookie_exp)
		put_be16(p, TCP_OPT_FASTOPEN_MAGIC);
	return align(bytes(p + magic, o->cookie, o->cookie_len), 2 + magic + o->cookie_len);
}

static const struct writer {
	uint16_t has;
	uint8_t *(*put)(const struct tcp_opts *o, uint8_t *p);
} writers[] = {
	{TCP_HAS_MD5, put_md5},
	{TCP_HAS_AO, put_ao},
	{TCP_HAS_MSS, put_mss},
	{TCP_HAS_TS | TCP_HAS_SACK_OK, put_ts_sack_ok},
	{TCP_HAS_ACCECN, put_accecn},
	{TCP_HAS_WSCALE, put_wscale},
	{TCP_HAS_UTO, put_uto},
	{TCP_HAS_SACK, put_sack},
	{TCP_HAS_FASTOPEN, put_fastopen},
};

size_t tcp_opts_emit_len(const struct tcp_opts *o)
{
	size_t n = 0;

	n += o->has & TCP_HAS_MD5 ? 4 + TCP_MD5_LEN : 0;
	n += o->has & TCP_HAS_AO ? (4 + (size_t)o->ao_len + 3) & ~(size_t)3 : 0;
	n += o->has & TCP_HAS_MSS ? 4 : 0;
	n += o->has & TCP_HAS_TS ? TCP_OPT_TS_ALIGNED : o->has & TCP_HAS_SACK_OK ? 4 : 0;
	n += o->has & TCP_HAS_ACCECN ? (2 + (size_t)o->accecn_len + 3) & ~(size_t)3 : 0;
	n += o->has & TCP_HAS_WSCALE ? 4 : 0;
	n += o->has & TCP_HAS_UTO ? 4 : 0;
	n += o->has & TCP_HAS_SACK ? 4 + 8 * (size_t)o->sack_count : 0;
	if (o->has & TCP_HAS_FASTOPEN)
		n += (2 + (o->cookie_exp ? 2u : 0) + (size_t)o->cookie_len + 3) & ~(size_t)3;
	assert(n <= TCP_OPTS_MAX && n % 4 == 0);
	return n;
}

/* The usual options of a SYN, in the order of the table. */
static uint8_t *put_syn(const struct tcp_opts *o, uint8_t *p)
{
	return put_wscale(o, put_ts_sack_ok(o, put_mss(o, p)));
}

size_t tcp_opts_emit(const struct tcp_opts *o, uint8_t *p)
{
	const uint16_t syn = TCP_HAS_MSS | TCP_HAS_TS | TCP_HAS_SACK_OK | TCP_HAS_WSCALE;
	uint8_t *start = p;
	size_t len;

	if (o->has == TCP_HAS_TS || o->has == syn) /* the table need not be asked */
		return (size_t)((o->has == syn ? put_syn : put_ts_sack_ok)(o, p) - start);
	len = tcp_opts_emit_len(o);
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		if (o->has & writers[i].has)
			p = writers[i].put(o, p);
	assert((size_t)(p - start) == len);
	return len;
}

/* ---- printing ---- */

static void print_hex(struct text *t, const char *name, const uint8_t *p, size_t n)
{
	text_add(t, "%s", name);
	for (size_t i = 0; i < n; i++)
		text_add(t, "%s%02x", i == 0 ? " " : "", p[i]);
}

static void print_sack(struct text *t, const struct tcp_opt *o, struct seq base)
{
	text_add(t, "sack %d ", o->len / 8);
	for (int i = 0; i + 8 <= o->len; i += 8)
		text_add(t, "{%u:%u}", get_be32(o->data + i) - base.v,
			get_be32(o->data + i + 4) - base.v);
}

static void print_ao(struct text *t, const uint8_t *p, size_t mac)
{
	text_add(t, "tcp-ao keyid %u rnextkeyid %u mac", p[0], p[1]);
	print_hex(t, "", p + 2, mac);
}

static void print_cookie(struct text *t, const char *name, const uint8_t *p, size_t n)
{
	text_add(t, "%s %s", name, n == 0 ? "cookiereq" : "cookie");
	print_hex(t, "", p, n);
}

/* True if an option of this kind and length has its own notation. */
static bool print_known(struct text *t, const struct tcp_opt *o, struct seq base)
{
	const uint8_t *p = o->data;

	if (o->kind == TCP_OPT_MSS && o->len == 2)
		text_add(t, "mss %u", get_be16(p));
	else if (o->kind == TCP_OPT_WSCALE && o->len == 1)
		text_add(t, "wscale %u", p[0]);
	else if (o->kind == TCP_OPT_SACK_OK && o->len == 0)
		text_add(t, "sackOK");
	else if (o->kind == TCP_OPT_SACK && o->len > 0 && o->len % 8 == 0)
		print_sack(t, o, base);
	else if (o->kind == TCP_OPT_TS && o->len == 8)
		text_add(t, "TS val %u ecr %u", get_be32(p), get_be32(p + 4));
	else if (o->kind == TCP_OPT_MD5 && o->len == TCP_MD5_LEN)
		print_hex(t, "md5", p, o->len);
	else if (o->kind == TCP_OPT_AO && o->len > 2)
		print_ao(t, p, o->len - 2u);
	else if (o->kind == TCP_OPT_UTO && o->len == 2)
		text_add(t, "uto %u%s", get_be16(p) & 0x7fff, p[0] & 0x80 ? "m" : "s");
	else if (o->kind == TCP_OPT_FASTOPEN)
		print_cookie(t, "tfo", p, o->len);
	else if (o->kind == TCP_OPT_EXPERIMENT && o->len >= 2 &&
		 get_be16(p) == TCP_OPT_FASTOPEN_MAGIC)
		print_cookie(t, "exp-tfo", p + 2, o->len - 2u);
	else
		return false;
	return true;
}

void tcp_opts_print(struct text *t, const uint8_t *p, size_t len, struct seq base)
{
	struct tcp_opt o;
	const char *comma = "";

	while (tcp_opt_next(&o, &p, &len)) {
		text_add(t, "%s", comma);
		comma = ",";
		if (o.kind == TCP_OPT_EOL) {
			text_add(t, "eol");
			return;
		}
		if (o.kind == TCP_OPT_NOP)
			text_add(t, "nop");
		else if (!print_known(t, &o, base)) {
			text_add(t, "unknown-%u", o.kind);
			print_hex(t, "", o.data, o.len);
		}
	}
	if (len > 0)
		text_add(t, "%s[bad opt]", comma);
}
