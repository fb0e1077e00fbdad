/*
 * stream.h - the stream half of the socket calls, behind the dispatch of calls.c. Private to the
 * room. Errors as the bs_ call of the same name.
 */
#ifndef SOCKET_STREAM_H
#define SOCKET_STREAM_H

#include "socket/below.h"

int stream_open(struct bs *bs, struct sock *s);
int stream_bind(struct bs *bs, struct sock *s, const struct endpoint *e);
int stream_listen(struct bs *bs, struct sock *s, int backlog);
int stream_connect(struct bs *bs, struct sock *s, const struct endpoint *to, struct bs_call *call);
int stream_accept(
	struct bs *bs, struct sock *s, struct bs_addr peer, int flags, struct bs_call *call);
int stream_shutdown(struct bs *bs, struct sock *s, uint8_t shut);
int stream_name(struct bs *bs, struct sock *s, struct endpoint *e, bool peer);

ssize_t stream_send(
	struct bs *bs, struct sock *s, const struct msghdr *msg, int flags, struct bs_call *call);
ssize_t stream_recv(
	struct bs *bs, struct sock *s, struct msghdr *msg, int flags, struct bs_call *call);

/* For file_ops. */
uint32_t stream_ready(struct bs *bs, struct file *f);
void stream_release(struct bs *bs, struct file *f);

/* close(2) with SO_LINGER: begins; true if there is something to wait for. */
bool stream_linger(struct bs *bs, struct sock *s);

/* True while there still is. */
bool stream_lingers(struct sock *s);

#endif
