/* tcp_timer.h - timers, armed in tcp_timer.c only. Callers report events. */
#ifndef STACK_TCP_TCP_TIMER_H
#define STACK_TCP_TCP_TIMER_H

#include "stack/tcp/tcp_priv.h"

/* Initializes, or stops, all timers of a connection. */
void tcp_timers_init(struct tcp_active *b);
void tcp_timers_stop(struct stack *s, struct tcp_conn *c);

/* rtx: when the loss engine's timer or the zero-window probe is due, NSEC_MAX if neither is; and
 * the timer, which may fire before that, never after. */
nsec_t tcp_timers_rtx_at(const struct tcp_active *b);
void tcp_timers_rtx(struct stack *s, struct tcp_conn *c);

/* delack: the delayed ACK or the compressed SACK, whichever is earlier; likewise. */
nsec_t tcp_timers_delack_at(const struct tcp_active *b);
void tcp_timers_delack(struct stack *s, struct tcp_conn *c);

/* pace: when the next paced segment may be sent. */
void tcp_timers_pace(struct stack *s, struct tcp_conn *c);

/* The next zero-window probe is due after its backoff. */
void tcp_timers_probe0(struct stack *s, struct tcp_conn *c);

/* No zero-window probes are needed: the window has opened, or there is nothing to send. */
void tcp_timers_probe0_off(struct tcp_conn *c);

/* A probe was sent, or err is the reason why not. */
void tcp_timers_probed(struct stack *s, struct tcp_conn *c, int err);

/* life: the handshake is complete; SO_KEEPALIVE or TCP_KEEPIDLE has changed. */
void tcp_timers_established(struct stack *s, struct tcp_conn *c);
void tcp_timers_keepalive_set(struct stack *s, struct tcp_conn *c, bool on);
void tcp_timers_keepidle(struct stack *s, struct tcp_conn *c);

/* life: how long an orphan in FIN-WAIT-2 waits for the peer's FIN. */
void tcp_timers_fin_wait_2(struct stack *s, struct tcp_conn *c, nsec_t span);

/* The SYN-ACK of r is retransmitted after its timeout. */
void tcp_timers_synack(struct stack *s, struct tcp_req *r);

/* The TIME-WAIT record ends after span. */
void tcp_timers_time_wait(struct stack *s, struct tcp_tw *tw, nsec_t span);

/* A connection hibernates or wakes: `to` expires when `from`, now off, would have. */
void tcp_timers_move(struct stack *s, struct stack_timer *from, struct stack_timer *to);

/* The keepalive timer t of c has expired. If the peer was heard since it was started, restarts it
 * for the rest of the time and returns true. */
bool tcp_timers_sleep_on(struct stack *s, const struct tcp_conn *c, struct stack_timer *t);

/* Out of memory to wake the connection whose timer expired: retries in a second. */
void tcp_timers_wake_again(struct stack *s, struct stack_timer *t);

/* The list of quiet connections is scanned at `when`. */
void tcp_timers_quiet(struct stack *s, nsec_t when);

/* The record of t is about to be freed. */
void tcp_timers_off(struct stack *s, struct stack_timer *t);

/* The values of TCP_LINGER2 with tcp_fin_timeout, and TCP_USER_TIMEOUT (ms; 0: none) for c. */
nsec_t tcp_fin_time(const struct stack *s, const struct tcp_conn *c);
uint32_t tcp_user_timeout(const struct tcp_conn *c);

/* True if orphans << shift exceeds tcp_max_orphans, or queued data exceeds tcp_mem. */
bool tcp_orphans_too_many(const struct stack *s, int shift);

#endif
