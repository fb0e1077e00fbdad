/*
 * opt_row.h - setters and getters that many options share, for the rows of the tables. Each gets
 * its subject from its row (o->arg). Private to the room.
 */
#ifndef SOCKET_OPT_ROW_H
#define SOCKET_OPT_ROW_H

#include "socket/dgram_io.h"
#include "socket/opt.h"

/* Copies a value of n bytes to the caller, truncated to the size of the buffer. */
int opt_put(struct iovec *value, const void *from, size_t n);

/* The option is bit o->arg of the socket. */
int opt_set_bit(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_bit(struct burble *b, struct sock *s, const struct opt *o, int *value);

/* The option is the connection's, enum tcp_opt_name o->arg, which checks the value. */
int opt_set_conn(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_conn(struct burble *b, struct sock *s, const struct opt *o, int *value);

/* A word of struct sock_extra at offset o->arg; 0 while not allocated. */
int opt_set_extra(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_extra(struct burble *b, struct sock *s, const struct opt *o, int *value);

/* A byte of struct udp_opts at offset o->arg. */
int opt_set_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_set_udp_flag(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_udp_u8(struct burble *b, struct sock *s, const struct opt *o, int *value);

/* A word of it. */
int opt_get_udp_u32(struct burble *b, struct sock *s, const struct opt *o, int *value);

/* Bit o->arg of enum dgram_wants. */
int opt_set_want(struct burble *b, struct sock *s, const struct opt *o, int value);
int opt_get_want(struct burble *b, struct sock *s, const struct opt *o, int *value);

#define OPT_BIT(n, where, bit, lo, hi)                                                             \
	{                                                                                          \
		.name = (n), .on = (where), .arg = (bit), .min = (lo), .max = (hi),                \
		.set = opt_set_bit, .get = opt_get_bit                                             \
	}
#define OPT_CONN(n, o)                                                                             \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .arg = (o), OPT_ANY_INT, .set = opt_set_conn,       \
		.get = opt_get_conn                                                                \
	}
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
