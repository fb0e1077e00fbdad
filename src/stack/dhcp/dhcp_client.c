/*
 * dhcp_client.c - the states of a DHCP client: what each does when its timer expires, and on each
 * message (RFC 2131 section 4.4). A client never gives up; between its attempts it waits longer and
 * longer, so that a server that refuses everything costs no more than one that is absent.
 */
#include "stack/dhcp/dhcp_client.h"
#include "stack/dhcp/dhcp_lease.h"
#include "stack/dhcp/dhcp_out.h"

#include <stdlib.h>

/* RFC 2131 section 4.1: 4 seconds, doubled up to 64, plus or minus one. */
#define BACKOFF_FIRST (4 * NSEC_SEC)
#define BACKOFF_FUZZ  NSEC_SEC

#define START_DELAY   NSEC_SEC        /* at most: hosts that start together ask one by one */
#define DECLINE_DELAY (10 * NSEC_SEC) /* at least (section 3.1) */
#define RENEW_AGAIN   (60 * NSEC_SEC) /* at least, between REQUESTs for a lease (section 4.4.5) */

enum {
	BACKOFF_DOUBLINGS = 4, /* 64 seconds */
	REBOOT_TRIES = 2,      /* before any address is sought: some ten seconds */
	REQUEST_TRIES = 4,     /* before another server is sought: about a minute (section 3.1) */
};

/* ---- timers ---- */

static nsec_t backoff(struct stack *s, uint32_t tries)
{
	nsec_t fuzz = (nsec_t)prng_below(&s->prng, (uint64_t)(2 * BACKOFF_FUZZ));

	return (BACKOFF_FIRST << u32_min(tries, BACKOFF_DOUBLINGS)) - BACKOFF_FUZZ + fuzz;
}

static void at(struct stack *s, struct dhcp_client *c, nsec_t when)
{
	if (when == NSEC_MAX)
		stack_timer_stop(s, &c->timer);
	else
		stack_timer_at(s, &c->timer, when);
}

static void enter(struct dhcp_client *c, enum dhcp_phase phase)
{
	c->phase = phase;
	c->tries = 0;
}

/* A new exchange with servers. */
static void exchange(struct stack *s, struct dhcp_client *c, enum dhcp_phase phase)
{
	enter(c, phase);
	c->xid = (uint32_t)prng_u64(&s->prng);
	c->began = s->now;
}

static void send_again(struct stack *s, struct dhcp_client *c, enum dhcp_type type)
{
	dhcp_send(s, c, type);
	c->requested_at = s->now;
	at(s, c, s->now + backoff(s, c->tries));
	if (c->tries < UINT8_MAX)
		c->tries++;
}

static void tell(struct stack *s, const struct dhcp_client *c, enum dhcp_event e)
{
	const struct dhcp_events *ev = &s->dhcp->events;

	if (ev->changed != NULL)
		ev->changed(ev->ctx, c->dev->ifindex, e);
}

/* Begins anew, the first time at once, but not before `least` has passed. */
static void restart(struct stack *s, struct dhcp_client *c, nsec_t least)
{
	nsec_t wait = c->failures == 0 ? 0 : backoff(s, c->failures - 1u);

	if (c->failures < UINT8_MAX)
		c->failures++;
	enter(c, DHCP_INIT);
	at(s, c, s->now + (wait > least ? wait : least));
}

/* The lease is over: its address must not be used any more. */
static void lose(struct stack *s, struct dhcp_client *c)
{
	assert(dhcp_has_lease(c));
	dhcp_lease_drop(s, c->dev, &c->lease);
	restart(s, c, 0);
	tell(s, c, DHCP_EVENT_LOST);
}

/* INIT-REBOOT (section 4.4.2): once, and without the server's name, for any may know the lease. */
static void ask_again(struct stack *s, struct dhcp_client *c)
{
	c->offer = (struct dhcp_lease){.addr = c->again, .server = IP_ADDR_ANY4};
	c->again = IP_ADDR_ANY4;
	exchange(s, c, DHCP_REBOOTING);
	send_again(s, c, DHCP_REQUEST);
}

static void on_rebooting(struct stack *s, struct dhcp_client *c)
{
	if (c->tries < REBOOT_TRIES)
		send_again(s, c, DHCP_REQUEST);
	else
		restart(s, c, 0);
}

static void on_init(struct stack *s, struct dhcp_client *c)
{
	if (!ip_addr_is_any(&c->again)) {
		ask_again(s, c);
		return;
	}
	exchange(s, c, DHCP_SELECTING);
	send_again(s, c, DHCP_DISCOVER);
}

static void on_selecting(struct stack *s, struct dhcp_client *c)
{
	send_again(s, c, DHCP_DISCOVER);
}

static void on_requesting(struct stack *s, struct dhcp_client *c)
{
	if (c->tries < REQUEST_TRIES)
		send_again(s, c, DHCP_REQUEST);
	else
		restart(s, c, 0);
}

/* Asks for the lease that ends, or changes its state, at `end`; again after half of what is left.
 */
static void ask(struct stack *s, struct dhcp_client *c, nsec_t end)
{
	nsec_t half = (end - s->now) / 2, wait = half > RENEW_AGAIN ? half : RENEW_AGAIN;

	assert(end > s->now);
	dhcp_send(s, c, DHCP_REQUEST);
	c->requested_at = s->now;
	at(s, c, wait < end - s->now ? s->now + wait : end);
}

static void on_rebinding(struct stack *s, struct dhcp_client *c)
{
	if (s->now >= c->lease.expires)
		lose(s, c);
	else
		ask(s, c, c->lease.expires);
}

