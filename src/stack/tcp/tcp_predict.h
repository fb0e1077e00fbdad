/* tcp_predict.h - header prediction: whether a segment is the expected next one. */
#ifndef STACK_TCP_TCP_PREDICT_H
#define STACK_TCP_TCP_PREDICT_H

#include "stack/tcp/tcp_priv.h"

/* Switches prediction on if nothing is out of order or urgent, the window is open and the receive
 * queue within its buffer. Events that rule it out clear tcp_rcv.predict. */
void tcp_predict_check(struct tcp_conn *c);

/* True if in is the next data or ACK, with the same header as the previous one, and its memory is
 * already reserved. */
bool tcp_predicted(const struct tcp_in *in, const struct tcp_conn *c);

#endif
