/*
 * tcp_mem.h - memory of the queues against the marks of tcp_mem.
 */
#ifndef STACK_TCP_TCP_MEM_H
#define STACK_TCP_TCP_MEM_H

#include "stack/tcp/tcp_priv.h"

/* n bytes, by Linux's arithmetic, come to or leave the queues of a connection. */
void tcp_mem_charge(struct stack *s, uint32_t n);
void tcp_mem_release(struct stack *s, uint32_t n);

/* True if the third mark is reached: nothing more may be queued. */
bool tcp_mem_full(const struct stack *s);

#endif
