/*
 * packetdrill.h - the shared object for `packetdrill --so_filename`: what the tool asks for
 * (struct packetdrill_interface, in the tool's order), and the one world behind it.
 *
 * The tool knows nothing of virtual time, and closes descriptors, asks for TCP_INFO and runs
 * commands past the interface. So this library is preloaded too: it stands in front of libc's
 * close(), getsockopt(), system() and times() (preload.c) and hands on what is not ours.
 * A socket is, for the tool, a descriptor of /dev/null, so that numbers never collide.
 */
#ifndef LAB_PACKETDRILL_PACKETDRILL_H
#define LAB_PACKETDRILL_PACKETDRILL_H

#include "lab/pkt/run.h"

#include <pthread.h>
#include <sys/time.h>

/* The table that the tool hands to packetdrill_interface_init(), to be filled in. Results as those
 * of the system calls: -1 and errno. */
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
	/* A packet for the stack; the next one that it sent, or *n = 0. */
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

/* A call of the tool, with what it needs to be made again after it has blocked. */
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

/* The second thread of the tool makes calls that block; time stands still while it runs. */
enum pd_second {
	PD_ELSEWHERE, /* nothing of it is here */
	PD_SLEEPS,    /* in a call that blocks */
	PD_RUNS,      /* has been woken; until it has read the clock, as it does after every call */
};

struct pd {
	struct pkt_run run; /* world, setup: as a script of ours has them */
	struct pkt_script none;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t main;
	struct pd_call *sleeper; /* of the second thread, while PD_SLEEPS */
	enum pd_second second;
	bool second_reports; /* it is out, and has yet to tell the tool what its call gave */
	int fd[PD_FDS];      /* the tool's descriptor -> the instance's + 1; 0: not ours */
};

extern struct pd pd_one;

/* The instance's descriptor behind the tool's; -1 if it is none of ours. */
int pd_fd(int fd);

/* A descriptor for the tool, for one of the instance; what is below 0 is handed through. */
int pd_fd_install(int64_t fd);

/* Forgets a descriptor. */
void pd_fd_release(int fd);

/* Locks, stamps the time. */
struct burble *pd_enter(void);

/* Sends what is to be sent, lets the second thread go on if it can, unlocks. -1 and errno, or ret.
 */
int64_t pd_leave(int64_t ret);

/* Time passes up to `when`, with the second thread going on when it can; locked. until_sent: at
 * most until a packet was sent. */
void pd_advance(nsec_t when, bool until_sent);

/* Makes a call that may block. -1 and errno, or the result. */
int64_t pd_blocking(struct pd_call *c);

/* Fills in the system calls of the table. */
void pd_fill_calls(struct packetdrill_interface *ifc);

#endif
