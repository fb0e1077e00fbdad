/*
 * tcp_idle_rows.h - the fields of a connection that came out differently when it was unpacked:
 * those that change with much data, with losses, by rare options.
 *
 *     [bytes of bitmap] [bitmap: a bit per row, "differs"] [differences, 7 bits per byte]
 */
#ifndef STACK_TCP_IDLE_TCP_IDLE_ROWS_H
#define STACK_TCP_IDLE_TCP_IDLE_ROWS_H

#include "stack/tcp/tcp_priv.h"

/* Writes what differs between c and `made`, both with their active parts, to `to`, and makes `made`
 * equal in it. Returns the end; NULL: it is longer than `room`. */
uint8_t *tcp_idle_put_rows(
	const struct tcp_conn *c, struct tcp_conn *made, uint8_t *to, size_t room);

/* Applies what was written at `from` to c; returns the end. */
const uint8_t *tcp_idle_take_rows(struct tcp_conn *c, const uint8_t *from);

#endif
