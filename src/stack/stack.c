/*
 * stack.c - stack instance: entry points that stamp the time and mark, a flush that sends. The
 * flush repeats until nothing is marked: packets sent over loopback come back in.
 */
#include "stack/dhcp/dhcp.h"
#include "stack/ip/ip.h"
#include "stack/link/link_in.h"
#include "stack/stack_priv.h"
#include "stack/tcp/tcp.h"
#include "stack/udp/udp.h"

#include <stdlib.h>

enum {
	FLUSH_ROUNDS = 64,  /* of loopback in one flush; the rest waits for the next */
	RECEIVE_BATCH = 64, /* frames of one device per round: NAPI_POLL_WEIGHT */
	PREFETCH_AHEAD = 4, /* frames whose connections are prefetched while one is processed */
};

struct stack *stack_new(const struct stack_config *config)
{
	struct stack *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->now = config->now;
	s->checked = config->checked;
	s->fast_path = !config->slow_path;
	wheel_init(&s->wheel, s->now, NSEC_USEC);
	prng_seed(&s->prng, config->seed);
	sysctl_init(&s->sysctl);
	pkt_pool_init(&s->pkts);
	s->ip = ip_new(s); /* first: the transports register with it */
	s->tcp = s->ip ? tcp_state_new(s) : NULL;
	s->udp = s->tcp ? udp_state_new(s) : NULL;
	s->dhcp = s->udp ? dhcp_state_new(s) : NULL;
	if (s->dhcp)
		return s;
	stack_free(s);
	return NULL;
}

void stack_check_queues(struct stack *s)
{
	s->checked = true;
}

void stack_slow_path(struct stack *s)
{
	s->fast_path = false;
}

void stack_free(struct stack *s)
{
	if (s->dhcp)
		dhcp_state_free(s);
	if (s->tcp)
		tcp_state_free(s);
	if (s->udp)
		udp_state_free(s);
	if (s->ip)
		ip_free(s);
	pkt_pool_free(&s->pkts);
	free(s);
}

void stack_tap(struct stack *s, struct stack_tap *t)
{
	t->next = s->taps;
	s->taps = t;
}

void stack_untap(struct stack *s, struct stack_tap *t)
{
	struct stack_tap **at = &s->taps;

	while (*at != t) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = t->next;
}

void stack_show(struct stack *s, const struct netdev *dev, const struct pkt *p, bool out)
{
	if (dev->kind == NETDEV_LOOPBACK)
		return;
	for (struct stack_tap *t = s->taps; t; t = t->next)
		t->frame(t, dev, p, out);
}

void stack_at(struct stack *s, nsec_t now)
{
	assert(now >= s->now);
	s->now = now;
}

/* link_input() while there are taps. */
static void input_shown(struct stack *s, struct netdev *dev, struct pkt *p)
{
	stack_show(s, dev, p, false);
	link_input(s, dev, p);
	for (struct stack_tap *t = s->taps; t && dev->kind != NETDEV_LOOPBACK; t = t->next)
		if (t->done)
			t->done(t);
}

void stack_input(struct stack *s, struct netdev *dev, struct pkt *p, nsec_t now)
{
	stack_at(s, now);
	p->stamp = now;
	if (s->taps)
		input_shown(s, dev, p);
	else
		link_input(s, dev, p);
}

void stack_input_batch(
	struct stack *s, struct netdev *dev, struct pkt *const *p, uint32_t n, nsec_t now)
{
	uint32_t ahead = n;

	/* a frame alone would have to wait for what it fetches */
	if (n > 1 && ip_prefetch(s, dev, p, (struct ip_span){0, n}, IP_PREFETCH_BUCKET)) {
		ahead = u32_min(n, PREFETCH_AHEAD);
		ip_prefetch(s, dev, p, (struct ip_span){0, n}, IP_PREFETCH_RECORD);
		ip_prefetch(s, dev, p, (struct ip_span){0, ahead}, IP_PREFETCH_ACTIVE);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (ahead < n) {
			ip_prefetch(
				s, dev, p, (struct ip_span){ahead, ahead + 1}, IP_PREFETCH_ACTIVE);
			ahead++;
		}
		stack_input(s, dev, p[i], now);
	}
}

uint32_t stack_receive(struct stack *s, nsec_t now)
{
	uint32_t taken = 0;

	s->rx_at = NSEC_MAX;
	for (uint32_t i = 1; i <= s->ifindex_top; i++) {
		struct netdev *dev = stack_netdev(s, i);
		struct pkt *batch[RECEIVE_BATCH];
		uint32_t n = 0;

		if (!dev || !dev->ops->receive)
			continue;
		dev->now = now;
		while (n < RECEIVE_BATCH && (batch[n] = dev->ops->receive(dev)))
			n++;
		stack_input_batch(s, dev, batch, n, now);
		taken += n;
		if (dev->rx_at > 0 && dev->rx_at < s->rx_at)
			s->rx_at = dev->rx_at;
	}
	return taken;
}

nsec_t stack_receive_at(const struct stack *s)
{
	return s->rx_at;
}

uint32_t stack_timers(struct stack *s, nsec_t now)
{
	struct wheel_timer *t;
	uint32_t fired = 0;

	stack_at(s, now);
	for (; (t = wheel_pop(&s->wheel, now)); fired++) {
		struct stack_timer *st = container_of(t, struct stack_timer, t);

		st->fire(s, st);
	}
	return fired;
}

nsec_t stack_next(struct stack *s)
{
	return wheel_next(&s->wheel);
}

bool stack_dirty(const struct stack *s)
{
	return tcp_dirty(s) || udp_dirty(s) || ip_dirty(s);
}

static void flush_devices(struct stack *s)
{
	for (uint32_t i = 1; i <= s->ifindex_top; i++) {
		struct netdev *dev = stack_netdev(s, i);

		if (dev && dev->ops->flush)
			dev->ops->flush(dev);
	}
}

void stack_flush(struct stack *s, nsec_t now)
{
	stack_at(s, now);
	for (int i = 0; i < FLUSH_ROUNDS && stack_dirty(s); i++) {
		tcp_flush(s);
		udp_flush(s);
		ip_flush(s);
	}
	flush_devices(s);
}

struct sysctl *stack_sysctl(struct stack *s)
{
	return &s->sysctl;
}

struct mib_table *stack_mib(struct stack *s)
{
	return &s->mib;
}

struct pkt_pool *stack_pkts(struct stack *s)
{
	return &s->pkts;
}

nsec_t stack_now(const struct stack *s)
{
	return s->now;
}
