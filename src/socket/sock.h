/*
 * sock.h - socket: a file, its protocol's object, and a record of rarely used options, allocated
 * when one of them is set (law 3). Private to the room.
 */
#ifndef SOCKET_SOCK_H
#define SOCKET_SOCK_H

#include "socket/addr.h"
#include "socket/errq.h"
#include "socket/socket_priv.h"

struct icmp_quote;
struct ip_error;
struct tcp_conn;
struct udp_sock;

/* file.bits of a socket */
enum sock_bit {
	SOCK_BIT_INET6 = 1 << 0,
	SOCK_BIT_V6ONLY = 1 << 1,
	SOCK_BIT_REUSEADDR = 1 << 2,
	SOCK_BIT_REUSEPORT = 1 << 3,
	SOCK_BIT_RECVERR6 = 1 << 4, /* IPV6_RECVERR of a datagram socket */
	SOCK_BIT_NO_PORT = 1 << 5,  /* IP_BIND_ADDRESS_NO_PORT */
	SOCK_BIT_LINGER = 1 << 6,
	SOCK_BIT_BROADCAST = 1 << 7,
	SOCK_BIT_INQ = 1 << 8,         /* TCP_INQ: unread bytes with every recvmsg */
	SOCK_BIT_OOBINLINE = 1 << 8,   /* SO_OOBINLINE of a datagram socket, which has no TCP_INQ */
	SOCK_BIT_ZEROCOPY = 1 << 9,    /* SO_ZEROCOPY */
	SOCK_BIT_RECVERR = 1 << 10,    /* IP_RECVERR of a datagram socket */
	SOCK_BIT_NO_CHECK = 1 << 10,   /* SO_NO_CHECK of a stream */
	SOCK_BIT_BOUND = 1 << 11,      /* bound by bind() */
	SOCK_BIT_CONNECTING = 1 << 12, /* connect() was started: Linux's SS_CONNECTING */
	SOCK_BIT_FREEBIND = 1 << 14,   /* IP_FREEBIND */
	SOCK_BIT_KEEPALIVE = 1 << 15,  /* SO_KEEPALIVE of a datagram socket */
	SOCK_BIT_DISCONNECTING = 1 << 15, /* of a stream: SS_DISCONNECTING */
	SOCK_BIT_CONNECTED = 1 << 13,     /* ... and its success was returned: SS_CONNECTED */
};

/* Rarely used state of a socket. */
struct sock_extra {
	nsec_t rcvtimeo, sndtimeo; /* SO_RCVTIMEO, SO_SNDTIMEO; 0: for ever */
	int linger;                /* SO_LINGER, seconds; negative: for ever */
	uint32_t rcvlowat;         /* SO_RCVLOWAT; 0 reads as 1 */
	int owner;                 /* F_SETOWN; 0: none */
	uint32_t wants;            /* enum dgram_wants */
	uint32_t mark;             /* SO_MARK */
	int priority;              /* SO_PRIORITY */
	uint64_t not_pacing; /* SO_MAX_PACING_RATE of a datagram socket, inverted: 0 is no limit */
	uint32_t stamps;     /* SO_TIMESTAMPING: SOF_* */
	uint64_t stamp_base; /* SOF_TIMESTAMPING_OPT_ID: bytes are counted from here */
	uint32_t zerocopy_next;            /* number of the next MSG_ZEROCOPY send */
	struct tx_completion *completions; /* reports waiting for acknowledgements */
	struct errq errors;
};

struct sock {
	struct file file;
	union {
		struct tcp_conn *tcp;
		struct udp_sock *udp;
	};
	struct sock_extra *extra; /* NULL: defaults */
};

_Static_assert(sizeof(struct sock) <= 32, "law 3: part of what an idle connection costs");

/* The socket of file f. */
static inline struct sock *sock_of(struct file *f)
{
	assert(f->kind == FILE_STREAM || f->kind == FILE_DGRAM);
	return container_of(f, struct sock, file);
}

/* True if any of these bits (enum sock_bit) is set. */
static inline bool sock_is(const struct sock *s, uint16_t bit)
{
	return (s->file.bits & bit) != 0;
}

