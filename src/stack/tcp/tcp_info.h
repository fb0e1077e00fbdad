/*
 * tcp_info.h - accounting of a sender's time (TCP_INFO's tcpi_busy_time and related fields); the
 * values of TCP_INFO and of its relatives, for a connection that is awake.
 */
#ifndef STACK_TCP_TCP_INFO_H
#define STACK_TCP_TCP_INFO_H

#include "stack/tcp/tcp_diag.h"
#include "stack/tcp/tcp_priv.h"

/* The sender is limited by `what` from now on; of several the strongest counts. */
void tcp_chrono_start(struct stack *s, struct tcp_conn *c, enum tcp_chrono what);

/* That limit ends. */
void tcp_chrono_stop(struct stack *s, struct tcp_conn *c, enum tcp_chrono what);

/* The connection ends. */
void tcp_chrono_stop_all(struct stack *s, struct tcp_conn *c);

/* TCP_INFO, TCP_CC_INFO and SO_MEMINFO of c, awake; the second returns its bytes. */
void tcp_info_of(struct stack *s, const struct tcp_conn *c, struct tcp_info_all *all);
size_t tcp_cc_info_of(const struct tcp_conn *c, void *out);
void tcp_meminfo_of(const struct tcp_conn *c, uint32_t out[9]);

#endif
