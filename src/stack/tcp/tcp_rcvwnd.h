/*
 * tcp_rcvwnd.h - the receive window, and the growth of the receive buffer.
 */
#ifndef STACK_TCP_TCP_RCVWND_H
#define STACK_TCP_TCP_RCVWND_H

#include "stack/tcp/tcp_priv.h"

/* In: space (bytes of payload that the buffer holds), mss, wscale_ok, clamp (0: none). Out:
 * rcv_wnd, clamp and wscale of a SYN or SYN-ACK. */
struct tcp_win_start {
	uint32_t space;
	uint16_t mss;
	bool wscale_ok;
	uint32_t rcv_wnd, clamp;
	uint8_t wscale;
};

/* The inputs derived from the buffer of c; a buffer set by the program also limits the scale. */
struct tcp_win_start tcp_win_begin(const struct tcp_conn *c);

/* Computes the outputs of w. */
void tcp_win_initial(const struct stack *s, struct tcp_win_start *w);

/* The connection is established: sets the initial bounds of its window. */
void tcp_win_start_conn(struct stack *s, struct tcp_conn *c);

/* The window to offer now, in bytes, before taking into account what was already offered. */
uint32_t tcp_win_select(struct stack *s, struct tcp_conn *c);

/* The window field of a segment being sent: advances rcv_wnd and rcv_wup, never shrinks the offered
 * window (RFC 9293 MUST-34). */
uint16_t tcp_win_field(struct stack *s, struct tcp_conn *c);

/* Bounds the window by v: its maximum falls to that, or rises to what is offered. */
void tcp_win_clamp(struct tcp_conn *c, uint32_t v);

/* The payload that fits into `space` bytes of buffer, by the current ratio. */
uint32_t tcp_win_from_space(const struct tcp_conn *c, int64_t space);

/* The payload that the free part of the buffer holds; negative space counts as 0. */
int64_t tcp_space(const struct tcp_conn *c);

/* Data has arrived: the window may grow, if the segment used its memory well. */
void tcp_win_grow(const struct stack *s, struct tcp_conn *c, const struct tcp_arrival *a);

/* Dynamic right-sizing: an RTT measured by a full window, by a timestamp; the reader has read data;
 * `now` bytes were read in a round trip. */
void tcp_rcv_rtt(struct stack *s, struct tcp_conn *c);
void tcp_rcv_rtt_echo(const struct stack *s, struct tcp_conn *c, uint32_t tsecr, uint32_t len);
void tcp_rcv_adjust(struct stack *s, struct tcp_conn *c);
void tcp_rcvbuf_grow(struct stack *s, struct tcp_conn *c, uint32_t now);

/* Estimates the size of the peer's segments (rcv_mss) from this one. */
void tcp_measure_mss(struct tcp_conn *c, const struct tcp_arrival *a);

#endif
