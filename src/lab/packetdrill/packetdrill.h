/*
 * packetdrill.h - shared object for `packetdrill --so_filename`: its interface (struct
 * packetdrill_interface, in its order), and the single instance that implements it.
 *
 * packetdrill has no virtual time, and it closes descriptors, reads TCP_INFO and runs commands
 * without the interface. So this library is also preloaded, in front of libc's close(),
 * getsockopt(), system() and times() (preload.c). A socket is a descriptor of /dev/null for
 * packetdrill, so that numbers never collide.
 */
#ifndef LAB_PACKETDRILL_PACKETDRILL_H
#define LAB_PACKETDRILL_PACKETDRILL_H

#include "lab/pkt/run.h"

#include <pthread.h>
#include <sys/time.h>

/* Filled in by packetdrill_interface_init(). Functions return -1 with errno on failure. */
struct packetdrill_interface {
	void *userdata;
	void (*free)(void *ud);
	int (*socket)(void *ud, int domain, int type, int protocol);
	int (*bind)(void *ud, int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(void *ud, int fd, int backlog);
	int (*accept)(void *ud, int fd, struct sockaddr *addr, socklen_t *len);
	int (*connect)(void *ud, int fd, const struct sockaddr *addr, socklen_t len);
	ssize_t (*read)(void *ud, int fd, void *buf, size_t n);
	ssize_t (*readv)(void *ud, int fd, const struct iovec *v, int n);
	ssize_t (*recv)(void *ud, int fd, void *buf, size_t n, int flags);
	ssize_t (*recvfrom)(void *ud, int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
		socklen_t *len);
	ssize_t (*recvmsg)(void *ud, int fd, struct msghdr *msg, int flags);
	ssize_t (*write)(void *ud, int fd, const void *buf, size_t n);
	ssize_t (*writev)(void *ud, int fd, const struct iovec *v, int n);
	ssize_t (*send)(void *ud, int fd, const void *buf, size_t n, int flags);
	ssize_t (*sendto)(void *ud, int fd, const void *buf, size_t n, int flags,
		const struct sockaddr *addr, socklen_t len);
	ssize_t (*sendmsg)(void *ud, int fd, const struct msghdr *msg, int flags);
	int (*fcntl)(void *ud, int fd, int command, ...);
	int (*ioctl)(void *ud, int fd, unsigned long request, ...);
	int (*close)(void *ud, int fd);
	int (*shutdown)(void *ud, int fd, int how);
	int (*getsockopt)(void *ud, int fd, int level, int name, void *value, socklen_t *len);
	int (*setsockopt)(void *ud, int fd, int level, int name, const void *value, socklen_t len);
	int (*poll)(void *ud, struct pollfd *fds, nfds_t n, int timeout);
	/* Injects a packet; receives the next sent one, or *n = 0. */
	int (*netdev_send)(void *ud, const void *packet, size_t n);
	int (*netdev_receive)(void *ud, void *packet, size_t *n, long long *at_usecs);
	int (*usleep)(void *ud, useconds_t usecs);
	int (*gettimeofday)(void *ud, struct timeval *tv, struct timezone *tz);
	int (*epoll_create)(void *ud, int size);
	int (*epoll_ctl)(void *ud, int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(void *ud, int epfd, struct epoll_event *events, int max, int timeout);
	int (*pipe)(void *ud, int fds[2]);
	ssize_t (*splice)(void *ud, int from, loff_t *from_at, int to, loff_t *to_at, size_t n,
		unsigned flags);
};

/* Entry point of the library: fills in ifc. flags is what --so_flags gave, or NULL. Exits with a
 * message if they are invalid. */
void packetdrill_interface_init(const char *flags, struct packetdrill_interface *ifc);

enum {
	PD_FDS = 1024,
};

/* A call that may block, with its arguments. */
struct pd_call {
	int64_t (*make)(struct burble *bs, struct pd_call *c);
	int fd; /* of the instance */
	struct sockaddr *addr;
	socklen_t *len;
	struct msghdr *msg;
	int flags;
	struct pollfd *fds;
	struct epoll_event *events;
	nfds_t n;
	struct burble_call wait;
};

/* The state of packetdrill's second thread, which makes the blocking calls. Time does not advance
 * while it runs. */
enum pd_second {
	PD_OUTSIDE, /* not in a call */
	PD_BLOCKED, /* in a call */
	PD_RUNNING, /* woken; until it reads the clock, as it does after each call */
};

struct pd {
	struct pkt_run run; /* of no script: for sut, setup and commands */
	struct pkt_script none;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t main;
	struct pd_call *blocked; /* while PD_BLOCKED */
	enum pd_second second;
	bool unreported; /* it returned, and has yet to update the state of packetdrill */
	int fd[PD_FDS];  /* descriptor of packetdrill -> of the instance + 1; 0: none */
};

extern struct pd pd_one;

/* Maps a descriptor of packetdrill to one of the instance; -1 if it is not one. */
int pd_fd(int fd);

/* Returns a new descriptor of packetdrill for one of the instance; -1 with errno if there are too
 * many. A negative fd is returned unchanged. */
int pd_fd_install(int64_t fd);

/* Removes the mapping of a descriptor. */
void pd_fd_release(int fd);

/* Locks, and updates the time of the stack. */
struct burble *pd_enter(void);

/* Flushes the stack, resumes the second thread if its call is ready, and unlocks. Returns ret, or
 * -1 with errno if it is negative. */
int64_t pd_leave(int64_t ret);

/* Advances time to `when`, resuming the second thread when its call is ready; with until_sent at
 * most until a packet is sent. The lock is held. */
void pd_advance(nsec_t when, bool until_sent);

/* Makes a call that may block. Returns its result, or -1 with errno. */
int64_t pd_blocking(struct pd_call *c);

/* getsockopt() of a socket of the instance. Returns -1 with errno on failure. */
int pd_getsockopt(int fd, int level, int name, void *value, socklen_t *len);

/* Fills in the system calls of the table. */
void pd_fill_calls(struct packetdrill_interface *ifc);

#endif
