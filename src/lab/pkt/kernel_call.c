/*
 * kernel_call.c - system calls made for real.
 *
 * A call that may block is made in a worker thread. It counts as blocked once /proc shows the
 * thread asleep; when it returns, an eventfd wakes the script's thread.
 */
#include "lab/pkt/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	STUCK_SECONDS = 10,    /* until a call that must not block is interrupted */
	POLL_NSEC = 50 * 1000, /* between two polls of the worker */
};

/* --- calls ------------------------------------------------------------------------------------ */

static ssize_t result(ssize_t ret)
{
	return ret < 0 ? -errno : ret;
}

static int k_socket(struct burble *bs, int domain, int type, int protocol)
{
	return (int)result(socket(domain, type, protocol));
}

static int k_bind(struct burble *bs, int fd, const struct sockaddr *addr, socklen_t len)
{
	return (int)result(bind(fd, addr, len));
}

static int k_listen(struct burble *bs, int fd, int backlog)
{
	return (int)result(listen(fd, backlog));
}

static int k_accept4(
	struct burble *bs, int fd, struct burble_addr peer, int flags, struct burble_call *call)
{
	return (int)result(accept4(fd, peer.sa, peer.len, flags));
}

static int k_connect(struct burble *bs, int fd, const struct sockaddr *addr, socklen_t len,
	struct burble_call *call)
{
	return (int)result(connect(fd, addr, len));
}

static int k_shutdown(struct burble *bs, int fd, int how)
{
	return (int)result(shutdown(fd, how));
}

static int k_close(struct burble *bs, int fd, struct burble_call *call)
{
	return (int)result(close(fd));
}

static ssize_t k_recv(
	struct burble *bs, int fd, struct iovec room, int flags, struct burble_call *call)
{
	return result(recv(fd, room.iov_base, room.iov_len, flags));
}

static ssize_t k_readv(
	struct burble *bs, int fd, const struct iovec *v, int n, struct burble_call *call)
{
	return result(readv(fd, v, n));
}

static ssize_t k_recvmsg(
	struct burble *bs, int fd, struct msghdr *msg, int flags, struct burble_call *call)
{
	return result(recvmsg(fd, msg, flags));
}

static ssize_t k_send(
	struct burble *bs, int fd, struct iovec data, int flags, struct burble_call *call)
{
	return result(flags ? send(fd, data.iov_base, data.iov_len, flags)
			    : write(fd, data.iov_base, data.iov_len));
}

static ssize_t k_writev(
	struct burble *bs, int fd, const struct iovec *v, int n, struct burble_call *call)
{
	return result(writev(fd, v, n));
}

static ssize_t k_sendmsg(
	struct burble *bs, int fd, const struct msghdr *msg, int flags, struct burble_call *call)
{
	return result(sendmsg(fd, msg, flags));
}

static int k_setsockopt(struct burble *bs, int fd, int level, int name, struct iovec value)
{
	return (int)result(setsockopt(fd, level, name, value.iov_base, (socklen_t)value.iov_len));
}

static int k_getsockopt(struct burble *bs, int fd, int level, int name, struct iovec *value)
{
	socklen_t len = (socklen_t)value->iov_len;
	int ret = (int)result(getsockopt(fd, level, name, value->iov_base, &len));

	value->iov_len = len;
	return ret;
}

static int k_getsockname(struct burble *bs, int fd, struct sockaddr *addr, socklen_t *len)
{
	return (int)result(getsockname(fd, addr, len));
}

static int k_getpeername(struct burble *bs, int fd, struct sockaddr *addr, socklen_t *len)
{
	return (int)result(getpeername(fd, addr, len));
}

static int k_ioctl(struct burble *bs, int fd, unsigned long request, int *arg)
{
	return (int)result(ioctl(fd, request, arg));
}

static int k_fcntl(struct burble *bs, int fd, int command, int arg)
{
	return (int)result(fcntl(fd, command, arg));
}

static int millis(const struct burble_call *call)
{
	return call->timeout < 0 ? -1 : (int)(call->timeout / NSEC_MSEC);
}

static int k_poll(struct burble *bs, struct pollfd *fds, nfds_t n, struct burble_call *call)
{
	return (int)result(poll(fds, n, millis(call)));
}

static int k_epoll_create1(struct burble *bs, int flags)
{
	return (int)result(epoll_create1(flags));
}

static int k_epoll_ctl(struct burble *bs, int epfd, int op, int fd, struct epoll_event *event)
{
	return (int)result(epoll_ctl(epfd, op, fd, event));
}

static int k_epoll_wait(
	struct burble *bs, int epfd, struct epoll_event *events, int max, struct burble_call *call)
{
	return (int)result(epoll_wait(epfd, events, max, millis(call)));
}

