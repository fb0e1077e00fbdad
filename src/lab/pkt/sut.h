/*
 * sut.h - system under test: an instance of the stack in virtual time (instance.c), or this
 * machine's kernel in real time (kernel.c), with one table of operations.
 *
 *     script -> inject ->[ tun0 | stack or kernel | sockets ]<- calls <- script
 *                             |
 *                             +-> sent packets, with times -> script
 */
#ifndef LAB_PKT_SUT_H
#define LAB_PKT_SUT_H

#include "socket/instance.h"
#include "stack/stack.h"
#include "wire/text.h"

enum pkt_mode {
	PKT_IPV4,
	PKT_MAPPED, /* sockets AF_INET6, wire IPv4 */
	PKT_IPV6,
	PKT_MODES,
};

/* An IP packet, from malloc(). */
struct pkt_frame {
	struct pkt_frame *next;
	nsec_t at;
	bool inbound; /* to the system under test */
	size_t len;
	uint8_t bytes[];
};

/* Called with every packet, in either direction, at its time. The frame is borrowed. */
typedef void (*pkt_tap)(void *ctx, const struct pkt_frame *f);

/* Addresses and device of the system under test; "remote" is the script. */
struct pkt_setup {
	enum pkt_mode mode;
	uint64_t seed;
	bool slow_path; /* stack_config.slow_path */
	uint32_t mtu;
	struct ip_addr local, remote, gateway;
	unsigned bits; /* of the local prefix */
};

/*
 * System calls, with the signatures of burble's. bs is NULL for the kernel. They return 0 or more,
 * or -errno.
 */
