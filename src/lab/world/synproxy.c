/* synproxy.c - a SYN proxy: synproxy.h. */
#include "lab/world/synproxy.h"

#include "base/siphash.h"
#include "lab/world/need.h"
#include "lab/world/rewrite.h"
#include "lab/world/segment.h"

enum {
	INSIDE,
	OUTSIDE,
	/* offsets in the TCP header */
	SEQ = 4,
	ACK = 8,
	WINDOW = 14,
	/* low bits of a cookie: the MSS, and the minute */
	MSS_BITS = 2,
	MINUTE_BITS = 3,
	LOW_BITS = MSS_BITS + MINUTE_BITS,
	MINUTES_MAX = 2,
	/* low bits of the timestamp of a SYN-ACK */
	TS_WSCALE = 0x0f, /* all set: none */
	TS_SACK = 0x10,
	TS_BITS = 6,
};

struct synproxy {
	struct node node;
	struct synproxy_config config;
	struct synproxy_stats stats;
	struct conntrack ct;
	struct siphash_key key;
	struct port out[2];
};

/* One TCP segment in transit. */
struct passing {
	struct layout l;
	uint16_t flags, win;
	uint32_t seq, ack;
	struct tcp_opts o;
};

static const uint16_t mss_table[1 << MSS_BITS] = {536, 1220, 1440, 1460};

/* --- cookies ---------------------------------------------------------------------------------- */

static uint32_t minute_of(const struct synproxy *s)
{
	return (uint32_t)(s->node.world->now / (60 * NSEC_SEC));
}

static uint32_t hash_of(const struct synproxy *s, const struct tuple *t, uint32_t isn, uint32_t low)
{
	struct {
		struct ip_addr src, dst;
		uint16_t sport, dport;
		uint32_t isn, low;
	} in = {t->src, t->dst, t->sport, t->dport, isn, low};

	return (uint32_t)siphash(&in, sizeof(in), &s->key) << LOW_BITS;
}

static uint32_t cookie_make(
	const struct synproxy *s, const struct tuple *t, uint32_t isn, uint16_t mss)
{
	uint32_t i = (1 << MSS_BITS) - 1, minute = minute_of(s);

	while (i > 0 && mss_table[i] > mss)
		i--;
	return hash_of(s, t, isn, minute << MSS_BITS | i) |
	       minute % (1 << MINUTE_BITS) << MSS_BITS | i;
}

/* The MSS encoded in the cookie; 0 if it does not match that SYN, or has expired. */
static uint16_t cookie_check(
	const struct synproxy *s, const struct tuple *t, uint32_t isn, uint32_t cookie)
{
	uint32_t i = cookie % (1 << MSS_BITS), now = minute_of(s);
	uint32_t age = (now - (cookie >> MSS_BITS)) % (1 << MINUTE_BITS);
	uint32_t low = (now - age) << MSS_BITS | i;

	if (age >= MINUTES_MAX || hash_of(s, t, isn, low) != cookie >> LOW_BITS << LOW_BITS)
		return 0;
	return mss_table[i];
}

/* A timestamp that encodes window scale and SACK of a SYN. */
static uint32_t ts_make(const struct synproxy *s, const struct tcp_opts *o)
{
	uint32_t ms = (uint32_t)(s->node.world->now / NSEC_MSEC);
	uint32_t low = o->has & TCP_HAS_WSCALE ? o->wscale : TS_WSCALE;

	return ms << TS_BITS | low | (o->has & TCP_HAS_SACK_OK ? TS_SACK : 0);
}

/* --- the proxy's own segments ----------------------------------------------------------------- */

static void send(struct synproxy *s, int port, const struct tuple *t, struct tcp_seg *seg)
{
	struct ip_pair a = {t->src, t->dst};

	seg->sport = t->sport;
	seg->dport = t->dport;
	node_forward(s->out[port], segment_packet(s->node.world, &a, seg));
}

static struct tuple reversed(const struct tuple *t)
{
	return (struct tuple){t->dst, t->src, t->dport, t->sport, t->proto};
}

