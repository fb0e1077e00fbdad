/*
 * stack_tcp.c - hostile TCP peer: segments with numbers near those the stack last sent, at a
 * listener and at an active open, while the program writes, reads and closes and time passes.
 * Invariants are asserted after every flush. Each input is played twice: hibernation of idle
 * connections must not be observable.
 *
 *     input = 8-byte records
 *             | op (1) | flags (1) | seq offset (2) | ack offset (2) | window (1) | length (1) |
 *
 * Work is bounded, lest the fuzzer prefer inputs that are merely slow: RECORDS of an input, and
 * FIRINGS timers in a jump of time (a keepalive every second for a day).
 */
#include "stack/tcp/tcp_in.h"
#include "wire_fuzz.h"

enum {
	RECORDS = 128,
	FIRINGS = 24,
	FLOWS = 8, /* pairs of ports, a power of two; others share a hash */
};

struct peer_run {
	struct stack *s;
	struct netdev dev;
	struct tcp_conn *l, *c[2]; /* c[0] is an active open, c[1] accepted */
	struct seq nxt, ack; /* of the stack's last segment, of the highest flow in a record */
	uint16_t from, to;   /* its ports */
	uint32_t flow;       /* that flow */
	nsec_t now;
	/* Hash of everything the stack sent, and when, by connection: of two whose timers expire at
	 * one instant either may be first. */
	uint64_t sent[FLOWS];
};

static void hash_in(uint64_t *hash, uint64_t v)
{
	*hash = (*hash ^ v) * 1099511628211u;
}

static int catch_out(struct netdev *dev, struct pkt *p)
{
	struct peer_run *w = dev->ctx;
	struct tcp_view v;
	struct tcp_seg g;
	uint8_t b[TCP_HDR_MAX + IPV4_HDR_MAX];
	uint32_t n = p->len < sizeof(b) ? p->len : (uint32_t)sizeof(b);
	uint32_t flow;
	uint64_t *sent;

	memcpy(b, p->data, n);
	flow = n > 24 ? (get_be16(b + 20) ^ get_be16(b + 22)) % FLOWS : 0;
	sent = &w->sent[flow];
	for (uint32_t i = 0; i < n; i++)
		hash_in(sent, b[i]);
	hash_in(sent, (uint64_t)stack_now(w->s));
	if (n > 20 && b[9] == IP_PROTO_TCP && flow >= w->flow && tcp_view(&v, b + 20, n - 20)) {
		w->flow = flow;
		tcp_parse(&g, v, NULL);
		w->nxt = seq_add(g.seq, pkt_total(p) - 20 - v.hdr_len + !!(g.flags & 3));
		w->ack = g.ack;
		w->from = g.sport;
		w->to = g.dport;
	}
	pkt_free(p);
	return 0;
}

static const struct netdev_ops ops = {.send = catch_out};

static void inject(struct peer_run *w, const uint8_t *r)
{
	static const uint8_t opts[][12] = {{2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 1, 1},
		{1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 1, 0}, {34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}};
	uint8_t which = (r[0] >> 4) & 3;
	uint32_t len = r[7] * 7u;
	struct pkt *p = pkt_new(stack_pkts(w->s), len + TCP_HDR_MAX);
	struct ip_pair a = {ip_addr_from_v4(0x0a000002), ip_addr_from_v4(0x0a000001)};
	struct ip_rx rx = {.dev = &w->dev, .addr = a, .ttl = 64, .local = true};
	struct tcp_seg g = {.sport = r[0] & 0x40 ? 4000 : w->to,
		.dport = r[0] & 0x40 ? 80 : w->from,
		.seq = seq_add(w->ack, (uint32_t)(int16_t)get_be16(r + 2)),
		.ack = seq_add(w->nxt, (uint32_t)(int16_t)get_be16(r + 4)),
		.flags = r[1],
		.win = (uint16_t)(r[6] << 8 | r[6]),
		.urg = r[7],
		.opt = which < 3 ? opts[which] : NULL,
		.opt_len = which < 3 ? 12 : 0};

	if (!p)
		return;
	tcp_emit(&g, &a, p->data);
	memset(p->data + tcp_emit_len(&g), 'x', len);
	p->len = (uint32_t)tcp_emit_len(&g) + len;
	p->csum_ok = true;
	p->ecn = r[0] >> 6;
	rx.head = p->data;
	stack_at(w->s, w->now);
	tcp_input(w->s, p, &rx);
}

