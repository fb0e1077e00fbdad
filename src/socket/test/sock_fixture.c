/*
 * sock_fixture.c - the fake: does what the test says, and keeps what it was asked.
 */
#include "socket/test/sock_fixture.h"
#include "socket/stream.h"
#include "stack/ip/ip.h"
#include "stack/stack_priv.h"
#include "stack/tcp/auth/tcp_ao.h"
#include "stack/udp/udp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* The TCP of the fake; the rest of the stack is real. */
struct tcp_state {
	struct tcp_events ev;
	struct tcp_conn *all[256];
	int count;
};

struct stack *fake_stack(void)
{
	struct stack *s = calloc(1, sizeof(*s));
	wheel_init(&s->wheel, 0, NSEC_USEC);
	prng_seed(&s->prng, 1);
	sysctl_init(&s->sysctl);
	pkt_pool_init(&s->pkts);
	s->tcp = calloc(1, sizeof(*s->tcp));
	assert_non_null(ip_new(s));
	assert_non_null(udp_state_new(s));
	return s;
}

void fake_stack_free(struct stack *s)
{
	for (int i = 0; i < s->tcp->count; i++)
		free(s->tcp->all[i]);
	free(s->tcp);
	udp_state_free(s);
	ip_free(s);
	pkt_pool_free(&s->pkts);
	free(s);
}

void fake_flush(struct stack *s)
{
	do
		udp_flush(s);
	while (ip_flush(s) || udp_dirty(s));
}

void fake_now(struct stack *s, nsec_t now)
{
	s->now = now;
}

struct tcp_conn *fake_conn(struct burble *bs, int fd)
{
	int err;
	return sock_find(bs, fd, &err)->tcp;
}

void fake_become(struct stack *s, struct tcp_conn *c, uint8_t state, uint32_t news)
{
	c->f.state = state;
	if (c->owner)
		s->tcp->ev.news(s->tcp->ev.ctx, c->owner, news);
}

void fake_data(struct stack *s, struct tcp_conn *c, const char *text)
{
	size_t n = strlen(text);
	memcpy(c->in + c->in_len, text, n);
	c->in_len += n;
	c->f.readable += (uint32_t)n;
	c->f.before_mark = c->f.unread += (uint32_t)n;
	if (c->owner && c->f.readable >= c->rcvlowat)
		s->tcp->ev.news(s->tcp->ev.ctx, c->owner, TCP_NEWS_IN);
}

struct tcp_conn *fake_arrival(struct stack *s, struct tcp_conn *l)
{
	struct tcp_conn *c = tcp_new(s, NULL, false), **at = &l->next;
	c->f.state = TCPS_ESTABLISHED;
	c->f.writable = c->f.room = true;
	c->peer = (struct tcp_end){ip_addr_from_v4(0x0a000002), 5555, 0};
	while (*at)
		at = &(*at)->next;
	*at = c;
	l->f.accept = true;
	s->tcp->ev.news(s->tcp->ev.ctx, l->owner, TCP_NEWS_IN);
	return c;
}

nsec_t stack_now(const struct stack *s)
{
	return s->now;
}

void stack_at(struct stack *s, nsec_t now)
{
	s->now = now;
}

struct sysctl *stack_sysctl(struct stack *s)
{
	return &s->sysctl;
}

void tcp_set_events(struct stack *s, const struct tcp_events *ev)
{
	s->tcp->ev = *ev;
}

struct tcp_conn *tcp_new(struct stack *s, void *owner, bool v6)
{
	struct tcp_conn *c = calloc(1, sizeof(*c));
	(void)v6;
	assert(s->tcp->count < 256);
	s->tcp->all[s->tcp->count++] = c;
	c->owner = owner;
	c->f.state = TCPS_CLOSED;
	c->f.writable = true;
	c->out_room = FAKE_BYTES;
	c->in_urgent = SIZE_MAX;
	return c;
}

void tcp_set_bind_flags(struct tcp_conn *c, uint8_t flags)
{
	c->bind_flags = flags;
}

int tcp_bind(struct stack *s, struct tcp_conn *c, const struct tcp_end *e)
{
	c->local = *e;
	if (c->local.port == 0)
		c->local.port = (uint16_t)(40000 + s->tcp->count);
	return 0;
}