static uint16_t emit_options(const struct tcp_opts *o, uint8_t *room)
{
	return (uint16_t)tcp_opts_emit(o, room);
}

/* The options supported by both the client and the servers. */
static struct tcp_opts common(const struct synproxy *s, const struct tcp_opts *client)
{
	const struct synproxy_config *c = &s->config;
	struct tcp_opts o = {.has = TCP_HAS_MSS, .mss = c->mss, .wscale = c->wscale};

	if (!c->timestamps || !(client->has & TCP_HAS_TS))
		return o;
	o.has |= TCP_HAS_TS;
	if (c->has_wscale)
		o.has |= client->has & TCP_HAS_WSCALE;
	if (c->sack)
		o.has |= client->has & TCP_HAS_SACK_OK;
	return o;
}

/* Sends a SYN-ACK with a cookie and a zero window: the client has to wait for the server's. */
static void answer_syn(struct synproxy *s, const struct passing *p)
{
	struct tuple back = reversed(&p->l.tuple);
	struct tcp_opts o = common(s, &p->o), offered = p->o;
	uint16_t mss = p->o.has & TCP_HAS_MSS ? p->o.mss : mss_table[0];
	uint8_t room[TCP_OPTS_MAX];
	struct tcp_seg seg = {.seq = seq_of(cookie_make(s, &p->l.tuple, p->seq, mss)),
		.ack = seq_of(p->seq + 1),
		.flags = SEG_SYN | SEG_ACK,
		.opt = room};

	s->stats.syn_received++;
	offered.has &= o.has;
	o.tsval = ts_make(s, &offered);
	o.tsecr = p->o.tsval;
	seg.opt_len = emit_options(&o, room);
	send(s, OUTSIDE, &back, &seg);
}

/* Sends the client's SYN, unchanged, to the server. */
static void open_inside(struct synproxy *s, const struct passing *p, uint32_t isn, uint16_t mss)
{
	struct tcp_opts o = {.has = TCP_HAS_MSS, .mss = mss};
	uint8_t room[TCP_OPTS_MAX];
	struct tcp_seg seg = {.seq = seq_of(isn), .flags = SEG_SYN, .win = p->win, .opt = room};

	if (s->config.timestamps && p->o.has & TCP_HAS_TS) {
		o.has |= TCP_HAS_TS;
		o.tsval = p->o.tsval;
		o.wscale = p->o.tsecr & TS_WSCALE;
		o.has |= o.wscale != TS_WSCALE ? TCP_HAS_WSCALE : 0;
		o.has |= p->o.tsecr & TS_SACK ? TCP_HAS_SACK_OK : 0;
	}
	seg.opt_len = emit_options(&o, room);
	send(s, INSIDE, &p->l.tuple, &seg);
}

/* --- from outside ----------------------------------------------------------------------------- */

/* The MSS of the cookie returned by p, and the client's ISN; 0: no cookie. A probe of the closed
 * window repeats the number before the next. */
static uint16_t cookie_of(const struct synproxy *s, const struct passing *p, uint32_t *isn)
{
	uint16_t mss;

	*isn = p->seq - 1;
	mss = cookie_check(s, &p->l.tuple, *isn, p->ack - 1);
	if (mss != 0)
		return mss;
	*isn = p->seq;
	return cookie_check(s, &p->l.tuple, *isn, p->ack - 1);
}

/* An ACK of a client that the server has not answered yet: with a valid cookie it opens the
 * connection inside, or retries that. c is NULL for the first. Returns the reason if it does not;
 * else NULL. */
static const char *returned_cookie(
	struct synproxy *s, const struct passing *p, struct connection *c)
{
	struct ct_segment syn = {.flags = SEG_SYN};
	struct tuple back = reversed(&p->l.tuple);
	uint16_t mss = cookie_of(s, p, &syn.seq);

	if (mss == 0) {
		s->stats.cookie_invalid++;
		return "no valid SYN cookie";
	}
	s->stats.cookie_valid += !c;
	s->stats.cookie_retrans += c != NULL;
	if (!c)
		c = conntrack_add(&s->ct, &p->l.tuple, &back, s->node.world->now);
	if (!c)
		return "connection table full";
	conntrack_tcp(&s->ct, c, 0, &syn, s->node.world->now);
	c->proxied = (struct proxied){
		.answered = true, .cookie = p->ack - 1, .ts = p->o.tsecr, .win = p->win};
	open_inside(s, p, syn.seq, mss);
	return NULL;
}