static void on_renewing(struct stack *s, struct dhcp_client *c)
{
	if (s->now < c->lease.rebind_at) {
		ask(s, c, c->lease.rebind_at);
		return;
	}
	exchange(s, c, DHCP_REBINDING);
	on_rebinding(s, c);
}

static void on_bound(struct stack *s, struct dhcp_client *c)
{
	exchange(s, c, DHCP_RENEWING);
	on_renewing(s, c);
}

static void fire(struct stack *s, struct stack_timer *t)
{
	static void (*const on[])(struct stack *, struct dhcp_client *) = {
		[DHCP_INIT] = on_init,
		[DHCP_REBOOTING] = on_rebooting,
		[DHCP_SELECTING] = on_selecting,
		[DHCP_REQUESTING] = on_requesting,
		[DHCP_BOUND] = on_bound,
		[DHCP_RENEWING] = on_renewing,
		[DHCP_REBINDING] = on_rebinding,
	};
	struct dhcp_client *c = container_of(t, struct dhcp_client, timer);

	_Static_assert(ARRAY_SIZE(on) == DHCP_PHASES, "every phase, but PROBING has acd's timer");
	assert(c->phase != DHCP_PROBING);
	on[c->phase](s, c);
}

/* ---- messages ---- */

static void offered(struct stack *s, struct dhcp_client *c, const struct dhcp *d)
{
	if (c->phase != DHCP_SELECTING) {
		c->ignored.unexpected++;
		return;
	}
	if (!dhcp_lease_read(s, c->dev, d, s->now, &c->offer)) {
		c->ignored.unacceptable++;
		return;
	}
	enter(c, DHCP_REQUESTING);
	send_again(s, c, DHCP_REQUEST);
}

/* Whether the client's REQUEST was for the server that sent d. */
static bool from_asked(const struct dhcp_client *c, const struct dhcp *d)
{
	switch (c->phase) {
	case DHCP_REQUESTING: return ip_addr_eq(&d->server, &c->offer.server);
	case DHCP_RENEWING: return ip_addr_eq(&d->server, &c->lease.server);
	case DHCP_REBOOTING:
	case DHCP_REBINDING: return true;
	default: return false;
	}
}

static void renewed(struct stack *s, struct dhcp_client *c, const struct dhcp_lease *l)
{
	if (!ip_addr_eq(&l->addr, &c->lease.addr) || l->bits != c->lease.bits) {
		lose(s, c); /* the server means another lease than the one in use */
		return;
	}
	dhcp_lease_change(s, c->dev, &c->lease, l);
	c->lease = *l;
	enter(c, DHCP_BOUND);
	at(s, c, l->renew_at);
	tell(s, c, DHCP_EVENT_RENEWED);
}

static void granted(struct stack *s, struct dhcp_client *c, const struct dhcp *d)
{
	struct dhcp_lease l;

	if (!from_asked(c, d)) {
		c->ignored.unexpected++;
		return;
	}
	if (!dhcp_lease_read(s, c->dev, d, c->requested_at, &l)) {
		c->ignored.unacceptable++;
		return;
	}
	if (dhcp_has_lease(c)) {
		if (d->bits == 0)
			l.bits = c->lease.bits;
		renewed(s, c, &l);
		return;
	}
	c->offer = l;
	enter(c, DHCP_PROBING);
	stack_timer_stop(s, &c->timer);
	acd_start(s, &c->acd, &l.addr);
}

static void refused(struct stack *s, struct dhcp_client *c, const struct dhcp *d)
{
	if (!from_asked(c, d))
		c->ignored.unexpected++;
	else if (dhcp_has_lease(c))
		lose(s, c);
	else
		restart(s, c, 0);
}

void dhcp_client_input(struct stack *s, struct dhcp_client *c, const struct dhcp *d)
{
	switch (d->type) {
	case DHCP_OFFER: offered(s, c, d); return;
	case DHCP_ACK: granted(s, c, d); return;
	case DHCP_NAK: refused(s, c, d); return;
	}
	c->ignored.unexpected++;
}

/* The end of the probes: the address is used unless another host has it, or a program has
 * configured it here. */
static void probed(struct stack *s, struct acd *a, bool taken)
{
	struct dhcp_client *c = container_of(a, struct dhcp_client, acd);

	assert(c->phase == DHCP_PROBING);
	if (taken || dhcp_lease_take(s, c->dev, &c->offer) != 0) {
		dhcp_send(s, c, DHCP_DECLINE);
		restart(s, c, DECLINE_DELAY);
		return;
	}
	c->lease = c->offer;
	c->failures = 0;
	enter(c, DHCP_BOUND);
	at(s, c, c->lease.renew_at);
	tell(s, c, DHCP_EVENT_BOUND);
}

/* ---- one client ---- */

struct dhcp_client *dhcp_client_new(struct stack *s, struct netdev *dev)
{
	struct dhcp_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->dev = dev;
	c->again = IP_ADDR_ANY4;
	stack_timer_init(&c->timer, fire);
	acd_init(&c->acd, dev, probed);
	at(s, c, s->now + (nsec_t)prng_below(&s->prng, (uint64_t)START_DELAY));
	return c;
}

void dhcp_client_free(struct stack *s, struct dhcp_client *c)
{
	if (dhcp_has_lease(c))
		dhcp_lease_drop(s, c->dev, &c->lease);
	acd_stop(s, &c->acd);
	stack_timer_stop(s, &c->timer);
	free(c);
}