const struct pkt_sockets kernel_sockets = {
	.socket = k_socket,
	.bind = k_bind,
	.listen = k_listen,
	.accept4 = k_accept4,
	.connect = k_connect,
	.shutdown = k_shutdown,
	.close = k_close,
	.recv = k_recv,
	.readv = k_readv,
	.recvmsg = k_recvmsg,
	.send = k_send,
	.writev = k_writev,
	.sendmsg = k_sendmsg,
	.setsockopt = k_setsockopt,
	.getsockopt = k_getsockopt,
	.getsockname = k_getsockname,
	.getpeername = k_getpeername,
	.ioctl = k_ioctl,
	.fcntl = k_fcntl,
	.poll = k_poll,
	.epoll_create1 = k_epoll_create1,
	.epoll_ctl = k_epoll_ctl,
	.epoll_wait = k_epoll_wait,
};

/* --- worker ----------------------------------------------------------------------------------- */

static void run_job(struct pkt_kernel *k)
{
	struct pkt_job *job = k->job;
	const uint64_t one = 1;
	int64_t ret;

	k->calling = true;
	pthread_mutex_unlock(&k->lock);
	ret = job->run(job->ctx);
	pthread_mutex_lock(&k->lock);
	k->result = ret;
	k->job = NULL;
	k->calling = false;
	k->done = true;
	__atomic_store_n(&job->wait.ready, 1, __ATOMIC_SEQ_CST);
	if (write(k->wakeup, &one, sizeof(one)) < 0)
		abort();
}

static void *worker_main(void *arg)
{
	struct pkt_kernel *k = arg;
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	pthread_mutex_lock(&k->lock);
	k->tid = gettid();
	for (;;) {
		while (!k->job)
			pthread_cond_wait(&k->work, &k->lock);
		run_job(k);
	}
	return NULL;
}

/* The state after the name in its stat file is S. */
bool kernel_asleep(int tid)
{
	char path[64], text[256];
	const char *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	state = strrchr(text, ')');
	return state && strncmp(state, ") S", 3) == 0;
}

static int64_t take_result(struct pkt_kernel *k)
{
	int64_t ret = -BURBLE_BLOCKED;

	pthread_mutex_lock(&k->lock);
	if (k->done) {
		ret = k->result;
		k->done = false;
	}
	pthread_mutex_unlock(&k->lock);
	return ret;
}

/* True once the call has returned or sleeps. The worker also sleeps after returning, so `calling`
 * is read on both sides of /proc. */
static bool settled(struct pkt_kernel *k)
{
	bool calling, asleep, done;

	pthread_mutex_lock(&k->lock);
	calling = k->calling;
	pthread_mutex_unlock(&k->lock);
	asleep = calling && kernel_asleep(k->tid);
	pthread_mutex_lock(&k->lock);
	done = k->done;
	asleep = asleep && k->calling;
	pthread_mutex_unlock(&k->lock);
	return done || asleep;
}

static int64_t call_in_worker(struct pkt_kernel *k, struct pkt_job *job)
{
	const struct timespec pause = {.tv_nsec = POLL_NSEC};

	if (!k->thread_runs && pthread_create(&k->thread, NULL, worker_main, k) != 0)
		return -EAGAIN;
	k->thread_runs = true;
	pthread_mutex_lock(&k->lock);
	assert(!k->job); /* one call at a time blocks */
	k->job = job;
	k->done = false;
	pthread_cond_signal(&k->work);
	pthread_mutex_unlock(&k->lock);
	while (!settled(k))
		nanosleep(&pause, NULL);
	job->wait.deadline = NSEC_MAX;
	return take_result(k);
}

void kernel_call_end(struct pkt_kernel *k)
{
	if (!k->thread_runs)
		return;
	pthread_cancel(k->thread);
	pthread_join(k->thread, NULL);
}

/* --- making a call ---------------------------------------------------------------------------- */

static void on_alarm(int signo)
{
}

/* In this thread. A call that does not return is interrupted, and counts as blocked. */
static int64_t call_here(struct pkt_job *job)
{
	struct sigaction act = {.sa_handler = on_alarm};
	struct itimerval stuck = {.it_value.tv_sec = STUCK_SECONDS}, off = {0};
	int64_t ret;

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &stuck, NULL);
	ret = job->run(job->ctx);
	setitimer(ITIMER_REAL, &off, NULL);
	return ret == -EINTR ? -BURBLE_BLOCKED : ret;
}

int64_t kernel_call(struct pkt_sut *sut, struct pkt_job *job)
{
	struct pkt_kernel *k = sut->self;
	int64_t ret = !job->may_block        ? call_here(job)
		      : job->wait.phase == 0 ? call_in_worker(k, job)
					     : take_result(k);

	job->wait.phase = 1;
	sut->ops->advance(sut, sut->now, false, NULL);
	return ret;
}
