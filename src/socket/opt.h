/*
 * opt.h - socket options as tables: one row per option, with its setter and getter. An option
 * without a row, or without a setter, returns ENOPROTOOPT; nothing is accepted and then ignored
 * (law 2). Private to the room.
 */
#ifndef SOCKET_OPT_H
#define SOCKET_OPT_H

#include "socket/stream.h"
#include "stack/tcp/tcp_sockopt.h"

enum opt_on {
	OPT_STREAM = 1 << 0,
	OPT_DGRAM = 1 << 1,
	OPT_BOTH = OPT_STREAM | OPT_DGRAM,
};

/* One option. An int is checked against min and max (-EINVAL); raw bytes are checked by the
 * function. NULL: cannot be set, or read. */
struct opt {
	int name;
	uint8_t on;   /* enum opt_on */
	uint16_t arg; /* for set and get: a sock_bit, a tcp_opt_name ... */
	int min, max;
	int (*set)(struct burble *b, struct sock *s, const struct opt *o, int value);
	int (*get)(struct burble *b, struct sock *s, const struct opt *o, int *value);
	int (*set_raw)(struct burble *b, struct sock *s, struct iovec value);
	int (*get_raw)(struct burble *b, struct sock *s, struct iovec *value);
};

#define OPT_ANY_INT .min = INT_MIN, .max = INT_MAX

struct opt_table {
	int level;
	bool bytes; /* an int may be set and read as one byte (ip(7)) */
	bool ints;  /* a value shorter than an int is an error before the name is looked up */
	const struct opt *row;
	size_t rows;
};

extern const struct opt_table opt_socket, opt_ip, opt_ipv6, opt_tcp, opt_udp;

/* TCP_MD5SIG, TCP_MD5SIG_EXT: opt_auth.c. */
int opt_set_md5(struct burble *b, struct sock *s, struct iovec value);
int opt_set_md5_ext(struct burble *b, struct sock *s, struct iovec value);

/* TCP_AO_ADD_KEY, TCP_AO_DEL_KEY, TCP_AO_INFO, TCP_AO_GET_KEYS: opt_ao.c. */
int opt_ao_add(struct burble *b, struct sock *s, struct iovec value);
int opt_ao_del(struct burble *b, struct sock *s, struct iovec value);
int opt_ao_set(struct burble *b, struct sock *s, struct iovec value);
int opt_ao_get(struct burble *b, struct sock *s, struct iovec *value);
int opt_ao_keys(struct burble *b, struct sock *s, struct iovec *value);

#endif
