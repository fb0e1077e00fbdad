/*
 * net_socket.h - conversions between chat/net.h and the socket API: addresses, options, epoll bits;
 * shared by the kernel's sockets and burble's.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "chat/net.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

union net_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The socket address of a; returns its length. */
socklen_t net_to_sockaddr(union net_sockaddr *out, const struct net_addr *a);

/* The address in a socket address; family 0 if that is neither IPv4 nor IPv6. */
void net_from_sockaddr(struct net_addr *out, const union net_sockaddr *a);

/* Sets one integer option of a socket; 0 or -errno. */
typedef int net_set_option(struct net *n, int handle, int level, int option, int value);

/* Sets the socket options of a tuning. 0, or the first -errno. */
int net_set_tuning(struct net *n, int handle, const struct net_tuning *t, net_set_option *set);

/* The epoll event that registers interest in `ready` under tag. */
struct epoll_event net_asked(uint32_t ready, uint64_t tag);

/* The readiness that epoll bits stand for. */
uint32_t net_reported(uint32_t epoll_bits);

#endif
