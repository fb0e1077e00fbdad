/*
 * burble.h - libburble: a TCP/IP stack as a value. No thread, no global, no clock: frames and the
 * time go in, frames and readiness come out, and the same seed gives the same packets.
 *
 *     getrandom(&seed, sizeof(seed), 0); // a fixed seed is for tests
 *     struct burble *b = burble_new(&(struct burble_config){.seed = seed, .now = burble_clock()});
 *     int tun = burble_if_open(b, "tun0");
 *     burble_addr_add(b, tun, "192.0.2.1/24");
 *
 *     ... burble_socket(), burble_bind(), burble_listen(), burble_epoll_create1(): socket.h ...
 *
 *     for (;;) {
 *             while ((n = burble_epoll_wait(b, ep, events, 64)) > 0)
 *                     ... burble_accept4(), burble_recv(), burble_send() ...
 *             burble_wait(b, -1);
 *     }
 *
 * burble_wait() is the loop for real devices and the real clock. A program with a loop, or a clock,
 * of its own calls burble_step() instead.
 *
 * Results are 0 or more, or -errno with Linux's meaning. Times are nanoseconds. An instance and all
 * that belongs to it are used from one thread at a time; two instances share nothing.
 */
#ifndef BURBLE_BURBLE_H
#define BURBLE_BURBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BURBLE_VERSION "0.1.0"

#define BURBLE_API   __attribute__((visibility("default")))
#define BURBLE_NEVER INT64_MAX /* a time that never comes */

struct burble; /* an instance: interfaces, addresses, routes, sockets, parameters, counters */

/* Events for the host; each may be NULL, and may only mark or queue. */
struct burble_hooks {
	void *ctx;
	void (*urgent)(void *ctx, int owner); /* SIGURG for F_SETOWN's owner */
	/* The device of an interface is gone (-ENODEV: deleted) and will not come back: nothing
	 * arrives, and what is sent is dropped. Told by burble_wait(). */
	void (*device_lost)(void *ctx, int ifindex, int err);
};

struct burble_config {
	uint64_t seed; /* seed of everything random; from getrandom(), except in tests */
	int64_t now;   /* the initial time, on a clock that never steps back */
	int fds_max;   /* RLIMIT_NOFILE: more descriptors give -EMFILE; 0: 4,194,304 */
	struct burble_hooks hooks;
};

/* The version of the library in use, like BURBLE_VERSION. */
BURBLE_API const char *burble_version(void);

/* An instance with Linux's default parameters, a loopback interface "lo" (index 1, 127.0.0.1 and
 * ::1) and nothing else. NULL if out of memory. */
BURBLE_API struct burble *burble_new(const struct burble_config *config);

/* Closes all descriptors, as the end of a process does, then all interfaces, and frees b. */
BURBLE_API void burble_free(struct burble *b);

/* Takes the frames that have arrived, runs the timers that are due at `now`, and sends what they
 * and earlier calls have queued. Returns the time by which to call it again: `now` if it did
 * something (check your sockets first), the time of the next timer, or BURBLE_NEVER. Calls between
 * two steps happen at the time of the first. */
BURBLE_API int64_t burble_step(struct burble *b, int64_t now);

/* The time by which to call burble_step() next, as it would return it now: the time of the last
 * step if something was written since. For a loop that does not keep its result. */
BURBLE_API int64_t burble_deadline(struct burble *b);

/* --- interfaces, by index as in Linux --------------------------------------------------------- */

enum burble_if_kind {
	BURBLE_IF_ETHER, /* frames with an Ethernet header; ARP and neighbour discovery apply */
	BURBLE_IF_IP,    /* IP packets as they are */
};

/* An interface whose driver is part of the program. */
struct burble_if_config {
	const char *name; /* at most 15 bytes */
	enum burble_if_kind kind;
	uint32_t mtu;   /* 68 to 65,535 */
	uint8_t mac[6]; /* of BURBLE_IF_ETHER */
	/* Sends a frame, valid during the call only. Returns 0, or -ENOBUFS: dropped, and the
	 * sender gets the error. Must not call the library for the same instance. */
	int (*transmit)(void *ctx, const void *frame, size_t len);
	void *ctx; /* of transmit */
};

/* Returns the index, from 2 on; -EINVAL, -ENOBUFS (64 interfaces), -ENOMEM. */
BURBLE_API int burble_if_add(struct burble *b, const struct burble_if_config *config);

/* Detaches an interface and removes its addresses and routes. A device's descriptor is closed.
 * -ENODEV. */
BURBLE_API int burble_if_del(struct burble *b, int ifindex);

/* Queues a copy of a frame that arrived for an interface of burble_if_add(), for the next step.
 * -ENODEV, -EMSGSIZE (65,535 bytes), -ENOBUFS (1,000 frames are queued: dropped and counted). */
BURBLE_API int burble_if_input(struct burble *b, int ifindex, const void *frame, size_t len);

/* The descriptor that becomes readable when frames arrive, for an event loop of the program's own;
 * -ENODEV if there is no such interface or it has no descriptor. */
BURBLE_API int burble_if_fd(struct burble *b, int ifindex);

/* Adds an address, "192.0.2.1/24" or "2001:db8::1/64", and the route to its prefix. -EINVAL,
 * -EEXIST, -ENODEV, -ENOBUFS. */
BURBLE_API int burble_addr_add(struct burble *b, int ifindex, const char *address);

