/*
 * random_segments.c - one hostile peer: brings a connection into a state, then sends random
 * segments.
 */
#include "socket/test/random_segments.h"

#include "socket/instance.h"
#include "stack/stack.h"
#include "stack/tcp/tcp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

enum {
	HERE = 0x0a000001,
	THERE = 0x0a000002,
	PORTS = 3, /* of the peer */
	PORT_FIRST = 50000,
	LISTEN_PORT = 80,
	ENDS = 8, /* sockets of the program */
	STEPS = 96,
	TEXT_MAX = 4000,
	END_S = 20000, /* by which the last orphan has given up */
};

/* The peer's state of one pair of ports. */
struct flow {
	uint16_t lport;   /* of the last segment received */
	struct seq first; /* of the peer's SYN */
	struct seq iss;   /* of the instance's last SYN, and its port */
	uint16_t iss_lport;
	struct seq nxt; /* after the last data sent */
	struct seq ack; /* the next byte expected */
};

/* A socket of the program. */
struct end {
	int fd; /* -1: none */
	bool began, over;
	bool deaf;         /* shut for reading by the program: data is accepted, 0 is not the end */
	uint8_t next, out; /* the next byte to be read, to be written */
};

struct world {
	const struct draw *d;
	struct stack *s;
	struct burble *bs;
	struct netdev dev;
	nsec_t now;
	struct flow flow[PORTS];
	struct end end[ENDS];
	int listener, epoll;
	bool urgent; /* urgent bytes leave the stream: its contents are not checked */
};

static uint32_t below(struct world *w, uint32_t n)
{
	return w->d->below(w->d->ctx, n);
}

/* --- the wire --------------------------------------------------------------------------------- */

/* The program writes 0, 1, 2 ... to every connection: checks that. */
static void check_sent(const struct world *w, const struct flow *f, const struct tcp_seg *g)
{
	if (w->urgent || (g->flags & SEG_SYN) || g->sport != f->iss_lport)
		return;
	for (uint32_t i = 0; i < g->len; i++)
		assert(g->data[i] == (uint8_t)(g->seq.v - f->iss.v - 1 + i));
}

static int hear(struct netdev *dev, struct pkt *p)
{
	struct world *w = dev->ctx;
	static uint8_t bytes[65536];
	struct ipv4_view v4;
	struct ipv4 h;
	struct tcp_view v;
	struct tcp_seg g;

	pkt_bytes(p, bytes);
	if (!ipv4_view(&v4, bytes, pkt_total(p)) || ipv4_parse(&h, v4) != DROP_NONE ||
		h.proto != IP_PROTO_TCP) {
		pkt_free(p);
		return 0;
	}
	assert(tcp_view(&v, h.data, h.len) && tcp_parse(&g, v, &h.addr) == DROP_NONE);
	assert(g.dport >= PORT_FIRST && g.dport < PORT_FIRST + PORTS);
	struct flow *f = &w->flow[g.dport - PORT_FIRST];

	if (g.flags & SEG_SYN) {
		f->iss = g.seq;
		f->iss_lport = g.sport;
	}
	if (!(g.flags & SEG_RST)) {
		check_sent(w, f, &g);
		f->lport = g.sport;
		f->nxt = seq_add(g.seq, tcp_seg_space(&g));
		if (g.flags & SEG_ACK)
			f->ack = g.ack;
	}
	pkt_free(p);
	return 0;
}

static const struct netdev_ops wire_ops = {.send = hear};

/* Sends g with the payload for its sequence numbers, the low byte of each. */
static void say(struct world *w, uint32_t i, struct tcp_seg *g, const struct tcp_opts *o)
{
	static uint8_t text[65536];
	uint8_t opt[TCP_OPTS_MAX];
	struct ip_pair a = {ip_addr_from_v4(THERE), ip_addr_from_v4(HERE)};
	struct ipv4 h = {.addr = a, .ttl = 64, .proto = IP_PROTO_TCP, .df = true};
	struct pkt *p;
	uint32_t n;

	for (uint32_t k = 0; k < g->len; k++)
		text[k] = (uint8_t)(g->seq.v + k);
	g->data = text;
	g->sport = (uint16_t)(PORT_FIRST + i);
	g->dport = w->flow[i].lport;
	g->opt = opt;
	g->opt_len = (uint16_t)tcp_opts_emit(o, opt);
	n = (uint32_t)tcp_emit_len(g) + g->len;
	h.len = (uint16_t)n;
	p = pkt_new(stack_pkts(w->s), IPV4_HDR_MIN + n);
	assert(p);
	ipv4_emit(&h, p->data);
	tcp_emit(g, &a, p->data + IPV4_HDR_MIN);
	p->len = IPV4_HDR_MIN + n;
	stack_input(w->s, &w->dev, p, w->now);
	stack_flush(w->s, w->now);
}

