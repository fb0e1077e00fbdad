/*
 * tcp_ackgen.h - ACK generation: marks that an ACK is due, now or delayed.
 */
#ifndef STACK_TCP_TCP_ACKGEN_H
#define STACK_TCP_TCP_ACKGEN_H

#include "stack/tcp/tcp_priv.h"

/* After a segment: a scheduled ACK is sent now, later, or is compressed (RFC 9293 3.8.6.3, RFC 5681
 * 4.2). */
void tcp_ack_decide(struct stack *s, struct tcp_conn *c);

/* An ACK is due; tcp_ack_decide() determines when it is sent. */
void tcp_ack_schedule(struct tcp_conn *c);

/* Sets enum tcp_ack_bit bits that control the next ACK. */
void tcp_ack_mark(struct tcp_conn *c, uint8_t bits);

/* Clears all of them: the ACK was sent by other means, or c has ended. */
void tcp_ack_forget(struct tcp_conn *c);

/* The flush sends an ACK, unless a segment with data carries it. */
void tcp_ack_now(struct stack *s, struct tcp_conn *c);

/* Delays the ACK due by the connection's current delay (40 to 200 ms). */
void tcp_delayed_ack(struct stack *s, struct tcp_conn *c);

/* Delays it by ms. */
void tcp_ack_delay_for(struct stack *s, struct tcp_conn *c, uint32_t ms);

/* The next segments, at most max, are acknowledged at once. */
void tcp_quickack_enter(struct tcp_conn *c, uint32_t max);

/* True if the program answers what it receives, so that ACKs wait for its data. */
bool tcp_pingpong(const struct stack *s, const struct tcp_conn *c);

/* Enters pingpong mode: received data will be answered. */
void tcp_pingpong_enter(const struct stack *s, struct tcp_conn *c);

/* Data is being sent: soon after data was received, it is an answer. */
void tcp_pingpong_learn(const struct stack *s, struct tcp_conn *c);

/* New data in sequence: learns the timing of the sender and its segment size; an ACK is due. */
void tcp_data_event(struct stack *s, struct tcp_conn *c, const struct tcp_arrival *a);

/* A segment with an ACK was sent: none is due any more. */
void tcp_ack_sent(struct stack *s, struct tcp_conn *c);

/* The timer of delayed ACKs and compressed SACKs has expired. */
void tcp_delack_fire(struct stack *s, struct stack_timer *t);

#endif
