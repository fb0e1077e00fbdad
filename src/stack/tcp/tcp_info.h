/*
 * tcp_info.h - accounting of a sender's time (TCP_INFO's tcpi_busy_time and related fields).
 */
#ifndef STACK_TCP_TCP_INFO_H
#define STACK_TCP_TCP_INFO_H

#include "stack/tcp/tcp_priv.h"

/* The sender is limited by `what` from now on; of several the strongest counts. */
void tcp_chrono_start(struct stack *s, struct tcp_conn *c, enum tcp_chrono what);

/* That limit ends. */
void tcp_chrono_stop(struct stack *s, struct tcp_conn *c, enum tcp_chrono what);

/* The connection ends. */
void tcp_chrono_stop_all(struct stack *s, struct tcp_conn *c);

#endif