/* The segment that a correct peer would send next. */
static void say_next(struct world *w, uint32_t i, uint16_t flags, uint32_t len)
{
	struct flow *f = &w->flow[i];
	struct tcp_seg g = {.seq = f->ack, .ack = f->nxt, .flags = flags, .win = 60000, .len = len};
	struct tcp_opts o = {0};

	if (flags & SEG_SYN) {
		g.seq = f->first;
		o.has = TCP_HAS_MSS | TCP_HAS_SACK_OK | (below(w, 2) ? TCP_HAS_TS : 0) |
			(below(w, 2) ? TCP_HAS_WSCALE : 0);
		o.mss = 1460;
		o.wscale = 7;
		o.tsval = 1000;
	}
	say(w, i, &g, &o);
}

/* --- drawn segments --------------------------------------------------------------------------- */

static struct seq near(struct world *w, struct seq at)
{
	return seq_add(at, below(w, 9) - 4u);
}

static struct seq draw_seq(struct world *w, const struct flow *f)
{
	switch (below(w, 10)) {
	case 0: return near(w, f->first);
	case 1: return seq_sub(f->ack, below(w, TEXT_MAX));
	case 2: return seq_add(f->ack, below(w, TEXT_MAX));
	case 3: return seq_add(f->ack, below(w, 1 << 17));
	case 4: return seq_of(below(w, UINT32_MAX));
	case 5:
	case 6: return f->ack;
	default: return near(w, f->ack);
	}
}

static struct seq draw_ack(struct world *w, const struct flow *f)
{
	switch (below(w, 8)) {
	case 0: return near(w, f->iss);
	case 1: return seq_sub(f->nxt, below(w, TEXT_MAX));
	case 2: return seq_of(below(w, UINT32_MAX));
	case 3: return near(w, f->nxt);
	default: return f->nxt;
	}
}

static uint16_t draw_flags(struct world *w)
{
	static const uint16_t likely[] = {0, 0, 0, SEG_PSH, SEG_PSH, SEG_FIN, SEG_FIN | SEG_PSH,
		SEG_URG, SEG_ECE, SEG_CWR, SEG_SYN, SEG_RST};
	uint16_t flags;

	if (below(w, 6) == 0)
		flags = (uint16_t)below(w, SEG_FLAGS + 1);
	else
		flags = SEG_ACK | likely[below(w, ARRAY_SIZE(likely))];
	return w->urgent ? flags : flags & (uint16_t)~SEG_URG;
}

static uint32_t draw_len(struct world *w)
{
	switch (below(w, 6)) {
	case 0:
	case 1: return 0;
	case 2: return below(w, 4);
	case 3: return below(w, TEXT_MAX);
	case 4: return 1460;
	default: return below(w, 40);
	}
}

static void draw_opts(struct world *w, const struct flow *f, uint16_t flags, struct tcp_opts *o)
{
	*o = (struct tcp_opts){0};
	if (below(w, 3) == 0) {
		o->has |= TCP_HAS_TS;
		o->tsval = below(w, 4) ? 1000 + (uint32_t)(w->now / NSEC_MSEC) : below(w, 1 << 30);
		o->tsecr = below(w, 4) ? 0 : below(w, 1 << 30);
	}
	if ((flags & SEG_SYN) && below(w, 2)) {
		o->has |= TCP_HAS_MSS | TCP_HAS_SACK_OK;
		o->mss = (uint16_t)below(w, 2000);
	} else if (!(flags & SEG_SYN) && below(w, 4) == 0) {
		o->has |= TCP_HAS_SACK;
		o->sack_count = (uint8_t)(1 + below(w, 3));
		for (uint8_t i = 0; i < o->sack_count; i++) {
			o->sack[i].left = seq_sub(f->nxt, below(w, TEXT_MAX));
			o->sack[i].right = seq_add(o->sack[i].left, below(w, TEXT_MAX));
		}
	}
}

