/*
 * tcp_sndbuf.h - the send buffer.
 */
#ifndef STACK_TCP_TCP_SNDBUF_H
#define STACK_TCP_TCP_SNDBUF_H

#include "stack/tcp/tcp_priv.h"

/* Queues up to n bytes for a SYN to carry (Fast Open); not pushed. Returns how many. */
size_t tcp_send_queue(struct stack *s, struct tcp_conn *c, const void *p, size_t n);

/* Queues the FIN, once. False: out of memory, nothing has changed. */
bool tcp_snd_fin(struct stack *s, struct tcp_conn *c);

/* Data up to `to` is acknowledged: frees it. */
void tcp_snd_free_to(struct stack *s, struct tcp_conn *c, struct seq to);

/* Frees the whole queue. */
void tcp_snd_clear(struct stack *s, struct tcp_conn *c);

/* This run was sent for the first time: reports it to the loss engine and advances SND.NXT. */
void tcp_snd_sent(struct stack *s, struct tcp_conn *c, const struct loss_send *run);

/* The byte at `at`, which must be queued: *len bytes follow contiguously in *ref, which is owned by
 * the queue; NULL if they are in a little record. */
const uint8_t *tcp_snd_at(struct tcp_conn *c, struct seq at, uint32_t *len, struct chunk **ref);

/* Splits the first n unsent bytes of r off as a record with these flags, which r becomes; its
 * successor is the remainder. NULL: out of memory, r is unchanged. */
struct tcp_rec *tcp_rec_split(
	struct stack *s, struct tcp_conn *c, struct tcp_rec *r, uint32_t n, uint8_t flags);

/* Makes the flush send new segments; nonagle: enum tcp_nagle, for this flush besides c->nonagle. */
void tcp_push_mark(struct stack *s, struct tcp_conn *c, uint8_t nonagle);

/* n, or half the largest window ever offered by the peer if that is less (RFC 9293 3.8.6.2.1). */
uint32_t tcp_half_window(const struct tcp_conn *c, uint32_t n);

/* The size that a record is filled up to: whole segments, as many as are sent in one run. */
uint32_t tcp_size_goal(const struct tcp_conn *c);

/* True if a byte may be queued; if EPOLLOUT is true, which requires a third of the buffer to be
 * free. */
bool tcp_snd_room(const struct stack *s, const struct tcp_conn *c);
bool tcp_snd_writable(const struct stack *s, const struct tcp_conn *c);

/* TCP_NOTSENT_LOWAT of c: its own, or the parameter. */
uint32_t tcp_notsent_lowat(const struct stack *s, const struct tcp_conn *c);

/* Grows the buffer with the congestion window, unless the program fixed it. */
void tcp_sndbuf_expand(struct stack *s, struct tcp_conn *c);

/* True if there is unsent data, or a blocked call has more (tcp_set_write_pending()): an ACK may
 * wait for it. */
bool tcp_write_pending(const struct tcp_conn *c);

/* tcp_send() of a few bytes, without flags, into an empty send buffer: all of them, or none. Both
 * paths use it, so that their queues, and the runs cut from them, are the same. */
bool tcp_send_little(struct stack *s, struct tcp_conn *c, const void *p, size_t n);

#endif
