/* tcp_prefetch.h - prefetching of the memory that the segments of a batch will need. */
#ifndef STACK_TCP_TCP_PREFETCH_H
#define STACK_TCP_TCP_PREFETCH_H

#include "stack/tcp/tcp_priv.h"

enum {
	TCP_PREFETCH_LEAST =
		256, /* connections; what fewer need is in the cache: some 2 KiB each */
};

/* ip_transport.prefetch. Changes only pkt.hash. */
bool tcp_prefetch(struct stack *s, struct pkt *const *p, struct ip_span span, uint32_t at,
	enum ip_prefetch stage);

#endif