static void draw_segment(struct world *w)
{
	uint32_t i = below(w, 4) ? 0 : below(w, PORTS);
	struct flow *f = &w->flow[i];
	struct tcp_opts o;
	struct tcp_seg g = {.seq = draw_seq(w, f), .ack = draw_ack(w, f), .flags = draw_flags(w)};

	g.len = draw_len(w);
	g.win = (uint16_t)(below(w, 3) ? 60000 : below(w, 1 << 16));
	g.urg = (uint16_t)(w->urgent ? below(w, 2) ? below(w, 1 << 16) : g.len : 0);
	draw_opts(w, f, g.flags, &o);
	say(w, i, &g, &o);
}

/* --- the program ------------------------------------------------------------------------------ */

static struct end *free_end(struct world *w)
{
	for (int i = 0; i < ENDS; i++)
		if (w->end[i].fd < 0)
			return &w->end[i];
	return NULL;
}

static void begin_end(struct end *e, int fd)
{
	*e = (struct end){.fd = fd < 0 ? -1 : fd};
}

static void call_accept(struct world *w)
{
	struct end *e = free_end(w);

	if (e)
		begin_end(e, burble_accept4_call(w->bs, w->listener, (struct burble_addr){0},
				     SOCK_NONBLOCK, NULL));
	if (e && e->fd >= 0 && below(w, 2)) {
		struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};

		burble_epoll_ctl(w->bs, w->epoll, EPOLL_CTL_ADD, e->fd, &ev);
	}
}

static void call_connect(struct world *w, uint32_t i)
{
	struct end *e = free_end(w);
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)(PORT_FIRST + i))};

	a.sin_addr.s_addr = htonl(THERE);
	if (!e)
		return;
	begin_end(e, burble_socket(w->bs, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	burble_connect_call(w->bs, e->fd, (struct sockaddr *)&a, sizeof(a), NULL);
	stack_flush(w->s, w->now);
}

static void call_write(struct world *w, struct end *e)
{
	static const int flags[] = {0, 0, MSG_MORE, MSG_OOB, MSG_EOR};
	static uint8_t text[TEXT_MAX];
	uint32_t n = below(w, TEXT_MAX);
	int how = flags[below(w, w->urgent ? ARRAY_SIZE(flags) : 3)];
	ssize_t done;

	for (uint32_t i = 0; i < n; i++)
		text[i] = (uint8_t)(e->out + i);
	done = burble_send_call(w->bs, e->fd, (struct iovec){text, n}, how, NULL);
	assert(done <= (ssize_t)n);
	if (done > 0)
		e->out = (uint8_t)(e->out + done);
}

/* Checks that the data read continues the data read before. */
static void check_read(const struct world *w, struct end *e, const uint8_t *p, ssize_t n, int flags)
{
	if (n == 0 && !e->deaf)
		e->over = true;
	if (n <= 0 || w->urgent)
		return;
	assert(!e->over);
	if (!e->began && !(flags & MSG_TRUNC)) {
		e->began = true;
		e->next = p[0];
	}
	for (ssize_t i = 0; i < n && !(flags & MSG_TRUNC); i++)
		assert(p[i] == (uint8_t)(e->next + i));
	if (!(flags & MSG_PEEK))
		e->next = (uint8_t)(e->next + n);
}

static void call_read(struct world *w, struct end *e)
{
	static const int flags[] = {0, 0, 0, MSG_PEEK, MSG_TRUNC, MSG_OOB};
	static uint8_t to[2 * TEXT_MAX];
	uint32_t n = 1 + below(w, below(w, 2) ? 30 : 2 * TEXT_MAX);
	int how = flags[below(w, w->urgent ? ARRAY_SIZE(flags) : 5)], left = 0;
	bool asked = burble_ioctl(w->bs, e->fd, FIONREAD, &left) == 0;
	ssize_t got = burble_recv_call(w->bs, e->fd, (struct iovec){to, n}, how, NULL);

	assert(got <= (ssize_t)n);
	if (asked && !w->urgent && got > 0)
		assert(got <= left);
	if (how != MSG_OOB)
		check_read(w, e, to, got, how);
}

static void call_option(struct world *w, const struct end *e)
{
	static const struct {
		int level, name, top;
	} opts[] = {{IPPROTO_TCP, TCP_NODELAY, 2}, {IPPROTO_TCP, TCP_CORK, 2},
		{SOL_SOCKET, SO_OOBINLINE, 2}, {SOL_SOCKET, SO_RCVBUF, 20000},
		{SOL_SOCKET, SO_SNDBUF, 20000}, {IPPROTO_TCP, TCP_QUICKACK, 2},
		{SOL_SOCKET, SO_KEEPALIVE, 2}, {IPPROTO_TCP, TCP_WINDOW_CLAMP, 9000},
		{SOL_SOCKET, SO_RCVLOWAT, 5000}, {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5000},
		{IPPROTO_TCP, TCP_LINGER2, 90}, {IPPROTO_TCP, TCP_USER_TIMEOUT, 30000},
		{IPPROTO_TCP, TCP_KEEPIDLE, 90}};
	uint32_t i = below(w, ARRAY_SIZE(opts));
	int value = (int)below(w, (uint32_t)opts[i].top);
	struct linger linger = {1, (int)below(w, 2)};

	if (below(w, 12) == 0)
		burble_setopt(w->bs, e->fd, SOL_SOCKET, SO_LINGER,
			(struct iovec){&linger, sizeof(linger)});
	else
		burble_setopt(w->bs, e->fd, opts[i].level, opts[i].name,
			(struct iovec){&value, sizeof(value)});
}

static void call_look(struct world *w, const struct end *e)
{
	struct epoll_event ev[4];
	struct tcp_info info;
	struct iovec v = {&info, sizeof(info)};

	burble_ready(w->bs, e->fd);
	burble_epoll_wait_call(w->bs, w->epoll, ev, 4, NULL);
	burble_getopt(w->bs, e->fd, IPPROTO_TCP, TCP_INFO, &v);
}

static void call_shutdown(struct world *w, struct end *e)
{
	int how = (int)below(w, 3);

	e->deaf |= how != SHUT_WR;
	burble_shutdown(w->bs, e->fd, how);
}

static void call_disconnect(struct world *w, struct end *e)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	if (burble_connect_call(w->bs, e->fd, &none, sizeof(none), NULL) == 0)
		begin_end(e, e->fd);
}

