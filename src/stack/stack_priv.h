/*
 * stack_priv.h - struct stack, shared by the protocols of this room. Each protocol keeps its state
 * in an opaque structure and has three functions: x_new, x_free, and x_flush if it queues output.
 */
#ifndef STACK_STACK_PRIV_H
#define STACK_STACK_PRIV_H

#include "base/prng.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "stack/stack.h"

struct ip_state;   /* ip/: interfaces, addresses, routes, neighbours, reassembly, ICMP */
struct tcp_state;  /* tcp/ */
struct udp_state;  /* udp/ */
struct dhcp_state; /* dhcp/ */

struct stack {
	nsec_t now;
	struct wheel wheel; /* ticks of a microsecond */
	struct prng prng;
	struct sysctl sysctl;
	struct mib_table mib;
	struct pkt_pool pkts;
	struct ip_state *ip;
	struct tcp_state *tcp;
	struct udp_state *udp;
	struct dhcp_state *dhcp;
	bool checked;           /* stack_config.checked */
	bool fast_path;         /* !stack_config.slow_path */
	struct stack_tap *taps; /* NULL: none, which is all that a frame costs */
	nsec_t rx_at;           /* the earliest of the devices' that know */
	uint32_t ifindex_top;   /* the highest in use: the bound of searches in a flush */
};

/* A timer of this room, with the function that runs when it expires. */
struct stack_timer {
	struct wheel_timer t;
	void (*fire)(struct stack *s, struct stack_timer *t);
};

/* Initializes a stopped timer that calls fire; once before any other call with it. */
static inline void stack_timer_init(
	struct stack_timer *t, void (*fire)(struct stack *s, struct stack_timer *t))
{
	wheel_timer_init(&t->t);
	t->fire = fire;
}

/* Starts t, or moves it, to fire at `when`. */
static inline void stack_timer_at(struct stack *s, struct stack_timer *t, nsec_t when)
{
	assert(t->fire != NULL); /* initialised */
	wheel_start(&s->wheel, &t->t, when);
}

/* Stops t if it is running. */
static inline void stack_timer_stop(struct stack *s, struct stack_timer *t)
{
	wheel_stop(&s->wheel, &t->t);
}

/* True if t is pending. */
static inline bool stack_timer_runs(const struct stack_timer *t)
{
	return wheel_timer_pending(&t->t);
}

/* Increments a counter. */
static inline void stack_count(struct stack *s, enum mib which)
{
	mib_inc(&s->mib, which);
}

/* Frees p, counted as why. */
static inline void stack_drop(struct stack *s, struct pkt *p, enum mib why)
{
	stack_count(s, why);
	pkt_free(p);
}

/* A key for a keyed hash or a pseudorandom function, from the instance's generator. */
static inline struct siphash_key stack_key(struct stack *s)
{
	struct siphash_key k;

	k.k0 = prng_u64(&s->prng);
	k.k1 = prng_u64(&s->prng);
	return k;
}

#endif