struct pkt_sockets {
	int (*socket)(struct burble *bs, int domain, int type, int protocol);
	int (*bind)(struct burble *bs, int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(struct burble *bs, int fd, int backlog);
	int (*accept4)(struct burble *bs, int fd, struct burble_addr peer, int flags,
		struct burble_call *call);
	int (*connect)(struct burble *bs, int fd, const struct sockaddr *addr, socklen_t len,
		struct burble_call *call);
	int (*shutdown)(struct burble *bs, int fd, int how);
	int (*close)(struct burble *bs, int fd, struct burble_call *call);
	ssize_t (*recv)(
		struct burble *bs, int fd, struct iovec room, int flags, struct burble_call *call);
	ssize_t (*readv)(
		struct burble *bs, int fd, const struct iovec *v, int n, struct burble_call *call);
	ssize_t (*recvmsg)(
		struct burble *bs, int fd, struct msghdr *msg, int flags, struct burble_call *call);
	ssize_t (*send)(
		struct burble *bs, int fd, struct iovec data, int flags, struct burble_call *call);
	ssize_t (*writev)(
		struct burble *bs, int fd, const struct iovec *v, int n, struct burble_call *call);
	ssize_t (*sendmsg)(struct burble *bs, int fd, const struct msghdr *msg, int flags,
		struct burble_call *call);
	int (*setsockopt)(struct burble *bs, int fd, int level, int name, struct iovec value);
	int (*getsockopt)(struct burble *bs, int fd, int level, int name, struct iovec *value);
	int (*getsockname)(struct burble *bs, int fd, struct sockaddr *addr, socklen_t *len);
	int (*getpeername)(struct burble *bs, int fd, struct sockaddr *addr, socklen_t *len);
	int (*ioctl)(struct burble *bs, int fd, unsigned long request, int *arg);
	int (*fcntl)(struct burble *bs, int fd, int command, int arg);
	int (*poll)(struct burble *bs, struct pollfd *fds, nfds_t n, struct burble_call *call);
	int (*epoll_create1)(struct burble *bs, int flags);
	int (*epoll_ctl)(struct burble *bs, int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(struct burble *bs, int epfd, struct epoll_event *events, int max,
		struct burble_call *call);
};

struct pkt_sut;
struct pkt_script;

enum pkt_qdisc {
	PKT_QDISC_PFIFO,
	PKT_QDISC_NONE, /* pfifo of length 0: drops every packet */
	PKT_QDISC_FQ,   /* paces */
};

struct pkt_route {
	struct ip_addr dst, gateway;
	uint32_t mtu, advmss, initcwnd; /* 0: not specified */
};

/* A system call with its arguments. If it blocks it is made again once wait.ready is set. */
struct pkt_job {
	int64_t (*run)(void *ctx);
	void *ctx;
	struct burble_call wait;
	bool may_block; /* time may pass while it blocks */
};

enum pkt_result {
	PKT_OK,
	PKT_INVALID,     /* invalid on every system: the script fails */
	PKT_UNSUPPORTED, /* this system lacks it: the script is skipped */
};

/* Operations of a system under test; none is NULL. */
struct pkt_ops {
	const struct pkt_sockets *sockets;
	bool real_time;      /* the clock runs by itself, and events can be late */
	nsec_t event_cost;   /* virtual time that an event takes */
	nsec_t any_time_max; /* how long to wait for a packet that may be sent at any time */

	/* Creates sut->self; on failure adds the reason to why. */
	enum pkt_result (*init)(
		struct pkt_sut *sut, const struct pkt_setup *setup, struct text *why);

	/* Destroys what init created, even if it failed. */
	void (*free)(struct pkt_sut *sut);

	/* Advances sut->now to `when`, queueing sent packets. Returns early when one is queued, if
	 * until_sent, or when *stop becomes nonzero, if stop is not NULL. */
	void (*advance)(struct pkt_sut *sut, nsec_t when, bool until_sent, const uint32_t *stop);

	/* Checks whether the features that the script uses exist. If not, sets *line to that of
	 * the script which needs one, and adds the reason to why. */
	bool (*probe)(const struct pkt_script *s, enum pkt_mode mode, int *line, struct text *why);

	/* Delivers one IP packet. */
	void (*inject)(struct pkt_sut *sut, const uint8_t *bytes, size_t len);

	/* Makes a system call, or retries one that blocked. Returns its result, or
	 * -BURBLE_BLOCKED. */
	int64_t (*call)(struct pkt_sut *sut, struct pkt_job *job);

	/* Called after a successful socket(). */
	void (*opened)(struct pkt_sut *sut, int fd);

	/* Sets a sysctl, or sets *why to the reason why not. */
	enum pkt_result (*set_sysctl)(
		struct pkt_sut *sut, const char *name, const char *value, const char **why);

	/* Replaces the root qdisc of tun0. */
	enum pkt_result (*set_qdisc)(struct pkt_sut *sut, enum pkt_qdisc q);

	/* Replaces the route to a host. */
	enum pkt_result (*set_route)(struct pkt_sut *sut, const struct pkt_route *r);

	/* Empties the cache of TCP metrics. */
	void (*flush_metrics)(struct pkt_sut *sut);

	/* Reads all counters; leaves those unchanged that the system lacks. Returns false if they
	 * cannot be read. */
	bool (*counters)(struct pkt_sut *sut, uint64_t count[MIB_COUNT]);
};

extern const struct pkt_ops pkt_instance_ops, pkt_kernel_ops;

struct pkt_sut {
	const struct pkt_ops *ops;
	void *self;        /* of ops; NULL before init */
	struct burble *bs; /* first argument of the calls */
	nsec_t now;
	struct pkt_frame *first, *last; /* queue of sent packets */
	pkt_tap tap;                    /* NULL: none */
	void *tap_ctx;
	uint64_t mib[MIB_COUNT]; /* counters when nstat last printed them, or at the start */
};

/* Destroys the system, if there is one, and the queue. */
void sut_free(struct pkt_sut *sut);

/* Delivers one IP packet, and shows it to the tap. */
void sut_inject(struct pkt_sut *sut, const uint8_t *bytes, size_t len);

/* Returns a frame for a packet of len bytes sent at `at`; the caller fills in the bytes. Aborts if
 * out of memory. */
struct pkt_frame *sut_frame_new(nsec_t at, size_t len);

/* Appends a sent packet to the queue, which owns it from now on, and shows it to the tap. */
void sut_queue(struct pkt_sut *sut, struct pkt_frame *f);

/* Removes the oldest sent packet from the queue; NULL if it is empty. The caller frees it. */
struct pkt_frame *sut_dequeue(struct pkt_sut *sut);

/* Puts a packet back at the head of the queue. */
void sut_requeue(struct pkt_sut *sut, struct pkt_frame *f);

/* Returns true if the next byte of a socket's stream is urgent and out of band: splice() stops
 * before it. */
bool sut_at_urgent(const struct pkt_sut *sut, int fd);

/* Prints the counters that changed since the last time, one per line, as nstat does. Returns false
 * if they cannot be read. */
bool sut_nstat(struct pkt_sut *sut, struct text *out);

/* Stores in *value what nstat would print for the counter called name, without printing it. Returns
 * false if there is no such counter, or if it cannot be read. */
bool sut_counter(struct pkt_sut *sut, const char *name, int64_t *value);

#endif
