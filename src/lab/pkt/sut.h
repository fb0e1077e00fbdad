/*
 * sut.h - what a script runs against, behind one seam: an instance of the stack in virtual
 * time (instance.c) or the kernel of this machine in real time (kernel.c). Sent packets
 * lie in a queue until somebody looks.
 *
 *     script -> inject ->[ tun0 | stack or kernel | sockets ]<- calls <- script
 *                             |
 *                             +-> sent: packet, time -> script
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

struct pkt_frame {
	struct pkt_frame *next;
	nsec_t at;
	bool inbound;
	size_t len;
	uint8_t bytes[];
};

/* Sees every packet, in either direction, at its time. */
typedef void (*pkt_tap)(void *ctx, const struct pkt_frame *f);

struct pkt_setup {
	enum pkt_mode mode;
	uint64_t seed;
	uint32_t mtu;
	struct ip_addr local, remote, gateway;
	unsigned bits; /* of the local prefix */
};

/*
 * The system calls, in the shape of socket/socket.h, whose functions are one way to fill this in;
 * `bs` is NULL where there is no instance. Results are 0 or more, or -errno.
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
	int (*ioctl)(struct burble *bs, int fd, unsigned long request, int *arg);
	int (*fcntl)(struct burble *bs, int fd, int command, int arg);
	int (*poll)(struct burble *bs, struct pollfd *fds, nfds_t n, struct burble_call *call);
	int (*epoll_create1)(struct burble *bs, int flags);
	int (*epoll_ctl)(struct burble *bs, int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(struct burble *bs, int epfd, struct epoll_event *events, int max,
		struct burble_call *call);
};

struct pkt_sut;

enum pkt_qdisc {
	PKT_QDISC_PFIFO,
	PKT_QDISC_NONE, /* refuses every packet */
	PKT_QDISC_FQ,   /* packets leave at TCP's pace */
};

struct pkt_route {
	struct ip_addr dst, gateway;
	uint32_t mtu, advmss, initcwnd; /* 0: not said */
};

/* A system call with its arguments taken from the script; made once or, if it blocks, again. */
struct pkt_job {
	int64_t (*run)(void *ctx);
	void *ctx;
	struct burble_call
		wait;   /* what a call that blocks waits for; `ready` when it is to go on */
	bool may_block; /* the script says so: the world goes on meanwhile */
};

struct pkt_script;

/* What a world says to a wish. */
enum pkt_result {
	PKT_OK,
	PKT_INVALID,     /* the wish is wrong */
	PKT_UNSUPPORTED, /* it may be right, but this world has not got it: the script is skipped */
};

/* What is under test. Every function is there. */
struct pkt_ops {
	const struct pkt_sockets *sockets;
	bool real_time;  /* the clock runs by itself, and events can be late */
	nsec_t event;    /* what an event takes, if the clock does not run by itself */
	nsec_t patience; /* how long to wait for a packet that may come at any time */

	/* Builds the world as setup says; if that is not to be, the reason is in why, of size
	 * bytes. */
	enum pkt_result (*init)(
		struct pkt_sut *sut, const struct pkt_setup *setup, char *why, size_t size);
	void (*free)(struct pkt_sut *sut);

	/* Time passes up to `when`, sut->now says how far; sent packets are queued. Ends early when
	 * one is queued, if until_sent, and when *stop is not 0, if stop is not NULL. */
	void (*advance)(struct pkt_sut *sut, nsec_t when, bool until_sent, const uint32_t *stop);

	/* Whether the world has what a script is going to ask of it. If not: the line that asks,
	 * and what is missing in why. */
	bool (*probe)(const struct pkt_script *s, enum pkt_mode mode, int *line, struct text *why);

	/* One IP packet arrives. */
	void (*inject)(struct pkt_sut *sut, const uint8_t *bytes, size_t len);

	/* Makes a call, or goes on with one that blocked: its result, or -BURBLE_BLOCKED. */
	int64_t (*call)(struct pkt_sut *sut, struct pkt_job *job);

	/* The script opened a socket. */
	void (*opened)(struct pkt_sut *sut, int fd);

	/* A parameter, by its sysctl name; or the reason why not. */
	enum pkt_result (*set_sysctl)(
		struct pkt_sut *sut, const char *name, const char *value, const char **why);

	/* The queue in front of the device; the metrics of a route. */
	enum pkt_result (*set_qdisc)(struct pkt_sut *sut, enum pkt_qdisc q);
	enum pkt_result (*set_route)(struct pkt_sut *sut, const struct pkt_route *r);

	/* Forgets what was learnt of hosts. */
	void (*flush_metrics)(struct pkt_sut *sut);

	/* The counters that moved since it was asked before, a line each. False: it cannot say. */
	bool (*counters)(struct pkt_sut *sut, struct text *out);
};

extern const struct pkt_ops pkt_instance_ops, pkt_kernel_ops;

struct pkt_sut {
	const struct pkt_ops *ops;
	void *self;        /* of ops */
	struct burble *bs; /* first argument of the calls */
	nsec_t now;
	struct pkt_frame *first, *last; /* sent, not yet looked at */
	pkt_tap tap;
	void *tap_ctx;
};

/* Builds the world, whose ops and tap are set; or the reason why not. */
enum pkt_result sut_init(
	struct pkt_sut *sut, const struct pkt_setup *setup, char *why, size_t size);
void sut_free(struct pkt_sut *sut);

/* Lets time pass up to `when`, running what is due on the way. */
void sut_advance(struct pkt_sut *sut, nsec_t when);

/* The same, but stops as soon as *stop is not 0: a call that blocked can go on. */
void sut_advance_ready(struct pkt_sut *sut, nsec_t when, const uint32_t *stop);

/* The same, but stops as soon as a sent packet waits or *stop is not 0. stop may be NULL. */
void sut_advance_sent(struct pkt_sut *sut, nsec_t when, const uint32_t *stop);

/* One IP packet arrives. */
void sut_inject(struct pkt_sut *sut, const uint8_t *bytes, size_t len);

/* For ops: a packet of len bytes was sent at `at`; the caller fills in its bytes, then queues it.
 * Never NULL. */
struct pkt_frame *sut_frame_new(nsec_t at, size_t len);
void sut_queue(struct pkt_sut *sut, struct pkt_frame *f);

/* Takes the oldest sent packet; NULL if there is none. The caller frees it. */
struct pkt_frame *sut_dequeue(struct pkt_sut *sut);

/* Puts one back as the oldest. */
void sut_requeue(struct pkt_sut *sut, struct pkt_frame *f);

/* A line for each of MIB_COUNT counters that differs from what was seen, which becomes it. */
void sut_print_counters(struct text *out, const uint64_t *count, uint64_t *seen);

#endif