int tcp_listen(struct stack *s, struct tcp_conn *c, int backlog)
{
	(void)s;
	c->backlog = backlog;
	c->f.state = TCPS_LISTEN;
	return 0;
}

int tcp_connect(struct stack *s, struct tcp_conn *c, const struct tcp_end *to)
{
	(void)s;
	if (c->connect_gives)
		return c->connect_gives;
	c->peer = *to;
	c->f.deferred = c->opt[TCPO_FASTOPEN_CONNECT] != 0;
	c->f.state = TCPS_SYN_SENT;
	c->f.writable = false;
	return 0;
}

int tcp_disconnect(struct stack *s, struct tcp_conn *c)
{
	(void)s;
	c->f = (struct tcp_facts){.state = TCPS_CLOSED, .writable = true};
	return 0;
}

struct tcp_conn *tcp_accept(struct stack *s, struct tcp_conn *l, void *owner)
{
	struct tcp_conn *c = l->next;
	(void)s;
	l->next = c->next;
	l->f.accept = l->next != NULL;
	c->owner = owner;
	return c;
}

size_t tcp_send(struct stack *s, struct tcp_conn *c, const void *p, size_t n, int flags)
{
	size_t fits = size_min(n, c->out_room);
	(void)s;
	memcpy(c->out + c->out_len, p, fits);
	c->out_len += fits;
	c->f.unacked += (uint32_t)fits;
	c->out_room -= fits;
	c->f.room = c->f.writable = c->out_room > 0;
	c->pushed += !(flags & TCP_SEND_MORE);
	return fits;
}

void tcp_send_push(struct stack *s, struct tcp_conn *c)
{
	(void)s;
	c->pushed++;
}

bool tcp_send_ref(
	struct stack *s, struct tcp_conn *c, struct chunk *ref, const uint8_t *p, size_t n)
{
	if (c->out_room == 0)
		return false;
	tcp_send(s, c, p, n, 0);
	chunk_drop(ref);
	return true;
}

ssize_t tcp_send_fastopen(
	struct stack *s, struct tcp_conn *c, const struct tcp_end *to, const void *p, size_t n)
{
	c->f.deferred = false;
	if (to)
		c->peer = *to;
	c->f.state = TCPS_SYN_SENT;
	n = size_min(n, 100);
	return (ssize_t)tcp_send(s, c, p, n, 0);
}

size_t tcp_recv(struct stack *s, struct tcp_conn *c, const struct tcp_recv *r)
{
	size_t skip = r->skip, urgent = c->in_urgent;
	(void)s;
	if (urgent == 0 && skip == 0 && !c->opt[TCPO_OOBINLINE]) {
		memmove(c->in, c->in + 1, --c->in_len);
		urgent = c->in_urgent = SIZE_MAX;
		c->f.at_mark = false;
	}
	size_t stop = urgent == 0 ? c->in_len : size_min(c->in_len, urgent);
	size_t n = size_min(r->n, stop > skip ? stop - skip : 0);
	if (r->to)
		memcpy(r->to, c->in + skip, n);
	if (r->peek)
		return n;
	memmove(c->in, c->in + n, c->in_len - n);
	c->in_len -= n;
	c->in_urgent -= urgent == SIZE_MAX ? 0 : n;
	c->f.at_mark = c->in_urgent == 0;
	c->f.readable = c->f.unread = c->f.before_mark = (uint32_t)c->in_len;
	return n;
}

void tcp_recv_done(struct stack *s, struct tcp_conn *c, size_t copied)
{
	(void)s;
	(void)c;
	assert(copied > 0);
}

void tcp_urgent_taken(struct tcp_conn *c)
{
	c->f.urgent = TCP_URGENT_READ;
}

int tcp_shutdown(struct stack *s, struct tcp_conn *c, int shut)
{
	(void)s;
	c->f.shut |= (uint8_t)shut;
	if ((shut & TCP_SHUT_WR) && c->f.state == TCPS_ESTABLISHED)
		c->f.state = TCPS_FIN_WAIT_1;
	return 0;
}

void tcp_close(struct stack *s, struct tcp_conn *c, bool abort)
{
	(void)s;
	c->owner = NULL;
	c->closed++;
	c->aborted = abort;
}

