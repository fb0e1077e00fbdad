/*
 * call.h - the system calls, one function each, by file: call.c opens, closes and waits,
 * call_io.c moves data, call_file.c
 * has files, call_opt.c sets and reads options. Each takes its arguments off a,
 * makes the call, checks what came out, and returns what Linux would: 0 or more, or -errno.
 */
#ifndef LAB_PKT_CALL_H
#define LAB_PKT_CALL_H

#include "lab/pkt/args.h"

int64_t call_read(struct pkt_args *a);
int64_t call_readv(struct pkt_args *a);
int64_t call_recv(struct pkt_args *a);
int64_t call_recvfrom(struct pkt_args *a);
int64_t call_recvmsg(struct pkt_args *a);
int64_t call_write(struct pkt_args *a);
int64_t call_writev(struct pkt_args *a);
int64_t call_send(struct pkt_args *a);
int64_t call_sendto(struct pkt_args *a);
int64_t call_sendmsg(struct pkt_args *a);

int64_t call_open(struct pkt_args *a);
int64_t call_pipe(struct pkt_args *a);
int64_t call_sendfile(struct pkt_args *a);
int64_t call_splice(struct pkt_args *a);

/* True if fd is a file of the run, which nothing has to be told of. */
bool call_file_close(struct pkt_args *a, int fd);

int64_t call_getsockopt(struct pkt_args *a);
int64_t call_setsockopt(struct pkt_args *a);
int64_t call_ioctl(struct pkt_args *a);
int64_t call_fcntl(struct pkt_args *a);
int64_t call_poll(struct pkt_args *a);
int64_t call_epoll_create(struct pkt_args *a);
int64_t call_epoll_ctl(struct pkt_args *a);
int64_t call_epoll_wait(struct pkt_args *a);

#endif