/* Sets or clears bits. */
static inline void sock_mark(struct sock *s, uint16_t bit, bool on)
{
	assert(bit != 0);
	s->file.bits = (uint16_t)(on ? s->file.bits | bit : s->file.bits & ~bit);
}

/* AF_INET or AF_INET6. */
static inline int sock_domain(const struct sock *s)
{
	return sock_is(s, SOCK_BIT_INET6) ? AF_INET6 : AF_INET;
}

/* The extra record, allocated at the first call; NULL: out of memory. */
struct sock_extra *sock_extra(struct burble *b, struct sock *s);

/* The value in the extra record, or the default. */
nsec_t sock_rcvtimeo(const struct sock *s);
nsec_t sock_sndtimeo(const struct sock *s);
uint32_t sock_rcvlowat(const struct sock *s);

/* SO_BINDTODEVICE, as an index; 0: none. */
uint32_t sock_interface(const struct burble *b, const struct sock *s);

/* A new socket of a kind and its descriptor, with SOCK_NONBLOCK and SOCK_CLOEXEC from flags; the
 * caller adds the protocol's object. NULL and *err: -EMFILE, -ENFILE. */
struct sock *sock_new(struct burble *b, enum file_kind kind, int flags, int *err);

/* The operations that differ between kinds of socket. Errors as for the burble_ call of the same
 * name. */
struct sock_ops {
	struct file_ops file;
	int (*open)(struct burble *b, struct sock *s);
	int (*bind)(struct burble *b, struct sock *s, const struct endpoint *e);
	int (*connect)(struct burble *b, struct sock *s, const struct endpoint *to,
		struct burble_call *call);
	int (*shutdown)(struct burble *b, struct sock *s, int shut); /* bit 0: in, bit 1: out */
	int (*name)(struct burble *b, struct sock *s, struct endpoint *e, bool peer);
	ssize_t (*send)(struct burble *b, struct sock *s, const struct msghdr *msg, int flags,
		struct burble_call *call);
	ssize_t (*recv)(struct burble *b, struct sock *s, struct msghdr *msg, int flags,
		struct burble_call *call);
	int (*take_error)(struct sock *s); /* SO_ERROR, positive */
	void (*set_error)(struct sock *s, int err);
	int (*ioctl)(struct sock *s, unsigned long request, int *arg);
	/* SO_REUSEADDR and related flags have changed; -ENOBUFS: not for the connection */
	int (*bind_flags)(struct burble *b, struct sock *s);
};

/* The operations of s. */
static inline const struct sock_ops *sock_ops(const struct burble *b, const struct sock *s)
{
	return container_of(b->kind[s->file.kind], const struct sock_ops, file);
}

/* recvmsg(MSG_ERRQUEUE): the oldest record, as from errq_read(); the pending error becomes that of
 * the next ICMP record, or none if that was the last. */
ssize_t sock_read_error(struct burble *b, struct sock *s, struct msghdr *msg);

/* An ICMP error about a packet of s; the bytes kept of it start `skip` bytes into the transport
 * header. */
struct sock_icmp {
	const struct icmp_quote *quote;
	const struct ip_error *error;
	int err;
	uint32_t skip;
};

/* Queues the error and notifies the watchers. */
void sock_queue_icmp(struct burble *b, struct sock *s, const struct sock_icmp *m);

/* Frees s, which has no descriptor and no protocol object any more. */
void sock_free(struct burble *b, struct sock *s);

/* The socket of fd; otherwise NULL, with -EBADF or -ENOTSOCK in *err. */
struct sock *sock_find(struct burble *b, int fd, int *err);

/* The instance's parameters. */
const struct sysctl *sock_sysctl(const struct burble *b);

/* True if a call on s may block: it can be resumed, and neither the file nor the flags forbid
 * it. */
bool sock_may_block(const struct sock *s, const struct burble_call *call, int flags);

/* Blocks the call until an event in `events`, at most for timeout (0: for ever) since it started:
 * -BURBLE_BLOCKED. */
int sock_wait(struct burble *b, struct sock *s, struct burble_call *call, uint32_t events,
	nsec_t timeout);

#endif
