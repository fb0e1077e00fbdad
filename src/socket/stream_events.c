/*
 * stream_events.c - events of TCP, as wake-up keys for the watchers of a socket. They mark and
 * queue.
 */
#include "socket/tx_completions.h"

/* Linux's wake-up keys: sock_def_readable(), sk_stream_write_space(). */
static uint32_t key_of(uint32_t events)
{
	uint32_t key = events;

	if (events & TCP_EVENT_IN)
		key |= EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND;
	if (events & TCP_EVENT_OUT)
		key |= EPOLLWRNORM | EPOLLWRBAND;
	return key;
}

static void on_notify(void *ctx, void *owner, uint32_t events)
{
	struct sock *s = owner;

	assert(s->file.kind == FILE_STREAM);
	file_notify(ctx, &s->file, key_of(events), events == 0);
}

static void on_urgent(void *ctx, void *owner)
{
	struct burble *b = ctx;
	struct sock *s = owner;

	assert(s->file.kind == FILE_STREAM);
	if (s->extra && s->extra->owner && b->hooks.urgent)
		b->hooks.urgent(b->hooks.ctx, s->extra->owner);
}

static void on_acked(void *ctx, void *owner, uint64_t end)
{
	tx_acked(ctx, owner, end);
}

static void on_sent(void *ctx, void *owner, uint64_t end)
{
	tx_sent(ctx, owner, end);
}

static void on_icmp(
	void *ctx, void *owner, const struct icmp_quote *q, const struct ip_error *e, int err)
{
	struct sock_icmp m = {q, e, err, 0};

	sock_queue_icmp(ctx, owner, &m);
}

static void on_moved(void *ctx, void *owner, struct tcp_conn *c)
{
	struct sock *s = owner;

	assert(s->file.kind == FILE_STREAM && s->tcp != c);
	s->tcp = c;
}

void stream_set_events(struct burble *b)
{
	struct tcp_events ev = {.ctx = b,
		.notify = on_notify,
		.urgent = on_urgent,
		.acked = on_acked,
		.sent = on_sent,
		.icmp = on_icmp,
		.moved = on_moved};

	tcp_set_events(b->stack, &ev);
}