static void program(struct peer_run *w, const uint8_t *r)
{
	static const uint8_t zeros[4096];
	uint8_t buf[512];
	int i = r[1] & 1;
	struct tcp_status f;

	if (!w->c[1] && w->l)
		w->c[1] = tcp_accept(w->s, w->l, &w->c[1]);
	if (!w->c[i])
		return;
	tcp_get_status(w->c[i], &f);
	switch (r[1] >> 1 & 7) {
	case 0:
	case 1: tcp_send(w->s, w->c[i], zeros, get_be16(r + 2) & 4095, r[4] & 7); break;
	case 2:
		tcp_read_done(w->s, w->c[i],
			tcp_read(w->s, w->c[i], &(struct tcp_read){.to = buf, .n = r[2]}));
		break;
	case 3: tcp_shutdown(w->s, w->c[i], TCP_SHUT_WR); break;
	case 5: tcp_disconnect(w->s, w->c[i]); break;
	case 4: tcp_set_opt(w->s, w->c[i], r[2] % TCPO_COUNT, (int8_t)r[3]); break;
	default:
		tcp_close(w->s, w->c[i], r[2] & 1);
		w->c[i] = NULL;
		break;
	}
}

static void settle(struct peer_run *w)
{
	stack_flush(w->s, w->now);
}

/* Advances time to `to`, or to the last timer of a jump; exactly to `exactly` if it is not 0.
 * Returns the new time. */
static nsec_t pass(struct peer_run *w, nsec_t to, nsec_t exactly)
{
	nsec_t t, from = stack_now(w->s);

	if (exactly)
		to = exactly;

	for (int i = 0; (t = stack_next(w->s)) <= to; i++) {
		if (i == FIRINGS && !exactly) {
			must(stack_now(w->s) >
				from); /* otherwise timers re-arm each other forever */
			to = stack_now(w->s);
			break;
		}
		stack_timers(w->s, t > stack_now(w->s) ? t : stack_now(w->s));
		stack_flush(w->s, stack_now(w->s));
	}
	w->now = to;
	stack_at(w->s, w->now);
	return to;
}

static void on_moved(void *ctx, void *owner, struct tcp_conn *c)
{
	(void)ctx;
	*(struct tcp_conn **)owner = c;
}

static void open_run(struct peer_run *w, bool hibernate)
{
	struct ip_addr me = ip_addr_from_v4(0x0a000001);
	struct tcp_end here = {me, 80, 0}, there = {ip_addr_from_v4(0x0a000002), 90, 0};

	w->s = stack_new(&(struct stack_config){.seed = 1, .now = NSEC_SEC, .checked = true});
	w->now = NSEC_SEC;
	w->dev = (struct netdev){.ops = &ops,
		.ctx = w,
		.name = "f0",
		.mtu = 1500,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP};
	stack_attach(w->s, &w->dev);
	stack_addr_add(w->s, &w->dev, &me, 24);
	stack_sysctl(w->s)->tcp_fastopen = 0x607;
	if (hibernate)
		tcp_set_events(w->s, &(struct tcp_events){.moved = on_moved});
	tcp_set_quiet(w->s, 0);
	w->l = tcp_new(w->s, w, false);
	tcp_bind(w->s, w->l, &here);
	tcp_listen(w->s, w->l, 2);
	w->c[0] = tcp_new(w->s, &w->c[0], false);
	tcp_connect(w->s, w->c[0], &there);
	settle(w);
}

/* Returns the hash of what the stack sends. */
static uint64_t play(const uint8_t *data, size_t size, bool hibernate)
{
	static struct peer_run w;
	static nsec_t ends[RECORDS]; /* of the jumps in time, for the second play */
	nsec_t *end = ends, jump;
	uint64_t sent = 0;

	w = (struct peer_run){0};
	open_run(&w, hibernate);
	size = size_min(size, RECORDS * 8);
	for (; size >= 8; data += 8, size -= 8) {
		w.flow = 0;
		if ((data[0] & 3) == 3) {
			nsec_t unit = data[1] & 1 ? NSEC_SEC : NSEC_MSEC;

			jump = pass(&w, w.now + get_be16(data + 2) * unit, hibernate ? *end : 0);
			*end++ = jump;
		} else if ((data[0] & 3) == 2) {
			stack_at(w.s, w.now);
			program(&w, data);
		} else {
			inject(&w, data);
		}
		settle(&w);
	}
	for (int i = 0; i < 2; i++)
		if (w.c[i])
			tcp_close(w.s, w.c[i], true);
	tcp_close(w.s, w.l, true);
	settle(&w);
	stack_free(w.s);
	for (int i = 0; i < FLOWS; i++)
		hash_in(&sent, w.sent[i]);
	return sent;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t awake = play(data, size, false), hibernating = play(data, size, true);

	if (awake != hibernating)
		__builtin_trap();
	return 0;
}
