/*
 * scripted_peer.c - the wire between one instance and the test that is its peer.
 */
#include "stack/tcp/test/scripted_peer.h"
#include "base/test/test.h"

#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_priv.h"

enum {
	LOCAL_PORT = 80,
	ISS = 0xfffffff0, /* the sequence numbers wrap soon */
};

static int wire_send(struct netdev *dev, struct pkt *pkt)
{
	struct peer *p = dev->ctx;
	uint8_t bytes[2048];
	struct ipv4_view v4;
	struct ipv4 h;
	struct tcp_view v;
	struct tcp_seg g;
	struct peer_out *o = &p->out[p->outs];

	pkt_bytes(pkt, bytes);
	assert_true(ipv4_view(&v4, bytes, pkt_total(pkt)));
	assert_int_equal(ipv4_parse(&h, v4), DROP_NONE);
	assert_true(tcp_view(&v, h.data, h.len));
	assert_int_equal(tcp_parse(&g, v, &h.addr), DROP_NONE);
	assert_in_range(p->outs, 0, PEER_OUTS - 1);
	if (g.flags & SEG_SYN) {
		p->its = g.seq;
		p->here_port = g.sport;
		p->synced = true;
	}
	*o = (struct peer_out){.flags = g.flags,
		.win = g.win,
		.urg = g.urg,
		.seq = p->synced ? g.seq.v - p->its.v : g.seq.v,
		.ack = g.flags & SEG_ACK ? g.ack.v - p->mine.v : 0,
		.len = g.len};
	if (o->seq > 0 && o->seq + g.len <= PEER_BYTES)
		memcpy(p->data + o->seq - 1, g.data, g.len);
	tcp_opts_parse(&o->o, g.opt, g.opt_len, g.flags & SEG_SYN);
	p->cookie_len = o->o.has & TCP_HAS_FASTOPEN ? o->o.cookie_len : 0;
	if (p->cookie_len > 0)
		memcpy(p->cookie, o->o.cookie, p->cookie_len);
	p->outs++;
	pkt_free(pkt);
	return 0;
}

static const struct netdev_ops wire_ops = {.send = wire_send};

static void on_notify(void *ctx, void *owner, uint32_t events)
{
	((struct peer *)ctx)->events |= events;
}

struct peer *peer_new(void)
{
	struct peer *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->now = 10 * NSEC_SEC;
	p->s = stack_new(&(struct stack_config){.seed = 1, .now = p->now, .checked = true});
	assert_non_null(p->s);
	p->dev = (struct netdev){.ops = &wire_ops,
		.ctx = p,
		.name = "w0",
		.mtu = 1500,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP};
	stack_attach(p->s, &p->dev);
	ip_addr_parse(&p->here, "10.0.0.1");
	ip_addr_parse(&p->there, "10.0.0.2");
	stack_addr_add(p->s, &p->dev, &p->here, 24);
	tcp_set_events(p->s, &(struct tcp_events){.ctx = p, .notify = on_notify});
	p->port = 50000;
	p->here_port = LOCAL_PORT;
	p->mine = seq_of(ISS);
	p->win = 65535;
	return p;
}

void peer_free(struct peer *p)
{
	if (p->c)
		tcp_close(p->s, p->c, true);
	if (p->l)
		tcp_close(p->s, p->l, true);
	stack_flush(p->s, p->now);
	stack_free(p->s);
	free(p);
}

int peer_begin(void **state)
{
	*state = peer_new();
	return 0;
}

int peer_end(void **state)
{
	peer_free(*state);
	return 0;
}

void peer_wait(struct peer *p, nsec_t span)
{
	nsec_t until = p->now + span, next;

	p->outs = 0;
	stack_flush(p->s, p->now);
	while ((next = stack_next(p->s)) <= until) {
		p->now = next > p->now ? next : p->now;
		stack_timers(p->s, p->now);
		stack_flush(p->s, p->now);
	}
	p->now = until;
	stack_at(p->s, p->now);
}

void peer_in(struct peer *p, uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	uint8_t text[2048], opt[TCP_OPTS_MAX];
	struct ip_pair a = {p->there, p->here};
	struct tcp_seg g = {.sport = p->port,
		.dport = p->here_port,
		.seq = seq_add(p->mine, seq),
		.ack = seq_add(p->its, ack),
		.flags = flags,
		.win = p->win,
		.urg = p->urg,
		.opt = opt,
		.opt_len = (uint16_t)tcp_opts_emit_len(&p->o),
		.len = len,
		.data = text};
	uint32_t n = (uint32_t)tcp_emit_len(&g) + len;
	struct ipv4 h = {
		.addr = a, .ttl = 64, .proto = IP_PROTO_TCP, .df = true, .len = (uint16_t)n};
	struct pkt *pkt = pkt_new(stack_pkts(p->s), IPV4_HDR_MIN + n);

	assert_in_range(len, 0, sizeof(text));
	assert_non_null(pkt);
	for (uint32_t i = 0; i < len; i++)
		text[i] = (uint8_t)('a' + (seq + i - 1) % 26);
	tcp_opts_emit(&p->o, opt);
	ipv4_emit(&h, pkt->data);
	tcp_emit(&g, &a, pkt->data + IPV4_HDR_MIN);
	pkt->len = IPV4_HDR_MIN + n;
	p->outs = 0;
	stack_input(p->s, &p->dev, pkt, p->now);
	if (!p->hold)
		stack_flush(p->s, p->now);
}

