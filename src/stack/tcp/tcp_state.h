/*
 * tcp_state.h - the state machine of RFC 9293 figure 5.
 */
#ifndef STACK_TCP_TCP_STATE_H
#define STACK_TCP_TCP_STATE_H

#include "stack/tcp/tcp_priv.h"

/* The only writer of key.state: asserts that the transition is legal, counts CurrEstab and
 * EstabResets. Setting the current state is not a transition. */
void tcp_set_state(struct stack *s, struct tcp_conn *c, enum tcp_state_name next);

/* Counts something that goes from one state to another; CLOSED: it comes into being or ends. */
void tcp_state_count(struct stack *s, uint8_t from, uint8_t to);

/* True if from -> to is in the transition table. */
bool tcp_state_may_follow(uint8_t from, uint8_t to);

#endif
