/* acd.c - IPv4 address conflict detection, see acd.h. */
#include "stack/link/acd.h"

#include "stack/ip/ip_priv.h"
#include "stack/link/arp.h"

/* RFC 5227 section 1.1. */
#define PROBE_WAIT    NSEC_SEC
#define PROBE_MIN     NSEC_SEC
#define PROBE_MAX     (2 * NSEC_SEC)
#define ANNOUNCE_WAIT (2 * NSEC_SEC)

enum {
	PROBE_NUM = 3
};

static nsec_t below(struct stack *s, nsec_t n)
{
	return (nsec_t)prng_below(&s->prng, (uint64_t)n);
}

static void finish(struct stack *s, struct acd *a, bool taken)
{
	acd_stop(s, a);
	a->done(s, a, taken);
}

static void fire(struct stack *s, struct stack_timer *t)
{
	struct acd *a = container_of(t, struct acd, timer);

	if (a->probes == 0) {
		finish(s, a, false);
		return;
	}
	a->probes--;
	arp_probe(s, a->dev, &a->addr);
	stack_timer_at(s, t,
		s->now + (a->probes > 0 ? PROBE_MIN + below(s, PROBE_MAX - PROBE_MIN)
					: ANNOUNCE_WAIT));
}

void acd_init(
	struct acd *a, struct netdev *dev, void (*done)(struct stack *s, struct acd *a, bool taken))
{
	*a = (struct acd){.dev = dev, .done = done};
	stack_timer_init(&a->timer, fire);
}

void acd_start(struct stack *s, struct acd *a, const struct ip_addr *addr)
{
	struct ip_dev *d = ip_dev_of(a->dev);

	assert(d->acd == NULL && ip_addr_is_v4(addr));
	d->acd = a;
	a->addr = *addr;
	a->probes = PROBE_NUM;
	stack_timer_at(s, &a->timer, s->now + below(s, PROBE_WAIT));
}

void acd_stop(struct stack *s, struct acd *a)
{
	struct ip_dev *d = ip_dev_of(a->dev);

	stack_timer_stop(s, &a->timer);
	if (d->acd == a)
		d->acd = NULL;
}

/* Section 2.1.1: a conflict is a message from the address, or another host's probe for it. */
void acd_seen(struct stack *s, struct netdev *dev, const struct arp *m)
{
	struct acd *a = ip_dev_of(dev)->acd;

	if (a == NULL || eth_addr_eq(&m->sender_hw, &dev->mac))
		return;
	if (ip_addr_eq(&m->sender, &a->addr) ||
		(m->op == ARP_REQUEST && ip_addr_is_any(&m->sender) &&
			ip_addr_eq(&m->target, &a->addr)))
		finish(s, a, true);
}