void peer_listen(struct peer *p, int backlog)
{
	struct tcp_end e = {p->here, LOCAL_PORT, 0};

	p->l = tcp_new(p->s, p, false);
	assert_int_equal(tcp_bind(p->s, p->l, &e), 0);
	assert_int_equal(tcp_listen(p->s, p->l, backlog), 0);
}

static void syn(struct peer *p)
{
	struct tcp_opts o = p->o;

	p->o.has |= TCP_HAS_MSS;
	p->o.mss = 1460;
	peer_in(p, SEG_SYN, 0, 0, 0);
	p->o = o;
}

static void connect_out(struct peer *p)
{
	struct tcp_end from = {p->here, LOCAL_PORT, 0}, to = {p->there, p->port, 0};

	p->c = tcp_new(p->s, p, false);
	assert_int_equal(tcp_bind(p->s, p->c, &from), 0);
	assert_int_equal(tcp_connect(p->s, p->c, &to), 0);
	peer_wait(p, 0);
}

void peer_active(struct peer *p)
{
	connect_out(p);
	peer_in(p, SEG_SYN | SEG_ACK, 0, 1, 0);
}

/* The state through which each state is reached. */
static const uint8_t before[TCPS_COUNT] = {
	[TCPS_SYN_RCVD] = TCPS_LISTEN,
	[TCPS_ESTABLISHED] = TCPS_SYN_RCVD,
	[TCPS_FIN_WAIT_1] = TCPS_ESTABLISHED,
	[TCPS_FIN_WAIT_2] = TCPS_FIN_WAIT_1,
	[TCPS_CLOSING] = TCPS_FIN_WAIT_1,
	[TCPS_TIME_WAIT] = TCPS_FIN_WAIT_2,
	[TCPS_CLOSE_WAIT] = TCPS_ESTABLISHED,
	[TCPS_LAST_ACK] = TCPS_CLOSE_WAIT,
};

void peer_to(struct peer *p, uint8_t state)
{
	if (before[state])
		peer_to(p, before[state]);
	switch (state) {
	case TCPS_LISTEN: peer_listen(p, 8); return;
	case TCPS_SYN_SENT: connect_out(p); break;
	case TCPS_SYN_RCVD: syn(p); break;
	case TCPS_ESTABLISHED:
		peer_in(p, SEG_ACK, 1, 1, 0);
		p->c = tcp_accept(p->s, p->l, p);
		assert_non_null(p->c);
		break;
	case TCPS_FIN_WAIT_1:
	case TCPS_LAST_ACK: peer_shutdown(p); break;
	case TCPS_FIN_WAIT_2: peer_in(p, SEG_ACK, 1, 2, 0); break;
	case TCPS_CLOSING:
	case TCPS_CLOSE_WAIT: peer_in(p, SEG_FIN | SEG_ACK, 1, 1, 0); break;
	case TCPS_TIME_WAIT: peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0); break;
	default: break;
	}
	assert_int_equal(peer_state(p), state);
	p->outs = 0;
}

void peer_shutdown(struct peer *p)
{
	assert_int_equal(tcp_shutdown(p->s, p->c, TCP_SHUT_WR), 0);
	peer_wait(p, 0);
}

void peer_close(struct peer *p, bool abort)
{
	p->outs = 0;
	tcp_close(p->s, p->c, abort);
	p->c = NULL;
	stack_flush(p->s, p->now);
}

void peer_write(struct peer *p, uint32_t n)
{
	static const uint8_t text[4096];

	assert_int_equal(tcp_send(p->s, p->c, text, n, 0), n);
	peer_wait(p, 0);
}

size_t peer_read(struct peer *p, size_t n)
{
	uint8_t to[4096];
	struct tcp_read r = {.to = to, .n = n};
	size_t got;

	assert_in_range(n, 0, sizeof(to));
	p->outs = 0;
	got = tcp_read(p->s, p->c, &r);
	tcp_read_done(p->s, p->c, got);
	stack_flush(p->s, p->now);
	return got;
}

uint8_t peer_state(struct peer *p)
{
	struct tcp_tuple t = {p->here, p->there, p->here_port, p->port};
	struct tcp_key *k = tcp_find(p->s, &t);

	if (!k)
		return TCPS_CLOSED;
	return k->kind == TCP_KIND_TW ? container_of(k, struct tcp_tw, key)->substate : k->state;
}

void peer_sent(struct peer *p, uint16_t flags, uint32_t seq, uint32_t ack)
{
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->out[0].flags, flags);
	assert_int_equal(p->out[0].seq, seq);
	assert_int_equal(p->out[0].ack, ack);
}

void peer_silent(struct peer *p)
{
	assert_int_equal(p->outs, 0);
}

uint64_t peer_count(const struct peer *p, enum mib which)
{
	return mib_get(stack_mib(p->s), which);
}

int peer_error(struct peer *p)
{
	return tcp_take_error(p->c);
}
