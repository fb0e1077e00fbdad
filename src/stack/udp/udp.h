/*
 * udp.h - UDP (RFC 768), the interface to the socket room. Everything here marks; datagrams are
 * sent by stack_flush().
 *
 *     udp_new -> [udp_bind] -> udp_send, udp_recv ... -> udp_close
 *                      `-> udp_connect: one peer, ICMP errors, no other peers' datagrams
 *
 * A socket has one owner above until udp_close(), which ends it at once. Upward there is one table,
 * struct udp_events; its functions may mark and queue, and never call back in here.
 */
#ifndef STACK_UDP_UDP_H
#define STACK_UDP_UDP_H

#include "stack/ip/ip.h"
#include "stack/stack.h"
#include "wire/udp.h"

#include <sys/types.h>
#include <sys/uio.h>

struct udp_sock;

/* Readiness that may have changed; the bits are EPOLLIN and so on. */
enum udp_event {
	UDP_EVENT_IN = 0x001,
	UDP_EVENT_OUT = 0x004,
	UDP_EVENT_ERR = 0x008,
	UDP_EVENT_HUP = 0x010,
	UDP_EVENT_RDHUP = 0x2000,
};

/* Set by the socket room. NULL functions are not called. */
struct udp_events {
	void *ctx;
	/* owner is the argument of udp_new(). */
	void (*notify)(void *ctx, void *owner, uint32_t events);
	/* An ICMP error for a socket with opts.recverr: err is its errno, positive; q the quote,
	 * whose data is the datagram sent, from its UDP header on. */
	void (*icmp)(void *ctx, void *owner, const struct icmp_quote *q, const struct ip_error *e,
		int err);
};

/* Sets the table of events; copied. */
void udp_set_events(struct stack *s, const struct udp_events *ev);

/* An address and port. */
struct udp_end {
	struct ip_addr addr;
	uint16_t port;
	uint32_t ifindex; /* scope; 0: none */
};

/* Path MTU discovery: the values of IP_MTU_DISCOVER. */
enum udp_pmtu {
	UDP_PMTU_DONT,      /* never DF */
	UDP_PMTU_WANT,      /* DF if it fits; otherwise fragmented here */
	UDP_PMTU_DO,        /* always DF; if it does not fit: -EMSGSIZE */
	UDP_PMTU_PROBE,     /* always DF; only the interface's MTU counts */
	UDP_PMTU_INTERFACE, /* never DF; if the interface cannot take it: -EMSGSIZE */
	UDP_PMTU_OMIT,      /* never DF; otherwise fragmented here, by the interface's MTU */
};

/* The options of a socket for one IP version: of IPPROTO_IP, or of IPPROTO_IPV6. */
struct udp_ip_opts {
	uint32_t group_if;  /* IP_MULTICAST_IF; 0: by route */
	uint16_t ttl;       /* 0: the default; or IP_NO_HOPS */
	uint8_t tos;        /* or traffic class */
	uint8_t group_ttl;  /* 0: only to this host */
	uint8_t pmtu;       /* enum udp_pmtu */
	uint8_t group_loop; /* also to members on this host; valid in the socket's own version */
	uint8_t group_all;  /* receive from groups joined by other sockets of this host */
	bool recverr;
};

/* The options of a socket, set directly by the socket room; read when needed. */
struct udp_opts {
	struct udp_ip_opts v4, v6;
	uint32_t rcvbuf, sndbuf;  /* bytes, as counted by Linux: doubled by SO_RCVBUF */
	uint32_t bound_if;        /* SO_BINDTODEVICE; 0: none */
	uint32_t port_range;      /* IP_LOCAL_PORT_RANGE: lowest, and highest << 16; 0: parameter */
	struct ip_addr group_src; /* the address passed to IP_MULTICAST_IF; any: none */
	bool broadcast, no_check, reuseaddr, reuseport, v6only, freebind;
	bool shut_rd, shut_wr;
	bool no_port; /* IP_BIND_ADDRESS_NO_PORT: a port 0 is chosen by the first send */
	bool cork;    /* UDP_CORK: data is gathered until udp_push() */
};

/* A socket of domain AF_INET6 if v6, else AF_INET, with Linux's defaults. NULL: out of memory. */
struct udp_sock *udp_new(struct stack *s, void *owner, bool v6);

/* Closes u: its receive queue is dropped, datagrams already queued are still sent. */
void udp_close(struct stack *s, struct udp_sock *u);

/* The options of u, read and changed directly; valid until udp_close(). */
struct udp_opts *udp_opts(struct udp_sock *u);

/* Port 0: one is chosen. -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL (has a port already). */
int udp_bind(struct stack *s, struct udp_sock *u, const struct udp_end *e);

/* Assigns u a port if it has none. -EAGAIN if none is free, -ENOMEM. */
int udp_autobind(struct stack *s, struct udp_sock *u);

/* Sets the peer; chooses the local address and port if unset. -ENETUNREACH ..., -EAGAIN (no free
 * port), -EACCES (broadcast without the option). */
