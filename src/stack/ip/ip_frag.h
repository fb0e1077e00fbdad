/* ip_frag.h - IP fragmentation. */
#ifndef STACK_IP_IP_FRAG_H
#define STACK_IP_IP_FRAG_H

#include "stack/ip/ip_priv.h"

/* Sends p, a transport packet longer than dst's MTU, in fragments. Takes p. 0, or the error of the
 * first fragment that failed: -EMSGSIZE, -ENOBUFS, as for ip_out(). */
int ip_fragment(struct stack *s, struct pkt *p, const struct ip_tx *tx, const struct ip_dst *dst);

#endif
