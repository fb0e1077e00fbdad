/*
 * args.h - the expressions of a system call as what the call wants: numbers, buffers,
 * structures. The memory is the run's arena.
 */
#ifndef LAB_PKT_ARGS_H
#define LAB_PKT_ARGS_H

#include "lab/pkt/run.h"

/* The system calls of what is under test, and their first argument. */
static inline const struct pkt_sockets *args_calls(const struct pkt_args *a)
{
	return a->run->sut.ops->sockets;
}

static inline struct burble *args_bs(const struct pkt_args *a)
{
	return a->run->sut.bs;
}

void args_fail(struct pkt_args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The next argument; fails, and gives an ellipsis, if there is none. */
const struct pkt_expr *args_next(struct pkt_args *a);

/* A number: 1, 0x1, WORD, A|B; dots is what "..." stands for. */
int64_t expr_int(struct pkt_args *a, const struct pkt_expr *e, int64_t dots);
int64_t args_int(struct pkt_args *a, int64_t dots);

/* Member of a structure as a number; `none` if it is not there. */
int64_t expr_member(struct pkt_args *a, const struct pkt_expr *e, const char *name, int64_t none);

/* A descriptor of the script as the live one. */
int args_fd(struct pkt_args *a);
int args_fd_of(struct pkt_args *a, int64_t script);

/* A buffer and its length, two arguments. NULL stays NULL. */
struct iovec args_buffer(struct pkt_args *a);

/* [{..., 1000}, {..., 10}] */
struct iovec *expr_iov(struct pkt_args *a, const struct pkt_expr *e, size_t *n);

/* An address; dots: the one that stands for "..." here, local or remote. */
enum args_end {
	ARGS_LOCAL,
	ARGS_REMOTE,
};
struct sockaddr *expr_addr(
	struct pkt_args *a, const struct pkt_expr *e, enum args_end dots, socklen_t *len);

#endif
