/*
 * net.h - the chat server's interface to the network. The table is implemented by host/, on the
 * kernel's sockets (net_kernel.c) or on burble's own (net_burble.c).
 *
 * A handle is a small number >= 0. Calls never block except wait(). Errors are returned as -errno
 * with Linux's meanings; errno itself is not used. All calls but wake() are made from one thread.
 */
#ifndef CHAT_NET_H
#define CHAT_NET_H

#include "base/base.h"

#include <sys/types.h>
#include <sys/uio.h>

/* An address and port. IPv4 is in the first four bytes of ip, network order. */
struct net_addr {
	uint8_t family; /* 4 or 6; 0: none */
	uint16_t port;
	uint8_t ip[16];
};

/* Dead-peer detection. Zero leaves the system's default. */
struct net_tuning {
	int keepalive_idle, keepalive_interval, keepalive_count; /* seconds, seconds, probes */
	int user_timeout_ms;                                     /* RFC 5482 */
	bool nodelay;
};

/* Readiness, as requested and as reported. */
enum net_ready {
	NET_IN = 1 << 0,   /* bytes, a connection to accept, or the end of the stream */
	NET_OUT = 1 << 1,  /* room to send */
	NET_GONE = 1 << 2, /* the peer closed or the connection failed; always reported */
	NET_EDGE = 1 << 3, /* request only: report changes, not states */
};

/* Tags given to watch() by the server are below NET_TAGS. A network that wraps another uses those
 * from its own bit on, and hands events with smaller ones to its caller. */
#define NET_TAGS     ((uint64_t)1 << 62)
#define NET_TAGS_WEB NET_TAGS
#define NET_TAGS_TLS ((uint64_t)1 << 63)

struct net_event {
	uint64_t tag; /* as given to watch() */
	uint32_t ready;
};

/* One send of a batch; done is the result of send(). */
struct net_send {
	int handle;
	uint32_t iov_count;
	const struct iovec *iov;
	ssize_t done;
};

enum {
	NET_FINGERPRINT = 32, /* bytes of SHA-256 */
};

/* An encrypted connection. The texts are constants. */
struct net_secure {
	const char *version, *cipher; /* "TLSv1.3", "TLS_AES_128_GCM_SHA256" */
	bool has_certificate;         /* of the client, and its fingerprint: */
	uint8_t fingerprint[NET_FINGERPRINT];
};

struct net;
struct tlv_in;
struct tlv_out;

struct net_ops {
	/* Creates a listening socket; accepted connections inherit the tuning. Handle or -errno. */
	int (*listen)(
		struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog);
	/* Takes the next connection; *peer is its address. Handle or -errno. */
	int (*accept)(struct net *n, int listener, struct net_addr *peer);
	/* Bytes read, 0 at the end of the stream, or -errno. */
	ssize_t (*recv)(struct net *n, int handle, void *buf, size_t len);
	/* Bytes taken, at least one if count is not 0, or -errno. The next send begins with the
	 * bytes that were not taken. */
	ssize_t (*send)(struct net *n, int handle, const struct iovec *iov, int count);
	/* Sends on many connections at once, on each at most once: fills in done of each. */
	void (*send_batch)(struct net *n, struct net_send *sends, size_t count);
	/* Closes gracefully: data already sent is still delivered. */
	void (*close)(struct net *n, int handle);
	/* Changes the tuning of a connection or of a listener. 0 or -errno. */
	int (*tune)(struct net *n, int handle, const struct net_tuning *t);
	/* Starts, changes or stops reporting the readiness of a handle under tag. 0 or -errno. */
	int (*watch)(struct net *n, int handle, uint32_t ready, uint64_t tag);
	int (*rewatch)(struct net *n, int handle, uint32_t ready, uint64_t tag);
	void (*unwatch)(struct net *n, int handle);
	/* Returns up to max events; waits at most timeout (NSEC_MAX: for ever). Count, 0 or
	 * -errno. */
	int (*wait)(struct net *n, struct net_event *events, int max, nsec_t timeout);
	/* Makes the current or next wait() return at once. From any thread or a signal handler. */
	void (*wake)(struct net *n);
	/* The present, on a clock that never steps back; and as nanoseconds since 1970. */
	nsec_t (*now)(struct net *n);
	nsec_t (*wall)(struct net *n);

	/* The rest may be NULL: a network without encryption, without a reason, without counters.
	 */

	/* Whether a connection is encrypted; describes it in *to, which may be NULL. Its version is
	 * NULL until the handshake is done. */
	bool (*secure)(struct net *n, int handle, struct net_secure *to);
	/* Why recv() reported the end or an error, if more is known than the error; or NULL. */
	const char *(*why)(struct net *n, int handle);
	/* The counter of that number, from 0; false past the last. */
	bool (*counter)(struct net *n, unsigned number, const char **name, uint64_t *value);

	/* Handing sockets to another process (docs/decisions/0175). NULL: that cannot be. */

	/* The descriptor of a connection or a listener; appends, as records of base/tlv.h with a
	 * type of enum net_layer, what a network of the same kind needs besides. Nothing changes:
	 * the next to send or receive, here or there, must be the only one. -errno if the
	 * connection is in a state that cannot be described. */
	int (*give)(struct net *n, int handle, struct tlv_out *state);
	/* Takes a connection that was described so over, on a descriptor of this process. Handle,
	 * or -errno: then the descriptor remains the caller's. */
	int (*take)(struct net *n, int fd, const struct tlv_in *state);
	/* From now on listen() at that address takes this listening socket over, and does not make
	 * one. 0 or -errno, as above. */
	int (*inherit)(struct net *n, int fd, const struct net_addr *at);
};

/* Types of the records of give(). The numbers are read by other releases: do not change them. */
enum net_layer {
	NET_LAYER_PROXY = 1,
	NET_LAYER_TLS = 2,
	NET_LAYER_WEB = 3,
};

/* Embedded in the implementation's own structure. */
struct net {
	const struct net_ops *ops;
};

/* As secure(); false in a network without encryption. */
static inline bool net_secure(struct net *n, int handle, struct net_secure *to)
{
	return n->ops->secure && n->ops->secure(n, handle, to);
}

#endif
