/*
 * opt.h - socket options as tables: one row an option, with how it is set and read. What has no
 * row, or no way to be set, gives ENOPROTOOPT; nothing is accepted and then ignored (law 2).
 * Private to the room.
 */
#ifndef SOCKET_OPT_H
#define SOCKET_OPT_H

#include "socket/sock.h"

enum opt_on {
	OPT_STREAM = 1 << 0,
	OPT_DGRAM = 1 << 1,
	OPT_BOTH = OPT_STREAM | OPT_DGRAM,
};

/* One option; most are an int, the others read and write raw bytes. NULL: not that way. */
struct opt {
	int name;
	uint8_t on; /* enum opt_on */
	int (*set)(struct bs *bs, struct sock *s, int value);
	int (*get)(struct bs *bs, struct sock *s, int *value);
	int (*set_raw)(struct bs *bs, struct sock *s, struct iovec value);
	int (*get_raw)(struct bs *bs, struct sock *s, struct iovec *value);
};

struct opt_table {
	int level;
	bool bytes; /* an int may be given and read as one byte (ip(7)) */
	const struct opt *row;
	size_t rows;
};

extern const struct opt_table opt_socket, opt_ip, opt_ipv6, opt_tcp;

/* Copies a value of n bytes to the caller, cut to the room there. */
int opt_put(struct iovec *value, const void *from, size_t n);

#endif
