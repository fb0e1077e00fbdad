/*
 * tcp_mem.h - memory of the queues against the marks of tcp_mem.
 */
#ifndef STACK_TCP_TCP_MEM_H
#define STACK_TCP_TCP_MEM_H

#include "stack/tcp/tcp_priv.h"

/* Reserves pages for n more bytes in the queues of c. False: the third mark is reached. */
bool tcp_mem_schedule(struct stack *s, struct tcp_conn *c, uint32_t n);

/* True if tcp_mem_schedule() would succeed for n more bytes on any connection, whatever that has
 * reserved by then. */
bool tcp_mem_ample(const struct stack *s, uint32_t n);

/* Charges n bytes, computed as in Linux, to c, from its reserve or beyond it. */
void tcp_mem_charge(struct stack *s, struct tcp_conn *c, uint32_t n);

/* Uncharges n bytes, and releases whole pages. */
void tcp_mem_release(struct stack *s, struct tcp_conn *c, uint32_t n);

/* True if the third mark is reached: nothing more may be queued. */
bool tcp_mem_full(const struct stack *s);

#endif
