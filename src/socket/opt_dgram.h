/*
 * opt_dgram.h - ways to set and read options of datagram sockets, for the tables of the levels.
 * Private to the room.
 */
#ifndef SOCKET_OPT_DGRAM_H
#define SOCKET_OPT_DGRAM_H

#include "socket/dgram_io.h"
#include "socket/opt.h"

/* A byte of struct udp_opts at offset o->arg. */
int opt_set_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_set_udp_flag(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int *value);

/* A word of it. */
int opt_set_udp_u32(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_udp_u32(struct burble *b, struct sock *s, const struct opt *o, int *value);

/* Bit o->arg of enum dgram_wants. */
int opt_set_want(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_want(struct burble *b, struct sock *s, const struct opt *o, int *value);

#define OPT_UDP_U8(n, field, lo, hi)                                                               \
	{                                                                                          \
		.name = (n), .on = OPT_DGRAM, .arg = offsetof(struct udp_opts, field),             \
		.min = (lo), .max = (hi), .set = opt_set_udp_u8, .get = opt_get_udp_u8             \
	}
#define OPT_WANT(n, want)                                                                          \
	{                                                                                          \
		.name = (n), .on = OPT_DGRAM, .arg = (want), OPT_ANY_INT, .set = opt_set_want,     \
		.get = opt_get_want                                                                \
	}

#endif