static void call_close(struct world *w, struct end *e)
{
	burble_close_call(w->bs, e->fd, NULL);
	e->fd = -1;
}

static void draw_call(struct world *w)
{
	struct end *e = &w->end[below(w, 3) ? 0 : below(w, ENDS)];
	uint32_t what = below(w, 16);

	if (what < 2)
		call_accept(w);
	else if (what == 2)
		call_connect(w, below(w, PORTS));
	else if (e->fd < 0)
		return;
	else if (what < 6)
		call_write(w, e);
	else if (what < 10)
		call_read(w, e);
	else if (what == 10)
		call_shutdown(w, e);
	else if (what == 11)
		call_close(w, e);
	else if (what == 12 && below(w, 4) == 0)
		call_disconnect(w, e);
	else if (what < 14)
		call_option(w, e);
	else
		call_look(w, e);
	stack_flush(w->s, w->now);
}

static void pass(struct world *w, nsec_t span)
{
	nsec_t until = w->now + span, next;

	while ((next = stack_next(w->s)) <= until) {
		w->now = next > w->now ? next : w->now;
		stack_timers(w->s, w->now);
		stack_flush(w->s, w->now);
	}
	w->now = until;
	stack_at(w->s, w->now);
}

static void draw_time(struct world *w)
{
	static const nsec_t most[] = {NSEC_MSEC, 50 * NSEC_MSEC, NSEC_SEC, 100 * NSEC_SEC};

	pass(w, most[below(w, ARRAY_SIZE(most))] / 16 * below(w, 16));
}

/* --- the way into a state --------------------------------------------------------------------- */

/*
 * c connect   s SYN   S SYN-ACK   a ACK   t text   F FIN   f FIN that leaves ours unacknowledged
 * A accept    o write w shutdown for writing       x close
 */