int udp_connect(struct stack *s, struct udp_sock *u, const struct udp_end *to);

/* connect() with AF_UNSPEC: removes the peer, and an address or port chosen by connect. */
void udp_disconnect(struct stack *s, struct udp_sock *u);

/* Joins a group on an interface (0: by route). -EINVAL (not a group), -ENODEV, -EADDRINUSE (already
 * joined), -ENOBUFS (igmp_max_memberships, or the bounds of ip_group_join()). */
int udp_join(struct stack *s, struct udp_sock *u, const struct ip_addr *group, uint32_t ifindex);

/* Leaves a group (ifindex 0: on the first interface where it was joined). -EINVAL, -ENODEV,
 * -EADDRNOTAVAIL (not joined). */
int udp_leave(struct stack *s, struct udp_sock *u, const struct ip_addr *group, uint32_t ifindex);

/* One datagram to send. */
struct udp_out {
	const struct udp_end *to; /* NULL: the connected peer */
	struct ip_addr src;       /* IP_PKTINFO; any: the socket's */
	uint32_t ifindex;         /* IP_PKTINFO; 0: none */
	const struct iovec *iov;
	int iovcnt;
	int tos, ttl; /* from control messages; -1: the socket's */
	bool more;    /* MSG_MORE: the datagram continues with the next call */
};

/* Queues one datagram, or with more or opts.cork gathers it: destination and header are those of
 * the first call, and an error discards the data gathered. Returns its bytes of data, or
 * -EDESTADDRREQ, -EMSGSIZE, -EAGAIN (sndbuf is full: UDP_EVENT_OUT follows), -EPIPE (shut down),
 * -EACCES, -EINVAL (port 0), -ENETUNREACH ..., or the pending error, if the datagram is otherwise
 * valid. */
ssize_t udp_send(struct stack *s, struct udp_sock *u, const struct udp_out *o);

/* Queues the gathered datagram, if any. 0, -ENOBUFS. */
int udp_push(struct stack *s, struct udp_sock *u);

/* A datagram to be received. */
struct udp_in {
	const struct iovec *iov;
	int iovcnt;
	bool peek;
	/* filled in */
	struct udp_end from, to; /* to: its destination (IP_PKTINFO) */
	uint32_t len;            /* of the datagram: if larger than the bytes copied, MSG_TRUNC */
	uint8_t tos, ttl;
	nsec_t stamp;
};

/* Copies the oldest datagram; returns the bytes copied, or -EAGAIN if there is none. The caller
 * checks for a pending error first: udp_take_error(). */
ssize_t udp_recv(struct stack *s, struct udp_sock *u, struct udp_in *in);

/* SO_ERROR: returns and clears the pending error, positive; 0: none. */
int udp_take_error(struct udp_sock *u);

/* Sets the pending error, positive; 0: none. */
void udp_set_error(struct udp_sock *u, int err);

/* Snapshot of a socket. */
struct udp_status {
	bool connected, readable, writable;
	int err;
	uint32_t next_len; /* bytes of the oldest datagram (FIONREAD) */
	uint32_t unsent;   /* memory of unsent datagrams (SIOCOUTQ) */
};

/* Fills in the status of u. */
void udp_status(const struct udp_sock *u, struct udp_status *f);

/* The local address and port; any and 0 if unbound. */
void udp_local(const struct udp_sock *u, struct udp_end *e);

/* The connected peer; any and 0 if unconnected. */
void udp_peer(const struct udp_sock *u, struct udp_end *e);

/* The IP version of the gathered datagram (UDP_CORK, MSG_MORE), 4 or 6; 0: none. */
int udp_gathers(const struct udp_sock *u);

/* Requests UDP_EVENT_OUT when the send buffer has room again (SOCK_NOSPACE). */
void udp_want_write(struct udp_sock *u);

/* A protocol of this room gets the datagrams over IPv4 to a port, addressed to this host, a group
 * or all hosts, before sockets do: input returns true if it was for it. One for an instance. */
void udp_set_service(struct stack *s, uint16_t port,
	bool (*input)(struct stack *s, const struct udp *u, const struct ip_rx *rx));

/* The number of sockets, bound or not. */
uint32_t udp_sockets(const struct stack *s);

/* Bytes charged for the datagrams of all receive queues; udp_mem limits them. */
uint64_t udp_memory(const struct stack *s);

/* --- the instance (called by stack.c) --------------------------------------------------------- */

struct udp_state;

/* Creates the UDP of an instance and registers it with ip. NULL: out of memory. */
struct udp_state *udp_state_new(struct stack *s);

/* Closes all sockets, drops queued datagrams and frees the UDP of s. */
void udp_state_free(struct stack *s);

/* Sends the queued datagrams, in the order in which they were queued. */
void udp_flush(struct stack *s);

/* True if udp_flush() has something to do. */
bool udp_dirty(const struct stack *s);

#endif
