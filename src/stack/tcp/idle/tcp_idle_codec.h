/*
 * tcp_idle_codec.h - the two records of an idle connection as a short string of bytes, and back.
 *
 *     [a bit per field: is it as predicted?] [two lengths, two differences]... [rows]
 *
 * Fields that vary are predicted from those before them: times from the time of the last event,
 * sequence numbers from SND.UNA and RCV.NXT, the rest from their usual values. All others follow
 * from them, and are listed only where they do not. tcp_idle_encode() also unpacks, and compares
 * everything: a connection that would come out differently is not packed.
 */
#ifndef STACK_TCP_IDLE_TCP_IDLE_CODEC_H
#define STACK_TCP_IDLE_TCP_IDLE_CODEC_H

#include "stack/tcp/tcp_priv.h"

enum {
	PACK_MAX = 255,
	PACK_ROOM = 576, /* were every field as long as it can be */
};

struct tcp_packed {
	uint8_t n, bytes[PACK_ROOM];
};

/* The records from which unpacking starts. NULL: out of memory. The caller frees them. */
struct tcp_fresh *tcp_fresh_new(struct stack *s);

/* Packs c and c->active, both quiescent: queues empty, timers off, last used at `quiet_at`. False:
 * too large, or it contains something that is not packed. */
bool tcp_idle_encode(struct stack *s, const struct tcp_conn *c, struct tcp_packed *out);

/* Fills in the times of the last data and of the last ACK, lrcv_ms and rcv_tstamp_ms, from n packed
 * bytes. c and b are scratch. */
void tcp_idle_decode_times(
	struct tcp_conn *c, struct tcp_active *b, const uint8_t *from, uint8_t n);

/* Fills c and b, overwriting them, except for the identity of the connection (key, owner, port,
 * extra, flags of bind()), from n packed bytes. cc of c is read. */
void tcp_idle_decode(
	struct stack *s, struct tcp_conn *c, struct tcp_active *b, const uint8_t *from, uint8_t n);

#endif