static bool is_over(const struct connection *c)
{
	return c->state == CT_LAST_ACK || c->state == CT_TIME_WAIT || c->state == CT_CLOSE;
}

/* Why a segment from outside is dropped; NULL if it may pass. */
static const char *from_outside(struct synproxy *s, const struct passing *p, struct connection *c)
{
	const char *why;

	if ((p->flags & (SEG_SYN | SEG_ACK | SEG_RST)) == SEG_SYN) {
		if (c && is_over(c))
			c->expires = s->node.world->now;
		answer_syn(s, p);
		return "answered with a SYN cookie";
	}
	if (c && c->state != CT_SYN_SENT)
		return NULL;
	if (!(p->flags & SEG_ACK) || p->flags & (SEG_SYN | SEG_RST))
		return "no such connection";
	why = returned_cookie(s, p, c);
	return why ? why : "the server is asked first";
}

/* --- from inside ------------------------------------------------------------------------------ */

/* The SYN-ACK of the server: acknowledged on the client's behalf, and the client gets the
 * window. */
static void join(struct synproxy *s, const struct passing *p, struct connection *c)
{
	struct proxied *x = &c->proxied;
	struct tcp_opts o = {.has = p->o.has & TCP_HAS_TS};
	struct tuple back = reversed(&p->l.tuple);
	uint8_t room[TCP_OPTS_MAX];
	struct tcp_seg seg = {.flags = SEG_ACK, .opt = room};
	struct ct_segment ack = {.flags = SEG_ACK, .seq = p->ack, .ack = p->seq + 1};

	x->joined = true;
	x->seq_add = p->seq - x->cookie;
	x->ts_add = p->o.tsval - x->ts;
	o.tsval = p->o.tsecr;
	o.tsecr = p->o.tsval;
	seg.seq = seq_of(p->ack);
	seg.ack = seq_of(p->seq + 1);
	seg.win = x->win;
	seg.opt_len = emit_options(&o, room);
	send(s, INSIDE, &back, &seg);
	conntrack_tcp(&s->ct, c, 0, &ack, s->node.world->now);

	o.tsval = x->ts;
	o.tsecr = p->o.tsecr;
	seg.seq = seq_of(x->cookie + 1);
	seg.ack = seq_of(p->ack);
	seg.win = p->o.has & TCP_HAS_WSCALE ? p->win >> s->config.wscale : p->win;
	emit_options(&o, room);
	send(s, OUTSIDE, &p->l.tuple, &seg);
}

/* Why a segment from inside is dropped; NULL if it may pass. */
static const char *from_inside(struct synproxy *s, const struct passing *p, struct connection *c)
{
	const uint16_t syn_ack = SEG_SYN | SEG_ACK;

	if (!c->proxied.answered || c->proxied.joined)
		return NULL;
	if ((p->flags & syn_ack) == syn_ack) {
		join(s, p, c);
		return "the client has had its SYN-ACK";
	}
	if (p->flags & SEG_RST) /* refused: it gets the sequence number that the client expects */
		c->proxied.seq_add = p->seq - (c->proxied.cookie + 1);
	return NULL;
}

/* --- translation ------------------------------------------------------------------------------ */

struct translation {
	struct proxied by;
	bool to_server;
};

static void translate_option(void *ctx, uint8_t kind, uint8_t *data, uint8_t len)
{
	const struct translation *t = ctx;

	if (kind == TCP_OPT_TS && len == 8 && t->to_server)
		put_be32(data + 4, get_be32(data + 4) + t->by.ts_add);
	if (kind == TCP_OPT_TS && len == 8 && !t->to_server)
		put_be32(data, get_be32(data) - t->by.ts_add);
	for (size_t i = 0; kind == TCP_OPT_SACK && t->to_server && i + 4 <= len; i += 4)
		put_be32(data + i, get_be32(data + i) + t->by.seq_add);
}

