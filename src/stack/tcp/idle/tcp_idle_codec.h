/*
 * tcp_idle_codec.h - the two records of an idle connection as a short string of bytes, and back.
 *
 *     [bytes of bitmap] [bitmap: a bit per row, "differs"] [differences, 7 bits per byte]
 *
 * Each row of the table (tcp_idle_codec.c) is a field. Before it is packed it is predicted from the
 * rows before it: times from the time of the last event, sequence numbers from SND.UNA and RCV.NXT,
 * the rest from their usual values; only differences take space. Fields without a row must be as in
 * a fresh connection: tcp_idle_encode() also unpacks and compares everything.
 */
#ifndef STACK_TCP_IDLE_TCP_IDLE_CODEC_H
#define STACK_TCP_IDLE_TCP_IDLE_CODEC_H

#include "stack/tcp/tcp_priv.h"

enum {
	PACK_MAX = 255,
};

struct tcp_packed {
	uint8_t n, bytes[PACK_MAX];
};

/* Packs c and c->active, both quiescent: queues empty, timers off, last used at `quiet_at`. False:
 * they contain something that cannot be packed, or are too large. */
bool tcp_idle_encode(struct stack *s, const struct tcp_conn *c, struct tcp_packed *out);

/* Fills c and b, overwriting them, except for the identity of the connection (key, owner, port,
 * extra). key and cc of c are read. */
void tcp_idle_decode(
	struct stack *s, struct tcp_conn *c, struct tcp_active *b, const uint8_t *from);

#endif
