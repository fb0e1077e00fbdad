/*
 * tcp_isn.c - initial sequence numbers (RFC 6528) and timestamp offsets, from keyed hashes of
 * addresses and ports.
 */
#include "stack/tcp/tcp_isn.h"

/* Of the two addresses and x: one block of SipHash holds those of IPv4. */
static uint32_t hash(const struct tcp_tuple *t, uint64_t x, const struct siphash_key *k)
{
	uint64_t h;

	if (ip_addr_is_v4(&t->raddr))
		return (uint32_t)siphash_2u64(
			(uint64_t)ip_addr_v4(&t->raddr) << 32 | ip_addr_v4(&t->laddr), x, k);
	h = siphash_2u64(ip_addr_half(&t->raddr, 0), ip_addr_half(&t->raddr, 1), k);
	h = siphash_2u64(h ^ ip_addr_half(&t->laddr, 0), ip_addr_half(&t->laddr, 1), k);
	return (uint32_t)siphash_2u64(h, x, k);
}

/* RFC 6528: ISN = a clock of 64 ns, like Linux's, plus a keyed hash of the 4-tuple. */
struct seq tcp_isn(struct stack *s, const struct tcp_tuple *t)
{
	uint32_t h = hash(t, (uint64_t)t->lport << 16 | t->rport, &s->tcp->isn_key);

	return seq_of(h + (uint32_t)(s->now >> 6));
}

uint32_t tcp_ts_hash(const struct stack *s, const struct tcp_tuple *t)
{
	return hash(t, 0, &s->tcp->ts_key);
}

/* One offset per pair of hosts, so that RFC 6191 works across their connections. */
uint32_t tcp_ts_offset(struct stack *s, const struct tcp_tuple *t)
{
	return s->sysctl.tcp_timestamps == 1 ? tcp_ts_hash(s, t) : 0;
}