/* IPv6 addresses of Ethernet interfaces cannot be used until it is known that no other host has
 * them (RFC 4862 section 5.4: a second). Returns the number of those still being tested, or
 * -EADDRINUSE if another host has one. */
BURBLE_API int burble_addr_tentative(struct burble *b);

/* Removes an address (a prefix length is ignored). -EINVAL, -EADDRNOTAVAIL, -ENODEV. */
BURBLE_API int burble_addr_del(struct burble *b, int ifindex, const char *address);

/* Adds a route to a prefix ("0.0.0.0/0": default), through a gateway or, if that is NULL, directly
 * through the interface. -EINVAL, -EEXIST, -ENODEV, -ENOBUFS. */
BURBLE_API int burble_route_add(
	struct burble *b, int ifindex, const char *prefix, const char *gateway);

/* Removes the route that the same arguments added. -EINVAL, -ESRCH, -ENODEV. */
BURBLE_API int burble_route_del(
	struct burble *b, int ifindex, const char *prefix, const char *gateway);

/* --- DHCP (RFC 2131) -------------------------------------------------------------------------- */

/* Configures an Ethernet interface by DHCP from the next step on: an address, once it is known that
 * no other host on the link has it (RFC 5227: four seconds or more), its prefix, the
 * server's routes (RFC 3442, or a router: metric 1024), and the MTU of IPv4 (576 or more). Without
 * a server it asks for ever, every minute in the end. -ENODEV, -EOPNOTSUPP (not Ethernet),
 * -EALREADY, -ENOMEM. */
BURBLE_API int burble_if_dhcp(struct burble *b, int ifindex);

/* After burble_if_dhcp(), before the next step: the client asks first for an address ("192.0.2.7")
 * that was leased to it before (RFC 2131 section 4.4.2), and for any if a server refuses or none
 * answers within some ten seconds. -EINVAL, -ENODEV, -ENOENT (no burble_if_dhcp()), -EALREADY. */
BURBLE_API int burble_dhcp_ask_for(struct burble *b, int ifindex, const char *address);

enum burble_dhcp_event {
	BURBLE_DHCP_BOUND,   /* the interface has a leased address: burble_dhcp_lease() */
	BURBLE_DHCP_RENEWED, /* it may be used for longer; routes and MTU may be others */
	BURBLE_DHCP_LOST,    /* its time is over, or a server took it back: one is sought again */
};

/* From now on `event` is called with ctx for the clients of all interfaces; NULL: no function is.
 * It may only mark, queue, and call burble_dhcp_lease(). */
BURBLE_API void burble_dhcp_hook(struct burble *b,
	void (*event)(void *ctx, int ifindex, enum burble_dhcp_event event), void *ctx);

/* A lease in use. Times are those of the instance's clock. */
struct burble_lease {
	char address[20]; /* "192.0.2.7/24" */
	char router[16];  /* "": none */
	char server[16];
	uint32_t mtu;                   /* of IPv4 on the interface */
	int64_t renew, rebind, expires; /* the server, then any, is asked; BURBLE_NEVER */
};

/* Fills in *lease. -ENODEV, -ENOENT (no burble_if_dhcp()), -EAGAIN (no lease yet). */
BURBLE_API int burble_dhcp_lease(struct burble *b, int ifindex, struct burble_lease *lease);

/* Messages from DHCP servers that were not acted on, by reason. */
struct burble_dhcp_ignored {
	uint64_t malformed;    /* a field or an option */
	uint64_t foreign;      /* for another client, or an earlier exchange */
	uint64_t unexpected;   /* of a type or from a server that was not waited for */
	uint64_t unacceptable; /* an address, a mask or a time out of bounds */
};

/* Fills in *ignored. -ENODEV, -ENOENT (no burble_if_dhcp()). */
BURBLE_API int burble_dhcp_ignored(
	struct burble *b, int ifindex, struct burble_dhcp_ignored *ignored);

/* Gives the lease back, and removes what it configured. burble_if_del() and burble_free() do so,
 * too; but if the server's hardware address is not known, only steps after it let the message leave
 * (burble_drain() takes them). -ENODEV, -ENOENT. */
BURBLE_API int burble_dhcp_release(struct burble *b, int ifindex);

/* --- parameters and counters ------------------------------------------------------------------ */

/* Sets a parameter by its Linux name ("net.ipv4.tcp_keepalive_time"), with effect on the same
 * things as on Linux. -ENOENT, -EINVAL, -EACCES (read-only), -EOPNOTSUPP (refused); *why, if not
 * NULL, explains it. */
BURBLE_API int burble_sysctl_set(
	struct burble *b, const char *name, const char *value, const char **why);

/* Writes a parameter's value, as in /proc/sys, to size bytes at value. -ENOENT, -EINVAL,
 * -ENOSPC. */
BURBLE_API int burble_sysctl_get(struct burble *b, const char *name, char *value, size_t size);

/* The name of the i-th parameter, from 0 on; NULL after the last. */
BURBLE_API const char *burble_sysctl_name(unsigned i);

/* Reads a counter by its nstat name ("TcpRetransSegs"). -ENOENT. */
BURBLE_API int burble_counter(struct burble *b, const char *name, uint64_t *value);

/* The name of the i-th counter, from 0 on; NULL after the last. */
BURBLE_API const char *burble_counter_name(unsigned i);

#ifdef __cplusplus
}
#endif

#include <burble/host.h>

#endif