static const char *const ways[] = {
	"",                                     /* LISTEN */
	"c",                                    /* SYN-SENT */
	"s", "cs",                              /* SYN-RECEIVED, the second by simultaneous open */
	"saA", "cS", "saAto", "csSo",           /* ESTABLISHED */
	"saAw", "saAx", "saAtow",               /* FIN-WAIT-1 */
	"saAwa", "saAxa", "cStwa",              /* FIN-WAIT-2, the second without an owner */
	"saAwf", "saAxf", "cStwf",              /* CLOSING */
	"saAwaF", "saAxaF",                     /* TIME-WAIT */
	"saAF", "saAtF", "cSF", "saF", "cSotF", /* CLOSE-WAIT */
	"saAFw", "saAFx", "cStFow",             /* LAST-ACK */
};

static void go(struct world *w, char step)
{
	struct flow *f = &w->flow[0];
	struct end *e = &w->end[0];

	switch (step) {
	case 'c': call_connect(w, 0); break;
	case 's': say_next(w, 0, SEG_SYN, 0); break;
	case 'S': say_next(w, 0, SEG_SYN | SEG_ACK, 0); break;
	case 'a': say_next(w, 0, SEG_ACK, 0); break;
	case 't': say_next(w, 0, SEG_ACK | SEG_PSH, 10); break;
	case 'F': say_next(w, 0, SEG_FIN | SEG_ACK, 0); break;
	case 'f':
		f->nxt = seq_sub(f->nxt, 1);
		say_next(w, 0, SEG_FIN | SEG_ACK, 0);
		break;
	case 'A': call_accept(w); break;
	case 'o': call_write(w, e); break;
	case 'w': burble_shutdown(w->bs, e->fd, SHUT_WR); break;
	default: call_close(w, e); break;
	}
	stack_flush(w->s, w->now);
}

/* --- a world ---------------------------------------------------------------------------------- */

static void open_listener(struct world *w)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(LISTEN_PORT)};

	w->listener = burble_socket(w->bs, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	burble_bind(w->bs, w->listener, (struct sockaddr *)&a, sizeof(a));
	burble_listen(w->bs, w->listener, 3);
	w->epoll = burble_epoll_create1(w->bs, 0);
}

static void world_open(struct world *w, const struct draw *d)
{
	struct ip_addr here = ip_addr_from_v4(HERE);

	*w = (struct world){.d = d, .now = NSEC_SEC};
	w->s = stack_new(&(struct stack_config){.seed = 1, .now = w->now, .checked = true});
	w->dev = (struct netdev){.ops = &wire_ops,
		.ctx = w,
		.name = "w0",
		.mtu = 1500,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP};
	stack_attach(w->s, &w->dev);
	stack_addr_add(w->s, &w->dev, &here, 24);
	w->bs = sockets_new(w->s, &(struct burble_config){.fds_max = 32});
	if (below(w, 2))
		tcp_set_quiet(w->s, 0);
	w->urgent = below(w, 3) == 0;
	for (uint32_t i = 0; i < PORTS; i++)
		w->flow[i] = (struct flow){.lport = LISTEN_PORT,
			.first = seq_of(below(w, 2) ? UINT32_MAX - below(w, 40) : 1000),
			.ack = seq_of(1000)};
	for (int i = 0; i < ENDS; i++)
		w->end[i].fd = -1;
	open_listener(w);
}

static void world_close(struct world *w)
{
	struct tcp_memory m;

	sockets_free(w->bs);
	stack_flush(w->s, w->now);
	for (nsec_t next; (next = stack_next(w->s)) <= w->now + END_S * NSEC_SEC;) {
		w->now = next > w->now ? next : w->now;
		stack_timers(w->s, w->now);
		stack_flush(w->s, w->now);
	}
	tcp_memory(w->s, &m);
	assert(m.awake == 0 && m.idle == 0);
	stack_detach(w->s, &w->dev);
	stack_free(w->s);
}

void segments_play(const struct draw *d)
{
	static struct world world;
	struct world *w = &world;

	world_open(w, d);
	for (const char *way = ways[below(w, ARRAY_SIZE(ways))]; *way; way++)
		go(w, *way);
	for (int i = 0; i < STEPS && d->more(d->ctx); i++) {
		uint32_t what = below(w, 16);

		if (what < 10)
			draw_segment(w);
		else if (what < 14)
			draw_call(w);
		else
			draw_time(w);
	}
	world_close(w);
}
