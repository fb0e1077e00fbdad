/*
 * args.h - evaluation of system call arguments: numbers, descriptors, buffers, addresses. Memory
 * comes from the arena of the call. The first error is kept in a->error, and later arguments then
 * evaluate to something harmless.
 */
#ifndef LAB_PKT_ARGS_H
#define LAB_PKT_ARGS_H

#include "lab/pkt/run.h"

/* System calls of the system under test. */
static inline const struct pkt_sockets *args_calls(const struct pkt_args *a)
{
	return a->run->sut.ops->sockets;
}

/* First argument of those calls. */
static inline struct burble *args_bs(const struct pkt_args *a)
{
	return a->run->sut.bs;
}

/* Records an error in the arguments, or in the results that a call returned through them; the first
 * one is kept. */
void args_fail(struct pkt_args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns the next argument; an ellipsis, and an error, if there are no more. */
const struct pkt_expr *args_next(struct pkt_args *a);

/* Evaluates a number: 1, 0x1, WORD, A|B, htons(1); `dots` is the value of "...". */
int64_t expr_int(struct pkt_args *a, const struct pkt_expr *e, int64_t dots);

/* Evaluates the next argument as a number. */
int64_t args_int(struct pkt_args *a, int64_t dots);

/* Evaluates a member of a structure as a number; `none` if there is no such member. */
int64_t expr_member(struct pkt_args *a, const struct pkt_expr *e, const char *name, int64_t none);

/* Maps a descriptor of the script to one of the system under test; -1 if it is not open. */
int args_fd_of(const struct pkt_args *a, int64_t script);

/* Evaluates the next argument as a descriptor of the system under test. */
int args_fd(struct pkt_args *a);

/* Evaluates the next two arguments as a buffer and its length. iov_base is NULL for NULL. */
struct iovec args_buffer(struct pkt_args *a);

/* Evaluates [{..., 1000}, {..., 10}]; *n is the number of buffers. NULL if e is no list. */
struct iovec *expr_iov(struct pkt_args *a, const struct pkt_expr *e, size_t *n);

/* Evaluates the next two arguments as such a list and its length, which may be shorter. */
struct iovec *args_iov(struct pkt_args *a, int *n);

/* The host whose address "..." stands for. */
enum args_end {
	ARGS_LOCAL,
	ARGS_REMOTE,
};

/* Evaluates an address: "...", {sa_family = ...}, AF_UNSPEC, or NULL, which yields NULL. */
struct sockaddr *expr_addr(
	struct pkt_args *a, const struct pkt_expr *e, enum args_end dots, socklen_t *len);

#endif
