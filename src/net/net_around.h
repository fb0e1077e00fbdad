/*
 * net_around.h - the base of a network that wraps another (TLS, WebSocket, the PROXY protocol): the
 * calls that pass through, the table of the connections that do not, and the list of those that are
 * to be reported again although no event will come.
 *
 *     struct tls_net { struct net_around around; ... };        around.net is what the caller sees
 *
 * A call named in its table of operations as net_around_... is the wrapped network's own.
 */
#ifndef NET_AROUND_H
#define NET_AROUND_H

#include "base/vec.h"
#include "chat/net.h"

struct net_around {
	struct net net, *inner;
	VEC(void *) conns; /* by handle; NULL: the connection passes through */
	VEC(int) more;     /* handles of conns */
};

/* The connection of a handle, or NULL. */
void *net_around_at(const struct net_around *a, int handle);

/* Makes room for a handle in the table and in the list; false if out of memory. Then
 * a->conns.at[handle] may be set, and the handle be listed. */
bool net_around_reserve(struct net_around *a, int handle);

/* Adds a handle to the list; it must not be there yet. */
void net_around_list(struct net_around *a, int handle);

/* Takes a handle out of the list. */
void net_around_unlist(struct net_around *a, int handle);

/* Takes the first n out of the list. */
void net_around_listed(struct net_around *a, uint32_t n);

/* Frees table and list. */
void net_around_free(struct net_around *a);

/* recv() of the wrapped network. */
ssize_t net_around_recv(struct net *n, int handle, void *buf, size_t len);

/* send() of the wrapped network. */
ssize_t net_around_send(struct net *n, int handle, const struct iovec *iov, int count);

/* send_batch() of the wrapped network; one that changes what is sent has net_batch.h. */
void net_around_send_batch(struct net *n, struct net_send *sends, size_t count);

/* tune() of the wrapped network. */
int net_around_tune(struct net *n, int handle, const struct net_tuning *t);

/* wake() of the wrapped network. */
void net_around_wake(struct net *n);

/* now() of the wrapped network. */
nsec_t net_around_now(struct net *n);

/* wall() of the wrapped network. */
nsec_t net_around_wall(struct net *n);

/* secure() of the wrapped network; false if it has none. */
bool net_around_secure(struct net *n, int handle, struct net_secure *to);

/* why() of the wrapped network; NULL if it has none. */
const char *net_around_why(struct net *n, int handle);

/* give(), take() and inherit() of the wrapped network; -EOPNOTSUPP if it has none. */
int net_around_give(struct net *n, int handle, struct tlv_out *state);
int net_around_take(struct net *n, int fd, const struct tlv_in *state);
int net_around_inherit(struct net *n, int fd, const struct net_addr *at);

/* counter() of the wrapped network; false if it has none. */
bool net_around_counter(struct net *n, unsigned number, const char **name, uint64_t *value);

#endif