static void translate(const struct layout *l, const struct connection *c, int dir)
{
	struct translation t = {c->proxied, dir == 0};

	if (!t.to_server)
		rewrite_add(l, SEQ, 0 - t.by.seq_add);
	else if (l->transport[13] & SEG_ACK)
		rewrite_add(l, ACK, t.by.seq_add);
	rewrite_options(l, translate_option, &t);
}

/* --- the node --------------------------------------------------------------------------------- */

static bool read_tcp(struct packet *packet, struct passing *p)
{
	const uint8_t *t;

	*p = (struct passing){0};
	if (!lay_out(packet->bytes, packet->len, false, &p->l) || p->l.tuple.proto != IP_PROTO_TCP)
		return false;
	t = p->l.transport;
	p->flags = t[13];
	p->seq = get_be32(t + SEQ);
	p->ack = get_be32(t + ACK);
	p->win = get_be16(t + WINDOW);
	tcp_opts_parse(&p->o, t + TCP_HDR_MIN, options_len(&p->l), p->flags & SEG_SYN);
	return true;
}

/* Connections opened by the servers themselves are only recorded, so that answers to them pass. */
static struct connection *begun_inside(struct synproxy *s, const struct passing *p)
{
	struct tuple back = reversed(&p->l.tuple);

	if ((p->flags & (SEG_SYN | SEG_ACK | SEG_RST)) != SEG_SYN)
		return NULL;
	return conntrack_add(&s->ct, &p->l.tuple, &back, s->node.world->now);
}

static const char *pass(struct synproxy *s, int port, const struct passing *p)
{
	nsec_t now = s->node.world->now;
	int dir;
	struct connection *c = conntrack_find(&s->ct, &p->l.tuple, now, &dir);
	struct ct_segment seg = {p->flags, p->seq, p->ack, p->seq + (uint32_t)p->l.len};
	const char *why;

	if (port == OUTSIDE && (!c || dir == 0)) {
		why = from_outside(s, p, c);
		if (why)
			return why;
	}
	if (port == INSIDE && !c) {
		c = begun_inside(s, p);
		dir = 0;
	}
	if (!c)
		return NULL;
	conntrack_tcp(&s->ct, c, dir, &seg, now);
	if (port == INSIDE && dir == 1) {
		why = from_inside(s, p, c);
		if (why)
			return why;
	}
	if (c->proxied.answered)
		translate(&p->l, c, dir);
	return NULL;
}

static void forward(struct node *n, int port, struct packet *packet)
{
	struct synproxy *s = container_of(n, struct synproxy, node);
	struct passing p;
	const char *why = NULL;

	if (read_tcp(packet, &p))
		why = is_intact(&p.l) ? pass(s, port, &p) : "bad checksum";
	if (why)
		packet_drop(n, packet, why);
	else
		node_forward(s->out[1 - port], packet);
}

static void run(struct node *n)
{
}

static void synproxy_free(struct node *n)
{
	struct synproxy *s = container_of(n, struct synproxy, node);

	conntrack_free(&s->ct);
	free(s);
}

static const struct node_ops ops = {forward, run, synproxy_free};

struct synproxy *synproxy_new(struct world *w, const char *name, const struct synproxy_config *c)
{
	struct synproxy *s = need(calloc(1, sizeof(*s)));
	struct prng random;

	s->node.ops = &ops;
	s->config = *c;
	conntrack_init(&s->ct, &c->conntrack);
	world_add(w, &s->node, name, false);
	node_prng(&s->node, &random);
	prng_fill(&random, &s->key, sizeof(s->key));
	return s;
}

struct port synproxy_port(struct synproxy *s, int port, struct port out)
{
	assert(port == INSIDE || port == OUTSIDE);
	s->out[port] = out;
	return (struct port){&s->node, port};
}

const struct synproxy_stats *synproxy_counted(const struct synproxy *s)
{
	return &s->stats;
}

uint32_t synproxy_connections(const struct synproxy *s)
{
	return s->ct.table[0].count;
}