void tcp_facts(const struct tcp_conn *c, struct tcp_facts *f)
{
	*f = c->f;
}

void tcp_local(const struct tcp_conn *c, struct tcp_end *e)
{
	*e = c->local;
}

void tcp_peer(const struct tcp_conn *c, struct tcp_end *e)
{
	*e = c->peer;
}

int tcp_take_error(struct tcp_conn *c)
{
	int err = c->f.err ? c->f.err : c->f.soft_err;
	if (!c->f.err)
		c->f.soft_err = 0;
	c->f.err = 0;
	return err;
}

void tcp_set_error(struct tcp_conn *c, int err)
{
	c->f.err = err;
}

void tcp_send_waits(struct tcp_conn *c)
{
	(void)c;
}

void tcp_want_room(struct tcp_conn *c)
{
	c->wants_room++;
}

uint32_t tcp_set_rcvlowat(struct stack *s, struct tcp_conn *c, uint32_t n)
{
	(void)s;
	return c->rcvlowat = n;
}

int tcp_set_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t v)
{
	(void)s;
	c->opt[o] = v;
	return 0;
}

int tcp_get_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t *v)
{
	(void)s;
	*v = c->opt[o];
	return 0;
}

int tcp_set_cc(struct stack *s, struct tcp_conn *c, const char *name)
{
	(void)c;
	return sysctl_cc_listed(s->sysctl.tcp_allowed_congestion_control, name) ? 0 : -ENOENT;
}

const char *tcp_cc_name(const struct stack *s, const struct tcp_conn *c)
{
	(void)s;
	(void)c;
	return "cubic";
}

size_t tcp_info(struct stack *s, struct tcp_conn *c, void *out, size_t n)
{
	(void)s;
	memset(out, 0, n);
	*(uint8_t *)out = c->f.state;
	return n;
}

size_t tcp_cc_info(struct stack *s, struct tcp_conn *c, void *out)
{
	return 0;
}

int tcp_set_md5(struct stack *s, struct tcp_conn *c, const struct tcp_md5_set *set)
{
	return -ENOENT;
}

int tcp_ao_add(struct stack *s, struct tcp_conn *c, const struct tcp_ao_new *n)
{
	return -ENOENT;
}

int tcp_ao_del(struct stack *s, struct tcp_conn *c, const struct tcp_ao_gone *g)
{
	return -ENOENT;
}

int tcp_ao_set(struct stack *s, struct tcp_conn *c, const struct tcp_ao_status *i)
{
	return -ENOENT;
}

int tcp_ao_get(struct stack *s, struct tcp_conn *c, struct tcp_ao_status *i)
{
	return -ENOENT;
}

int tcp_ao_each(struct stack *s, struct tcp_conn *c,
	void (*see)(const struct tcp_ao_shown *k, void *arg), void *arg)
{
	return -ENOENT;
}

void tcp_meminfo(struct stack *s, struct tcp_conn *c, uint32_t out[9])
{
	(void)s;
	memset(out, 0, 9 * sizeof(*out));
	out[0] = (uint32_t)c->in_len;
}

int tcp_set_fastopen_key(struct stack *s, struct tcp_conn *c, const uint8_t *key, size_t n)
{
	(void)s;
	(void)c;
	(void)key;
	return n == 16 || n == 32 ? 0 : -EINVAL;
}

void tcp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	(void)s;
	(void)rx;
	pkt_free(p);
}

void tcp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	(void)s;
	(void)q;
	(void)e;
}

uint64_t tcp_bytes_queued(struct stack *s, struct tcp_conn *c)
{
	(void)s;
	return c->out_len;
}

void tcp_watch_acks(struct stack *s, struct tcp_conn *c, bool on)
{
	(void)s;
	c->watched = on;
}

void fake_acked(struct stack *s, struct tcp_conn *c, uint64_t end)
{
	c->f.unacked = (uint32_t)(c->out_len - end);
	if (c->watched)
		s->tcp->ev.acked(s->tcp->ev.ctx, c->owner, end);
}

int tcp_take_saved_syn(struct stack *s, struct tcp_conn *c, void *out, size_t *n)
{
	*n = 0;
	return 0;
}
